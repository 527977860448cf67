"""One turn at a time, in order of arrival, across tasks and processes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cache.conftest import Server
from tests.cache.waiting import eventually
from tests.support.deadlines import PATIENCE, gives_up
from ultracore.cache import RedisClient
from ultracore.cache.stores import RuntimeStores, TurnLock
from ultracore.errors import CacheUnavailable, LedgerUnavailable, RateLimited

WORKER = """
import asyncio, json, sys, time
from pathlib import Path
from ultracore.cache.client import RedisEndpoint, RedisClient
from ultracore.cache.stores import TurnLock

async def main():
    end, conversation, log, turns, inside = json.loads(sys.argv[1])
    path = Path(end["path"]) if end["path"] else None
    client = RedisClient(RedisEndpoint(path=path, port=end["port"], url=end["url"]), call_seconds=10)
    lock = TurnLock(client, lease_seconds=end["lease"])
    print("up", flush=True)
    sys.stdin.readline()
    for _ in range(turns):
        async with lock.hold(conversation) as lease:
            for mark in ("enter", "leave"):
                with open(log, "a") as file:
                    file.write(f"{mark} {lease.fence}\\n")
                if mark == "enter":
                    await asyncio.sleep(inside)
    await client.aclose()

asyncio.run(main())
"""


def worker(server: Server, log: Path, *, turns: int, inside: float, lease: float = 10) -> subprocess.Popen[bytes]:
    path = server.endpoint.path
    where = {"path": None if path is None else str(path), "port": server.endpoint.port, "url": server.endpoint.url}
    end = {**where, "lease": lease}
    order = json.dumps([end, "c1", str(log), turns, inside])
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, order], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    return process


def go(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.write(b"go\n")
    process.stdin.flush()


async def test_turns_of_one_conversation_run_one_by_one_in_order(stores: RuntimeStores) -> None:
    order: list[str] = []
    fences: list[int] = []

    async def turn(name: int) -> None:
        async with stores.turns.hold("c1") as lease:
            order.append(f"enter {name}")
            fences.append(lease.fence)
            await asyncio.sleep(0.01)
            order.append(f"leave {name}")

    tasks = []
    for name in range(6):
        tasks.append(asyncio.create_task(turn(name)))
        await asyncio.sleep(0.03)
    await asyncio.gather(*tasks)
    assert order == [f"{mark} {name}" for name in range(6) for mark in ("enter", "leave")]
    assert fences == sorted(set(fences))


async def test_waiting_turns_keep_their_order(client: RedisClient, stores: RuntimeStores) -> None:
    order: list[int] = []

    async def turn(name: int) -> None:
        async with stores.turns.hold("c1"):
            order.append(name)

    async with stores.turns.hold("c1"):
        tasks = []
        for name in range(5):
            tasks.append(asyncio.create_task(turn(name)))
            await eventually(lambda number=name: _waiting(client, number + 1), 2)  # type: ignore[misc]
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3, 4]


async def test_conversations_do_not_wait_for_each_other(stores: RuntimeStores) -> None:
    async with stores.turns.hold("c1"), stores.turns.hold("c2", wait=0):
        pass


async def test_the_sixth_that_wants_to_wait_is_refused_at_once(client: RedisClient, stores: RuntimeStores) -> None:
    async with stores.turns.hold("c1"):
        waiting = [asyncio.create_task(_hold(stores.turns)) for _ in range(5)]
        await eventually(lambda: _waiting(client, 5))
        with pytest.raises(RateLimited) as refused:
            await _hold(stores.turns)
        assert refused.value.code == "turn.queue_full"
        assert await _waiting(client, 5), "the others still wait"
    await asyncio.gather(*waiting)


async def test_who_waited_long_enough_is_refused_and_leaves_the_queue(
    client: RedisClient, stores: RuntimeStores
) -> None:
    async with stores.turns.hold("c1"):
        with pytest.raises(RateLimited) as refused:
            await _hold(stores.turns, wait=0.1)
        assert refused.value.code == "turn.busy"
        assert await _waiting(client, 0)
    await _hold(stores.turns, wait=0)


async def test_a_cancelled_waiter_leaves_the_queue(client: RedisClient, stores: RuntimeStores) -> None:
    async with stores.turns.hold("c1"):
        waiter = asyncio.create_task(_hold(stores.turns))
        await eventually(lambda: _waiting(client, 1))
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        assert await _waiting(client, 0)


async def test_a_cancelled_or_failed_turn_frees_the_conversation(stores: RuntimeStores) -> None:
    entered = asyncio.Event()

    async def endless() -> None:
        async with stores.turns.hold("c1"):
            entered.set()
            await asyncio.sleep(60)

    turn = asyncio.create_task(endless())
    await entered.wait()
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    with pytest.raises(KeyError):
        async with stores.turns.hold("c1", wait=0):
            raise KeyError("the body's own")
    await _hold(stores.turns, wait=0)


async def test_the_lease_is_renewed_while_the_turn_runs(client: RedisClient) -> None:
    turns = TurnLock(client, lease_seconds=1.0)
    async with turns.hold("c1"):
        with pytest.raises(RateLimited):
            await _hold(turns, wait=2.5)


async def test_a_lost_lease_cancels_the_turn_and_says_so(client: RedisClient) -> None:
    turns = TurnLock(client, lease_seconds=0.4)
    with pytest.raises(CacheUnavailable) as lost:
        async with turns.hold("c1"):
            await _let_another_have_a_turn(client)
            await asyncio.sleep(60)
    assert lost.value.code == "turn.lost"


async def test_a_lease_found_lost_at_the_end_is_told_too(client: RedisClient, stores: RuntimeStores) -> None:
    with pytest.raises(CacheUnavailable) as lost:
        async with stores.turns.hold("c1"):
            await _let_another_have_a_turn(client)
    assert lost.value.code == "turn.lost"


async def test_a_lease_that_ran_out_is_taken_up_again_if_nobody_had_a_turn_since(client: RedisClient) -> None:
    turns = TurnLock(client, lease_seconds=0.4)
    async with turns.hold("c1"):
        await client.call("DEL", "@turn:{c1}:holder")
        await eventually(lambda: _held(client))
        with pytest.raises(RateLimited):
            await _hold(turns, wait=0)
    await _hold(turns, wait=0)


async def test_a_lease_that_ran_out_just_before_the_end_was_enough_if_nobody_had_a_turn_since(
    client: RedisClient, stores: RuntimeStores
) -> None:
    async with stores.turns.hold("c1"):
        await client.call("DEL", "@turn:{c1}:holder")
    assert not await _held(client)
    await _hold(stores.turns, wait=0)


async def test_a_timeout_inside_the_turn_stays_a_timeout(stores: RuntimeStores) -> None:
    with pytest.raises(TimeoutError):
        async with stores.turns.hold("c1"), asyncio.timeout(0.01):
            await asyncio.sleep(60)


async def test_a_turn_says_whether_what_a_dead_holder_left_is_put_right(client: RedisClient) -> None:
    turns, ledger = TurnLock(client), iter([LedgerUnavailable("away"), None])

    async def put_right(conversation_id: str) -> None:
        if (error := next(ledger)) is not None:
            raise error

    turns.after_crash = put_right
    await client.call("SET", "@turn:{c1}:open", "dead0")
    settled = []
    for _ in range(3):
        async with turns.hold("c1", wait=0) as lease:
            settled.append(lease.settled)
    assert settled == [False, True, True]


async def test_a_server_that_hangs_ends_the_turn_with_its_lease(own_server: Server) -> None:
    client = RedisClient(own_server.endpoint)
    turns = TurnLock(client, lease_seconds=1.0)
    with pytest.raises(CacheUnavailable) as lost:
        async with gives_up(within=20), turns.hold("c1"):
            with own_server.hung():
                await asyncio.Event().wait()
    assert lost.value.code == "turn.lost"
    await client.aclose()


async def test_a_turn_cannot_begin_while_the_server_hangs(own_server: Server) -> None:
    client = RedisClient(own_server.endpoint)
    turns = TurnLock(client)
    await client.ping()
    with own_server.hung(), pytest.raises(CacheUnavailable):
        async with gives_up(within=20):
            await _hold(turns)
    await _hold(turns, wait=2)
    await client.aclose()


async def test_two_processes_share_one_order(server: Server, client: RedisClient, tmp_path: Path) -> None:
    log = tmp_path / "log"
    workers = [worker(server, log, turns=15, inside=0.005) for _ in range(3)]
    for process in workers:
        go(process)
    for process in workers:
        assert await asyncio.to_thread(process.wait, PATIENCE) == 0
        process.communicate()
    lines = [line.split() for line in log.read_text().splitlines()]
    assert len(lines) == 90
    fences = [int(fence) for _, fence in lines]
    assert [mark for mark, _ in lines] == ["enter", "leave"] * 45
    assert fences[::2] == fences[1::2] == sorted(set(fences))


async def test_a_killed_holder_frees_the_conversation_when_its_lease_ends(
    server: Server, client: RedisClient, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    holder = worker(server, log, turns=1, inside=60, lease=1.0)
    go(holder)

    async def holds() -> bool:
        return log.exists() and log.read_text().startswith("enter")

    await eventually(holds)
    holder.kill()
    await asyncio.to_thread(holder.communicate)
    fence = int(log.read_text().split()[1])
    async with TurnLock(client).hold("c1", wait=5) as lease:
        assert lease.fence > fence


async def test_a_killed_waiter_does_not_hold_up_the_queue(
    server: Server, client: RedisClient, tmp_path: Path
) -> None:
    turns = TurnLock(client)
    async with turns.hold("c1"):
        waiter = worker(server, tmp_path / "log", turns=1, inside=60)
        go(waiter)
        await eventually(lambda: _waiting(client, 1))
        waiter.kill()
        await asyncio.to_thread(waiter.communicate)
        behind = asyncio.create_task(_hold(turns, wait=10))
        await eventually(lambda: _waiting(client, 2))
    await behind
    assert not (tmp_path / "log").exists()


async def _let_another_have_a_turn(client: RedisClient) -> None:
    await client.call("DEL", "@turn:{c1}:holder")
    await _hold(TurnLock(client))


async def _held(client: RedisClient) -> bool:
    return await client.call("GET", "@turn:{c1}:holder") is not None


async def _hold(turns: TurnLock, wait: float = 10) -> None:
    async with turns.hold("c1", wait=wait):
        pass


async def _waiting(client: RedisClient, number: int) -> bool:
    return bool(await client.call("ZCARD", "@turn:{c1}:queue") == number)
