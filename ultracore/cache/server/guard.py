"""The parent of the embedded Redis server: a small process that ends the server when the app has ended.

Run as `python -I -S guard.py LOCK_FD SOCKET_FOLDER SERVER ARGUMENT…`; it needs the standard library only. Its
standard input is a pipe whose other end only the app holds. The kernel closes that end however the app ends,
also by `kill -9` or `os._exit`, and then the guard ends the server: SIGTERM, and SIGKILL after `GRACE_SECONDS`.
On Linux the server dies with the guard too. A server that ends by itself after it has run for a while is
started again.

The server inherits LOCK_FD, so the lock on that file is held for exactly as long as a server may write the data.
SOCKET_FOLDER is a temporary folder to remove at the end, or "-".
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

GRACE_SECONDS = 3.0
SETTLED_SECONDS = 1.0
LOOK_SECONDS = 1.0
SOCKET = "redis.sock"
PR_SET_PDEATHSIG = 1

# The end of the pipe is the only order to stop. A Ctrl-C or a manager's SIGTERM goes to the whole group, while the
# app still needs its server to finish the turns that run.
IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Guard:
    """One server, for as long as the process that started the guard is alive."""

    def __init__(self, command: list[str], lock_fd: int) -> None:
        self._command = command
        self._lock_fd = lock_fd
        self._app = os.getppid()
        self._child_ended, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def run(self) -> int:
        """Serve until the app has gone. Gives the server's exit code if it does not stay up."""
        while True:
            started = time.monotonic()
            server = self._start()
            while server.poll() is None:
                if self._app_has_gone(LOOK_SECONDS):
                    return _end(server)
            if self._app_has_gone(0) or time.monotonic() - started < SETTLED_SECONDS:
                return server.returncode

    def _start(self) -> subprocess.Popen[bytes]:
        guard = os.getpid()
        libc = ctypes.CDLL(None) if sys.platform == "linux" else None

        def before_exec() -> None:  # safe: this process has one thread
            for number in IGNORED:
                signal.signal(number, signal.SIG_DFL)
            if libc is not None:
                libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
                if os.getppid() != guard:
                    os._exit(1)

        return subprocess.Popen(  # noqa: S603  # the command is written by embedded.py
            self._command, stdin=subprocess.DEVNULL, pass_fds=(self._lock_fd,), preexec_fn=before_exec
        )

    def _app_has_gone(self, wait: float) -> bool:
        """True when the pipe has ended. A process that inherited its end cannot hide that the app has gone."""
        ready, _, _ = select.select([sys.stdin.fileno(), self._child_ended], [], [], wait)
        if self._child_ended in ready:
            os.read(self._child_ended, 512)
        ended = sys.stdin.fileno() in ready and not os.read(sys.stdin.fileno(), 512)
        return ended or os.getppid() != self._app


def _end(server: subprocess.Popen[bytes]) -> int:
    server.terminate()
    try:
        server.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    return 0


def remove_socket_folder(folder: Path) -> None:
    """Remove the socket and then the folder, if that is a folder of ours with nothing else in it."""
    with suppress(OSError):
        if not folder.is_symlink() and folder.stat().st_uid == os.getuid():
            (folder / SOCKET).unlink(missing_ok=True)
            folder.rmdir()


def main(arguments: list[str]) -> int:
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    lock_fd, folder, command = int(arguments[0]), arguments[1], arguments[2:]
    try:
        return Guard(command, lock_fd).run()
    finally:
        if folder != "-":
            remove_socket_folder(Path(folder))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
