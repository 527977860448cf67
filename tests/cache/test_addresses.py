"""How an operator writes down where Redis listens, and what is made of it."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.asyncio import Connection, SSLConnection, UnixDomainSocketConnection

from tests.cache.conftest import SYSTEM_SERVER
from tests.support.certificates import Authority
from tests.support.ports import free_port
from tests.support.processes import ManagedProcess
from ultracore.cache import RedisClient
from ultracore.cache.client import RedisEndpoint
from ultracore.errors import CacheUnavailable, OperatorError


@pytest.mark.parametrize(
    ("url", "kind", "connection", "seeds", "parameters"),
    [
        ("redis://h", "one", Connection, [("h", 6379)], {}),
        ("redis://a:p%40@h:7/3", "one", Connection, [("h", 7)], {"username": "a", "password": "p@", "db": 3}),
        ("rediss://h:7?ssl_ca_certs=/c", "one", SSLConnection, [("h", 7)], {"ssl_ca_certs": "/c"}),
        ("unix://ada:x@/run/r.sock?db=2", "one", UnixDomainSocketConnection, [], {"path": "/run/r.sock", "db": 2}),
        ("redis+cluster://a:1,b,[::1]:3", "cluster", Connection, [("a", 1), ("b", 6379), ("::1", 3)], {}),
        ("rediss+cluster://ada:x@a:1", "cluster", SSLConnection, [("a", 1)], {"username": "ada", "password": "x"}),
        ("redis+sentinel://a,b:2/m/4", "sentinel", Connection, [("a", 26379), ("b", 2)], {"db": 4}),
    ],
)  # fmt: skip
def test_every_form_is_read(
    url: str, kind: str, connection: type, seeds: list[tuple[str, int]], parameters: dict[str, object]
) -> None:
    found = RedisEndpoint(url=url).read()
    assert (found.kind.value, found.login.connection_class, list(found.seeds)) == (kind, connection, seeds)
    assert parameters.items() <= found.login.parameters.items()


def test_sentinels_have_a_login_and_a_master_of_their_own() -> None:
    url = "rediss+sentinel://ada:x@a/anya?sentinel_password=y&ssl_ca_certs=/ca"
    found = RedisEndpoint(url=url).read()
    assert found.master == "anya"
    assert found.sentinels.parameters == {"username": None, "password": "y", "ssl_ca_certs": "/ca"}


@pytest.mark.parametrize(
    "url",
    [
        "gopher://h",
        "redis://hunter2:port",
        "redis://h?no_such_option=hunter2",
        "redis+cluster://",
        "redis+cluster://h/1",
        "redis+sentinel://hunter2",
        "redis+sentinel://h/anya/hunter2",
    ],
)
def test_what_cannot_be_read_is_one_sentence_that_quotes_nothing(url: str) -> None:
    with pytest.raises(OperatorError, match="REDIS_URL cannot be read") as refused:
        RedisClient(RedisEndpoint(url=url))
    assert "hunter2" not in str(refused.value)


@pytest.fixture
def strict_server(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A server with TLS only, and with one user who may log in; its port and the authority to trust."""
    if SYSTEM_SERVER is None:
        pytest.skip("no redis-server on PATH")
    authority = Authority(tmp_path)
    certificate, key = authority.issue("redis")
    port = free_port()
    tls = f"tls-port {port}\ntls-cert-file {certificate}\ntls-key-file {key}\ntls-auth-clients no"
    users = "user default off\nuser anya on >p@ss ~* &* +@all"
    file = tmp_path / "redis.conf"
    file.write_text(
        f"port 0\nbind 127.0.0.1\ndir {tmp_path}\ntls-ca-cert-file {authority.certificate}\n{tls}\n{users}\n"
    )
    with ManagedProcess([SYSTEM_SERVER, file], log=tmp_path / "redis.log") as process:
        process.wait_for_line("Ready to accept connections")
        yield port, authority.certificate


async def test_tls_and_a_user_by_the_url(strict_server: tuple[int, Path]) -> None:
    port, trusted = strict_server
    client = RedisClient(
        RedisEndpoint(url=f"rediss://anya:p%40ss@127.0.0.1:{port}/1?ssl_ca_certs={trusted}"), call_seconds=10
    )
    await client.check()
    await client.aclose()


@pytest.mark.parametrize(
    ("login", "options", "code"),
    [("anya:wrong", "?ssl_ca_certs={}", "cache.unauthorised"), ("anya:p%40ss", "", "cache.unreachable")],
)
async def test_a_wrong_password_and_a_stranger_s_certificate_are_refused(
    strict_server: tuple[int, Path], login: str, options: str, code: str
) -> None:
    port, trusted = strict_server
    client = RedisClient(RedisEndpoint(url=f"rediss://{login}@127.0.0.1:{port}{options.format(trusted)}"))
    with pytest.raises(CacheUnavailable) as refused:
        await client.check()
    assert refused.value.code == code
    await client.aclose()
    # Python's asyncio drops the transport of a handshake that failed without closing it.
    del refused
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
