"""A real PostgreSQL server for tests: Debian's binaries, a directory and a loopback port of its own.

The server refuses to run as root: started by root it runs as the user `postgres`, or as `nobody`.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg  # type: ignore[import-untyped]

from tests.support.deadlines import PATIENCE
from tests.support.ports import free_port
from tests.support.processes import ManagedProcess, ProcessFailed, wait_until

USER = "anya"
PASSWORD = "a demo password: 100 % / @ßpecial"
_INSTALLED = Path("/usr/lib/postgresql")
# What a commit does is what production does (fsync is on); the rest keeps a test's server small.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "fsync": "on",
    "log_min_messages": "warning",
    "log_lock_waits": "on",
}


class PostgresUnavailable(Exception):
    """This machine cannot run a server. The message says what is missing."""


def binaries() -> Path:
    """The folder with `initdb` and `postgres` of the newest version. Raises `PostgresUnavailable`."""
    found = sorted(_INSTALLED.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    if on_path:
        return Path(on_path).resolve().parent
    raise PostgresUnavailable("PostgreSQL tests need Debian's package postgresql (initdb and postgres).")


def _unprivileged() -> str | None:
    """Whom a server that root starts runs as; `None` where we are not root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


class PostgresAddress:
    """A server that somebody runs: databases of one's own in it, and statements."""

    def __init__(self, port: int) -> None:
        self.port = port

    def url(self, database: str = "postgres", *, password: str = PASSWORD) -> str:
        """The address of a database."""
        from urllib.parse import quote

        return f"postgresql://{USER}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def make_database(self, template: str = "template1") -> str:
        """The address of a new database, empty or as `template` is."""
        name = f"record_{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever uses it. A server with few files recovers sooner after a kill."""
        self.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def execute(self, sql: str, url: str | None = None) -> list[tuple[object, ...]]:
        """Run one statement as the owner."""

        async def ask() -> list[tuple[object, ...]]:
            link = await asyncpg.connect(url or self.url(), timeout=PATIENCE)
            try:
                return [tuple(row) for row in await link.fetch(sql)]
            finally:
                await link.close()

        with ThreadPoolExecutor(1) as pool:  # the caller's thread may run an event loop of its own
            return pool.submit(asyncio.run, ask()).result()


class PostgresServer(PostgresAddress):
    """One server. `start()` returns when it answers. The data stay until `close()`, whatever ends the process."""

    def __init__(self) -> None:
        """Make the cluster. Raises `PostgresUnavailable` where this machine cannot run a server."""
        self._bin = binaries()
        self._as = _unprivileged()
        self._home = Path(tempfile.mkdtemp(prefix="ultracore-postgres-"))
        super().__init__(free_port())
        if self._as is not None:
            shutil.chown(self._home, self._as)
        self._initialise()
        self._command = [str(self._bin / "postgres"), "-D", str(self._data), f"-p{self.port}"]
        self._process = ManagedProcess(self._command, log=self._home / "server.log", cwd=self._home)

    @property
    def _data(self) -> Path:
        return self._home / "data"

    @property
    def running(self) -> bool:
        """True while the server's first process lives, paused or not."""
        return self._process.running

    def start(self, **settings: str) -> Self:
        """Start the server on its port and data, and wait until it answers; after a kill it recovers first.

        `settings` are laid over `SETTINGS` until the next start.
        """
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        chosen = [f"-c{name}={value}" for name, value in {**SETTINGS, **settings}.items()]
        self._process.argv[:] = self._unprivileged([*self._command, *chosen])
        self._process.start()
        try:
            self._process.wait_until(self._answers, seconds=PATIENCE, what=f"an answer on port {self.port}")
        except ProcessFailed:
            self._process.kill()
            raise
        return self

    def stop(self) -> None:
        """A fast shutdown, as an operator does it: sessions are ended, the data are put in order."""
        if self.running:
            self._process.signal(signal.SIGINT)
            self._process.wait(seconds=PATIENCE)

    def kill(self) -> None:
        """SIGKILL to all of its processes: what was committed stays, everything else may be lost."""
        if self.running:
            self._process.signal(signal.SIGSTOP)  # so that it starts no other one meanwhile
            children = _children_of(self._process.pid)
            _signal_all(children, signal.SIGKILL)
            self._process.kill()
            # Nobody of the old server may still write when a new one starts.
            gone = [Path(f"/proc/{pid}") for pid in children]
            wait_until(lambda: not any(map(_lives, gone)), seconds=PATIENCE, what="the end of the server")

    def pause(self) -> None:
        """SIGSTOP to all of its processes: connections stay open and nothing answers."""
        self._process.signal(signal.SIGSTOP)
        _signal_all(_children_of(self._process.pid), signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT, the end of a pause."""
        _signal_all(_children_of(self._process.pid), signal.SIGCONT)
        self._process.signal(signal.SIGCONT)

    def close(self) -> None:
        """End the server and remove its data."""
        self.kill()
        shutil.rmtree(self._home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def _answers(self) -> bool:
        done = subprocess.run(
            [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False
        )
        return done.returncode == 0

    def _initialise(self) -> None:
        secret = self._home / "password"
        secret.write_text(PASSWORD)
        if self._as is not None:
            shutil.chown(secret, self._as)
        options = [
            "--auth=scram-sha-256",
            f"--username={USER}",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]
        command = [str(self._bin / "initdb"), "-D", str(self._data), f"--pwfile={secret}", *options]
        done = subprocess.run(
            self._unprivileged(command),
            cwd=self._home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        if done.returncode != 0:
            shutil.rmtree(self._home, ignore_errors=True)
            raise PostgresUnavailable(f"initdb could not make a cluster: {done.stderr[-1000:]}")

    def _unprivileged(self, command: Sequence[str]) -> list[str]:
        if self._as is None:
            return list(command)
        return ["setpriv", f"--reuid={self._as}", "--clear-groups", "--", *command]


def _children_of(parent: int) -> list[int]:
    """The server's processes, each of which leads a group of its own."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            after_name = status.read_text().rpartition(")")[2].split()
            if int(after_name[1]) == parent:
                found.append(int(status.parent.name))
    return found


def _signal_all(processes: Sequence[int], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)


def _lives(folder: Path) -> bool:
    """True while a process is there and not only waits to be reaped."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False
