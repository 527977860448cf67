"""The door to Redis: deadlines, translation, what is sent again, and recovery."""

from __future__ import annotations

import asyncio
import builtins
import inspect
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis.exceptions

from tests.cache.conftest import (
    SERVERS,
    SYSTEM_SERVER,
    Server,
    embedded_server,
    principal,
    tcp_server,
)
from tests.support.deadlines import PATIENCE, gives_up
from tests.support.ports import free_port
from ultracore.cache import RedisClient
from ultracore.cache.client import VENDOR_ERRORS, RedisEndpoint, Script, translate
from ultracore.cache.stores import RuntimeStores
from ultracore.errors import CacheUnavailable, OperatorError


def vendor_errors() -> list[type[Exception]]:
    members = vars(redis.exceptions).values()
    return [kind for kind in members if inspect.isclass(kind) and issubclass(kind, Exception)]


@pytest.mark.parametrize("kind", vendor_errors(), ids=lambda kind: kind.__name__)
def test_every_error_of_the_library_is_translated(kind: type[Exception]) -> None:
    assert issubclass(kind, VENDOR_ERRORS)
    error = kind.__new__(kind)
    assert translate(error).code.startswith("cache.")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (redis.exceptions.TimeoutError("x"), "cache.timeout"),
        (builtins.TimeoutError("x"), "cache.timeout"),
        (redis.exceptions.ConnectionError("x"), "cache.unreachable"),
        (builtins.ConnectionResetError("x"), "cache.unreachable"),
        (redis.exceptions.BusyLoadingError("x"), "cache.loading"),
        (redis.exceptions.AuthenticationError("x"), "cache.unauthorised"),
        (redis.exceptions.OutOfMemoryError("x"), "cache.full"),
        (redis.exceptions.ReadOnlyError("x"), "cache.read_only"),
        (redis.exceptions.ResponseError("secret"), "cache.failed"),
    ],
)
def test_the_code_says_what_happened_and_the_message_quotes_nothing(error: Exception, code: str) -> None:
    translated = translate(error)
    assert translated.code == code
    assert "secret" not in str(translated)


def test_a_url_that_cannot_be_read_is_one_sentence_without_the_password() -> None:
    with pytest.raises(OperatorError) as refused:
        RedisClient(RedisEndpoint(url="gopher://user:hunter2@host"))
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(RedisEndpoint(url="redis://:hunter2@host", password="hunter2"))


@pytest.mark.parametrize("server", SERVERS, indirect=True)  # a cluster has one database
async def test_a_url_leads_to_the_server(server: Server) -> None:
    end = server.endpoint
    url = f"unix://{end.path}?db=3" if end.path else f"redis://127.0.0.1:{end.port}/3"
    client = RedisClient(RedisEndpoint(url=url), call_seconds=10)
    await client.call("SET", "only-in-3", 1, "PX", 1000)
    assert await client.call("GET", "only-in-3") == b"1"
    await client.aclose()
    other = RedisClient(end, call_seconds=10)
    assert await other.call("GET", "only-in-3") is None
    await other.aclose()


async def test_an_error_reply_leaves_the_connection_usable(client: RedisClient) -> None:
    await client.call("SET", "text", "x")
    for _ in range(60):
        with pytest.raises(CacheUnavailable):
            await client.call("INCR", "text")
    assert await client.call("GET", "text") == b"x"


async def test_a_script_that_the_server_forgot_is_given_again(client: RedisClient) -> None:
    script = Script("return redis.call('INCR', KEYS[1])")
    assert await client.script(script, ["n"]) == 1
    await client.everywhere("SCRIPT", "FLUSH")
    assert await client.script(script, ["n"]) == 2


