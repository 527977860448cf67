"""Real servers: the embedded one on its unix socket, and where there is one, Debian's over TCP."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cache.waiting import until
from tests.support.deadlines import PATIENCE
from tests.support.ports import free_port
from tests.support.redis_servers import RedisCluster
from ultracore.cache import RedisCache, RedisClient
from ultracore.cache.client import RedisEndpoint
from ultracore.cache.server.service import EmbeddedRedis
from ultracore.cache.stores import RuntimeStores
from ultracore.principal import Principal, Role

SYSTEM_SERVER = shutil.which("redis-server")
SERVERS = ["embedded", "tcp"] if SYSTEM_SERVER else ["embedded"]
# A cluster of its own for each test process, since each test begins by emptying it.
CONTRACT = [*SERVERS, "cluster"] if SYSTEM_SERVER else SERVERS


@dataclass(frozen=True)
class Server:
    """A running server: where it listens, and its process."""

    endpoint: RedisEndpoint
    pid: int

    @contextmanager
    def hung(self) -> Iterator[None]:
        """It keeps its connections and answers nothing."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)


@contextmanager
def embedded_server(folder: Path) -> Iterator[Server]:
    with EmbeddedRedis(folder) as embedded:
        yield Server(embedded.endpoint, int((folder / "redis" / "redis.pid").read_text()))


@contextmanager
def tcp_server(folder: Path, port: int = 0, *more: str) -> Iterator[Server]:
    assert SYSTEM_SERVER is not None
    port = port or free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder), *more]
    process = subprocess.Popen([SYSTEM_SERVER, *options], stdout=subprocess.DEVNULL)
    try:
        until(lambda: _listens(port))
        yield Server(RedisEndpoint(port=port), process.pid)
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(PATIENCE)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def cluster_server() -> Iterator[Server]:
    with RedisCluster() as cluster:
        yield Server(RedisEndpoint(url=cluster.url), cluster.servers[0].process.pid)


@contextmanager
def running_server(kind: str, folder: Path) -> Iterator[Server]:
    if kind == "cluster":
        opening: AbstractContextManager[Server] = cluster_server()
    else:
        opening = embedded_server(folder) if kind == "embedded" else tcp_server(folder)
    with opening as server:
        yield server


@pytest.fixture(scope="session", params=CONTRACT)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Shared by all tests; each begins with an empty database."""
    with running_server(request.param, tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(params=SERVERS)
def own_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server that a test may stop."""
    with running_server(request.param, tmp_path) as running:
        yield running


@pytest.fixture
async def client(server: Server) -> AsyncIterator[RedisClient]:
    connected = RedisClient(server.endpoint, call_seconds=10.0)
    await connected.everywhere("FLUSHALL")
    yield connected
    await connected.aclose()


async def keys_of(client: RedisClient, match: str = "*") -> list[bytes]:
    """The names of the keys that fit a glob, on every server."""
    return [name async for names in client.scan(match) for name in names]


async def number_of_keys(client: RedisClient) -> int:
    """How many there are, on all servers together."""
    return sum(await client.everywhere("DBSIZE"))


@pytest.fixture
def stores(client: RedisClient) -> RuntimeStores:
    return RuntimeStores.over(client, secret=b"a secret of the tests")


@pytest.fixture
def cache(client: RedisClient) -> RedisCache:
    return RedisCache(client=client, secret=b"a secret of the tests")


@pytest.fixture
def customer() -> Principal:
    return principal()


def principal(user_id: str = "customer1", login_id: str = "login-1", tenant_id: str = "tenant_1") -> Principal:
    return Principal(
        tenant_id=tenant_id,
        user_id=user_id,
        login_id=login_id,
        roles=frozenset({Role.CUSTOMER}),
        customer_id="cust_1",
        display_name="Ada Ng",
    )


def is_running(pid: int) -> bool:
    """True for a process that exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
