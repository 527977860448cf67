"""The files of the embedded server, and what is left of a server whose app has crashed.

No process is ever ended because its number stands in a file. A server of an earlier run is recognised by the
lock on `server.lock`, which it inherited; it is asked over its own socket to shut down, after it has said that
its data are ours. Only one that does not answer is killed, if the system can show that the process has our
lock file open.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from ultracore.cache.server import guard
from ultracore.errors import OperatorError

# The path of a unix socket has 107 bytes on Linux, 103 on macOS and the BSDs.
MAX_SOCKET_PATH = 103
# A little more than what the guard needs to end a server that hangs.
LEAVING_SECONDS = 4.0
_POLL_SECONDS = 0.01
_TEMPORARY_PREFIX = "ultracore-"
_SOCKET = guard.SOCKET


@dataclass(frozen=True, slots=True)
class Files:
    """What lies in `<data>/redis`."""

    folder: Path

    @property
    def owner_lock(self) -> Path:
        return self.folder / "owner.lock"

    @property
    def server_lock(self) -> Path:
        return self.folder / "server.lock"

    @property
    def pid(self) -> Path:
        return self.folder / "redis.pid"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def socket_note(self) -> Path:
        """Holds the socket's path if that is not `<data>/redis/redis.sock`."""
        return self.folder / "socket"

    def current_socket(self) -> Path:
        """The socket of the server that runs, or ran last."""
        try:
            return Path(os.fsdecode(self.socket_note.read_bytes()))
        except FileNotFoundError:
            return self.folder / _SOCKET

    def new_socket(self) -> tuple[Path, Path | None]:
        """A path that is short enough, and the temporary folder that was made for it, if one was."""
        path = self.folder / _SOCKET
        if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
            return path, None
        folder = Path(tempfile.mkdtemp(prefix=_TEMPORARY_PREFIX))  # mode 0700, a name that nobody can foresee
        if len(os.fsencode(folder)) > MAX_SOCKET_PATH - len(f"/{_SOCKET}"):
            folder.rmdir()
            folder = Path(tempfile.mkdtemp(prefix=_TEMPORARY_PREFIX, dir="/tmp"))  # as above
        self.socket_note.write_bytes(os.fsencode(folder / _SOCKET))
        return folder / _SOCKET, folder

    def clear(self) -> None:
        """Remove what an earlier run left. Only for the holder of both locks."""
        noted = self.current_socket()
        if noted.parent != self.folder and noted.parent.name.startswith(_TEMPORARY_PREFIX):
            guard.remove_socket_folder(noted.parent)
        (self.folder / _SOCKET).unlink(missing_ok=True)
        self.socket_note.unlink(missing_ok=True)
        self.pid.unlink(missing_ok=True)


def try_lock(path: Path) -> int | None:
    """A descriptor that holds the lock on the file, or None if another process holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def take_server_lock(files: Files) -> int:
    """The lock that the server will inherit. Only the owner asks, so a server that has it is left over."""
    for make_it_leave in (_wait_for_its_guard, _ask_it_to_leave, _kill_it):
        lock = try_lock(files.server_lock)
        if lock is None and make_it_leave(files):
            lock = _wait_for_lock(files, LEAVING_SECONDS)
        if lock is not None:
            return lock
    raise OperatorError(
        f"A Redis server of an earlier run still uses {files.folder} and does not stop: end it, then start again.",
        code="redis.left_over",
    )


def ask(path: Path, command: bytes) -> bytes:
    """The first bytes of a server's answer to an inline command; empty if no server answers."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(0.5)
        try:
            connection.connect(os.fspath(path))
            connection.sendall(command)
            return connection.recv(65536)
        except OSError:  # among them a path that is too long to be one of ours
            return b""


def _wait_for_its_guard(files: Files) -> bool:
    return True


def _ask_it_to_leave(files: Files) -> bool:
    path = files.current_socket()
    folder = os.fsencode(files.folder)
    if folder not in ask(path, b"CONFIG GET dir\r\n").split(b"\r\n"):
        return False
    ask(path, b"SHUTDOWN\r\n")
    return True


def _kill_it(files: Files) -> bool:
    try:
        number = int(files.pid.read_text())
        process = os.pidfd_open(number)
    except (OSError, ValueError, AttributeError):  # no file, no such process, or not Linux
        return False
    try:
        # The descriptor pins the process: its number cannot pass to another one between the look and the signal.
        if not _has_open(number, files.server_lock):
            return False
        signal.pidfd_send_signal(process, signal.SIGKILL)
    except OSError:
        return False
    finally:
        os.close(process)
    return True


def _has_open(number: int, path: Path) -> bool:
    """True if the process has the file open (Linux)."""
    wanted = path.stat()
    for entry in Path(f"/proc/{number}/fd").iterdir():
        try:
            held = entry.stat()
        except OSError:
            continue
        if (held.st_dev, held.st_ino) == (wanted.st_dev, wanted.st_ino):
            return True
    return False


def _wait_for_lock(files: Files, seconds: float) -> int | None:
    gives_up = time.monotonic() + seconds
    while time.monotonic() < gives_up:
        lock = try_lock(files.server_lock)
        if lock is not None:
            return lock
        time.sleep(_POLL_SECONDS)
    return None