async def test_a_hung_server_is_an_error_within_its_deadline(own_server: Server) -> None:
    client = RedisClient(own_server.endpoint)
    stores = RuntimeStores.over(client, secret=b"s")
    await stores.check()
    with own_server.hung():
        for call in (stores.check, lambda: stores.logins.get("x"), lambda: stores.rates.hit("k", 1, 1)):
            with pytest.raises(CacheUnavailable) as failed:
                async with gives_up(within=20):
                    await call()
            assert failed.value.code == "cache.timeout"
    await stores.check()
    await stores.aclose()


async def test_many_waiting_on_a_hung_server_all_end_in_time(own_server: Server) -> None:
    client = RedisClient(own_server.endpoint)
    await client.ping()
    with own_server.hung():
        async with gives_up(within=20):
            results = await asyncio.gather(*(client.call("GET", "k") for _ in range(200)), return_exceptions=True)
        assert all(isinstance(result, CacheUnavailable) for result in results)
    assert await client.call("GET", "k") is None
    await client.aclose()


async def test_closing_does_not_wait_for_a_hung_server(own_server: Server) -> None:
    client = RedisClient(own_server.endpoint)
    await asyncio.gather(*(client.ping() for _ in range(10)))
    with own_server.hung():
        calls = [asyncio.create_task(client.ping()) for _ in range(10)]
        await asyncio.sleep(0)
        async with gives_up(within=20):
            await client.aclose()
            await client.aclose()
        results = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(result, CacheUnavailable) for result in results)


async def test_what_timed_out_is_not_sent_again(own_server: Server) -> None:
    client = RedisClient(own_server.endpoint)
    await client.ping()
    with own_server.hung(), pytest.raises(CacheUnavailable):
        await client.call("INCR", "n")
    assert int(await client.call("GET", "n") or 0) <= 1
    await client.aclose()


async def test_after_a_lost_connection_only_repeatable_calls_are_sent_again() -> None:
    received: list[bytes] = []

    async def take_and_hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(1000))
        writer.close()

    async with await asyncio.start_server(take_and_hang_up, "127.0.0.1", 0) as listener:
        client = RedisClient(RedisEndpoint(port=listener.sockets[0].getsockname()[1]))
        for repeatable, times in ((False, 1), (True, 2)):
            received.clear()
            with pytest.raises(CacheUnavailable) as failed:
                await client.call("INCR", "n", repeatable=repeatable)
            assert failed.value.code == "cache.unreachable"
            assert len(received) == times
        await client.aclose()


async def test_a_server_that_is_gone_is_an_error_and_a_new_one_is_found(tmp_path: Path) -> None:
    with embedded_server(tmp_path) as first:
        client = RedisClient(first.endpoint)
        stores = RuntimeStores.over(client, secret=b"s")
        await asyncio.gather(*(client.ping() for _ in range(20)))
        await stores.logins.create(principal())
    with pytest.raises(CacheUnavailable) as failed:
        async with gives_up(within=20):
            await client.ping()
    assert failed.value.code == "cache.unreachable"
    with embedded_server(tmp_path):
        assert await stores.logins.get("login-1") == principal()
        async with stores.turns.hold("c"):
            pass
        await client.aclose()


@pytest.mark.skipif(SYSTEM_SERVER is None, reason="no redis-server on PATH")
async def test_a_restarted_tcp_server_is_found_again(tmp_path: Path) -> None:
    port = free_port()
    with tcp_server(tmp_path, port) as first:
        client = RedisClient(first.endpoint)
        await asyncio.gather(*(client.ping() for _ in range(20)))
    with pytest.raises(CacheUnavailable):
        await client.ping()
    with tcp_server(tmp_path, port):
        for _ in range(20):
            await client.ping()
        await client.aclose()


async def test_cancelled_calls_give_their_connection_back(server: Server) -> None:
    client = RedisClient(server.endpoint, max_connections=3, call_seconds=2.0)
    chance = random.Random(20251123)  # noqa: S311  # seeded, no secret
    await client.call("SET", "k", "right")
    for _ in range(200):
        call = asyncio.create_task(client.call("GET", "k"))
        for _ in range(chance.randrange(6)):
            await asyncio.sleep(0)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
    assert await asyncio.gather(*(client.call("GET", "k") for _ in range(30))) == [b"right"] * 30
    await client.aclose()


