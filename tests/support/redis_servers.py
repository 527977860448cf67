"""Real Redis servers that belong together: a cluster of local nodes, and a master that sentinels watch."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis

from tests.support.deadlines import PATIENCE
from tests.support.ports import free_ports
from tests.support.processes import ManagedProcess, wait_until

BINARY = shutil.which("redis-server")
SLOTS = 16384
NODES = 3


class RedisUnavailable(Exception):
    """This machine has no `redis-server` that can do it. The message says what is missing."""


def ask(port: int, *command: Any) -> Any:
    """The reply of the server on this port, or None while nobody answers."""
    try:
        with redis.Redis(port=port, socket_timeout=1, socket_connect_timeout=1, protocol=2) as server:
            return server.execute_command(*command)
    except (redis.ConnectionError, redis.TimeoutError):
        return None


class RedisServer:
    """One process with a folder of its own. `options` are those of the command line, without the dashes."""

    def __init__(self, folder: Path, port: int, *options: str) -> None:
        if BINARY is None:
            raise RedisUnavailable("no redis-server on PATH")
        self.port = port
        folder.mkdir(parents=True, exist_ok=True)
        arguments = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", *options]
        self.process = ManagedProcess([BINARY, *arguments], log=folder / "server.log")

    def __enter__(self) -> Self:
        self.process.start()
        self.process.wait_until(self.answers, seconds=PATIENCE, what="Redis to answer")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()

    def answers(self) -> bool:
        """True once it takes commands."""
        return ask(self.port, "PING") is not None


class RedisCluster:
    """Three primaries that own all slots, and with `replica` a copy of the first. It starts in about a second."""

    def __init__(self, *, replica: bool = False, node_timeout: int = 1000) -> None:
        self._count = NODES + replica
        self._node_timeout = node_timeout
        self._stack = ExitStack()
        self.servers: list[RedisServer] = []

    @property
    def url(self) -> str:
        """For `REDIS_URL`."""
        return "redis+cluster://" + ",".join(f"127.0.0.1:{server.port}" for server in self.servers[:2])

    def __enter__(self) -> Self:
        with self._stack:
            folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="ultracore-cluster-")))
            ports = free_ports(2 * self._count)
            for port, bus in zip(ports[::2], ports[1::2], strict=True):
                self.servers.append(self._stack.enter_context(self._node(folder, port, bus)))
            self._join(ports[1::2])
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def wait_until_whole(self) -> None:
        """Return when every living node says that all slots are served."""
        wait_until(self._is_whole, seconds=PATIENCE, what="the cluster to be whole")

    def wait_until_copied(self) -> None:
        """Return when the copy has what the first server was told until now; it copies after it has answered."""
        told = ask(self.servers[0].port, "INFO", "replication")["master_repl_offset"]

        def has_all() -> bool:
            copied = ask(self.servers[NODES].port, "INFO", "replication")
            return copied is not None and int(copied.get("slave_repl_offset", -1)) >= told

        wait_until(has_all, seconds=PATIENCE, what="the copy to have everything")

    def move(self, slot: int, to: RedisServer) -> None:
        """Give a slot without keys to another node; the others are not told by us."""
        name = ask(to.port, "CLUSTER", "MYID")
        for server in self.servers[:NODES]:
            ask(server.port, "CLUSTER", "SETSLOT", slot, "NODE", name)

    def _node(self, folder: Path, port: int, bus: int) -> RedisServer:
        options = ["--cluster-enabled", "yes", "--cluster-port", str(bus), "--appendonly", "no"]
        timeout = ["--cluster-node-timeout", str(self._node_timeout), "--cluster-replica-validity-factor", "0"]
        return RedisServer(folder / str(port), port, *options, *timeout, "--repl-diskless-sync-delay", "0")

    def _join(self, buses: list[int]) -> None:
        first = self.servers[0]
        for number, server in enumerate(self.servers):
            if number < NODES:
                first_slot, after = (place * SLOTS // NODES for place in (number, number + 1))
                ask(server.port, "CLUSTER", "ADDSLOTSRANGE", first_slot, after - 1)
                ask(server.port, "CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            if number:
                ask(first.port, "CLUSTER", "MEET", "127.0.0.1", server.port, buses[number])
        self.wait_until_whole()
        for copy in self.servers[NODES:]:
            ask(copy.port, "CLUSTER", "REPLICATE", ask(first.port, "CLUSTER", "MYID"))
            _wait_until_in_step(copy.port)

    def _is_whole(self) -> bool:
        living = [server for server in self.servers if server.process.running]
        return all(
            b"cluster_state:ok" in (ask(server.port, "CLUSTER", "INFO") or b"")
            and len(ask(server.port, "CLUSTER", "NODES").splitlines()) == len(self.servers)
            for server in living
        )


def _wait_until_in_step(port: int) -> None:
    def is_in_step() -> bool:
        told = ask(port, "INFO", "replication")
        return told is not None and told.get("master_link_status") == "up"

    wait_until(is_in_step, seconds=PATIENCE, what="the copy to be complete")


class WatchedRedis:
    """A master, a copy of it, and three sentinels that make the copy the master when the master is gone."""

    MASTER = "anya"

    def __init__(self, *, down_after: int = 500) -> None:
        self._down_after = down_after
        self._stack = ExitStack()
        self.servers: list[RedisServer] = []
        self._sentinels: list[int] = []

    @property
    def url(self) -> str:
        """For `REDIS_URL`."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._sentinels)
        return f"redis+sentinel://{hosts}/{self.MASTER}/2"

    def __enter__(self) -> Self:
        with self._stack:
            folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="ultracore-watched-")))
            first, second, *self._sentinels = free_ports(2 + NODES)
            copying = ["--replicaof", f"127.0.0.1 {first}", "--repl-diskless-sync-delay", "0"]
            for port, options in ((first, copying[2:]), (second, copying)):
                self.servers.append(self._stack.enter_context(RedisServer(folder / str(port), port, *options)))
            _wait_until_in_step(second)
            for port in self._sentinels:
                self._stack.enter_context(self._sentinel(folder / str(port), port))
            wait_until(self._is_watched, seconds=PATIENCE, what="the sentinels to know each other")
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _sentinel(self, folder: Path, port: int) -> ManagedProcess:
        folder.mkdir()
        file, name = folder / "sentinel.conf", self.MASTER
        lines = (
            f"port {port}",
            "bind 127.0.0.1",
            f"dir {folder}",
            f"sentinel monitor {name} 127.0.0.1 {self.servers[0].port} 2",
            f"sentinel down-after-milliseconds {name} {self._down_after}",
            f"sentinel failover-timeout {name} 3000",
        )
        file.write_text("\n".join(lines) + "\n")
        assert BINARY is not None
        return ManagedProcess([BINARY, str(file), "--sentinel"], log=folder / "sentinel.log")

    def _is_watched(self) -> bool:
        copies = [ask(port, "SENTINEL", "REPLICAS", self.MASTER) for port in self._sentinels]
        others = [ask(port, "SENTINEL", "SENTINELS", self.MASTER) for port in self._sentinels]
        return all(copies) and all(len(one or ()) == NODES - 1 for one in others)