async def test_a_stalled_event_loop_is_not_taken_for_a_silent_server(server: Server) -> None:
    for moment in range(8):
        client = RedisClient(server.endpoint)
        call = asyncio.create_task(client.call("PING"))
        for _ in range(moment):
            await asyncio.sleep(0)
        time.sleep(0.4)  # noqa: ASYNC251  # somebody computes in the event loop
        assert await call == b"PONG"
        await client.aclose()


async def test_a_crowd_is_no_outage(server: Server) -> None:
    client = RedisClient(server.endpoint)
    calls = [client.call("SET", f"k{number}", number, "PX", 10_000) for number in range(1000)]
    assert await asyncio.gather(*calls) == [b"OK"] * 1000
    await client.aclose()


async def test_a_slow_server_that_answers_keeps_nobody_out() -> None:
    handlers: list[asyncio.Task[None] | None] = []

    async def answer_slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.append(asyncio.current_task())
        while await reader.readline():
            for _ in range(2):
                await reader.readline()
            await asyncio.sleep(0.1)
            writer.write(b"+PONG\r\n")
        writer.close()

    async with await asyncio.start_server(answer_slowly, "127.0.0.1", 0) as listener:
        end = RedisEndpoint(port=listener.sockets[0].getsockname()[1])
        client = RedisClient(end, max_connections=2)
        # The last of them waits twice as long for a connection as any call may take.
        assert await asyncio.gather(*(client.call("PING") for _ in range(12))) == [b"PONG"] * 12
        await client.aclose()
        await asyncio.gather(*(handler for handler in handlers if handler is not None))


async def test_who_waits_is_told_as_soon_as_a_hung_server_is_known(own_server: Server) -> None:
    client = RedisClient(own_server.endpoint, max_connections=2, call_seconds=0.25)
    await client.ping()
    with own_server.hung():
        # One call after another, two at a time, would take 50 seconds.
        async with gives_up(within=20):
            results = await asyncio.gather(*(client.call("GET", "k") for _ in range(400)), return_exceptions=True)
    assert {type(result) for result in results} == {CacheUnavailable}
    await client.aclose()


async def test_no_free_connection_is_an_error_in_time(own_server: Server) -> None:
    client = RedisClient(own_server.endpoint, max_connections=1)
    await client.ping()
    with own_server.hung():
        async with gives_up(within=20):
            results = await asyncio.gather(client.ping(), client.ping(), return_exceptions=True)
        assert all(isinstance(result, CacheUnavailable) for result in results)
    await client.ping()
    await client.aclose()


@pytest.fixture
def full_server(tmp_path: Path) -> Iterator[RedisEndpoint]:
    if SYSTEM_SERVER is None:
        pytest.skip("no redis-server on PATH")
    port = free_port()
    options = ["--port", str(port), "--save", "", "--maxmemory", "1mb", "--requirepass", "right"]
    process = subprocess.Popen([SYSTEM_SERVER, *options], cwd=tmp_path, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        while b"Ready to accept" not in process.stdout.readline():
            pass
        yield RedisEndpoint(port=port, password="right")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)


async def test_a_full_server_and_a_wrong_password_have_their_codes(full_server: RedisEndpoint) -> None:
    client = RedisClient(full_server, call_seconds=10)
    with pytest.raises(CacheUnavailable) as full:
        await client.call("SET", "k", "x" * 2_000_000)
        await client.call("SET", "k2", "x")
    assert full.value.code == "cache.full"
    await client.aclose()
    stranger = RedisClient(RedisEndpoint(port=full_server.port, password="wrong"))
    with pytest.raises(CacheUnavailable) as refused:
        await stranger.ping()
    assert refused.value.code == "cache.unauthorised"
    await stranger.aclose()
