"""Children of the test run: started with a log file, waited for with a deadline, always reaped.

A `ManagedProcess` leads a process group of its own. Beside it runs a guard (`sh` that reads from a pipe which this
process holds open): where the test run dies without cleaning up, even by SIGKILL, the pipe closes and the guard
kills the group. So no server outlives the tests.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.deadlines import PATIENCE
from tests.support.preloaded import Child, can_start

POLL_SECONDS = 0.02


class ProcessFailed(AssertionError):
    """The child ended, or did not do what was waited for in time. The message carries the end of its log."""


def wait_until(condition: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Return as soon as `condition()` is true; raise `ProcessFailed` naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise ProcessFailed(f"waited {seconds:g} s in vain for {what}")
        time.sleep(POLL_SECONDS)


def http_status(url: str, *, seconds: float = 2.0) -> int | None:
    """The status that a GET of a loopback `url` answers with; None where nobody answers in time."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:  # noqa: S310 - loopback addresses of our children
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return None


class ManagedProcess:
    """One child and its group. Use as a context manager, or call `start()` and later `kill()` or `stop()`."""

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        preloaded: bool = False,
    ) -> None:
        """`env` replaces the whole environment if given. Both output streams are appended to the file `log`.

        If `preloaded`, a program of ours starts as a fork of a process that has loaded it. Not for what measures a
        start or a server: those have to be as a user starts them.
        """
        self.argv = [str(part) for part in argv]
        self.log = log
        self._env = dict(env) if env is not None else None
        self._cwd = cwd
        self._preloaded = preloaded
        self._child: Child | subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start the child; may be called again after it has ended."""
        if self.running:
            raise ProcessFailed(f"{self.argv[0]} is running already.")
        self._release()  # A child that ended by itself has left its guard.
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._child = self._start(output.fileno())
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", 'read _; kill -s KILL -- "-$1"', "guard", str(self._child.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return self

    def _start(self, output: int) -> Child | subprocess.Popen[bytes]:
        if self._preloaded and can_start(self.argv):
            return Child(self.argv, os.environ if self._env is None else self._env, self._cwd, output, output)
        return subprocess.Popen(
            self.argv,
            env=self._env,
            cwd=self._cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Process id, which is the id of the group too."""
        return self._started().pid

    @property
    def running(self) -> bool:
        """True while the child has been started and has not ended."""
        return self._child is not None and self._child.poll() is None

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while running."""
        return self._started().poll()

    def output(self) -> str:
        """All that the child has written so far."""
        return self.log.read_text("utf-8", errors="replace") if self.log.exists() else ""

    def wait_for_line(self, pattern: str, *, seconds: float = PATIENCE) -> re.Match[str]:
        """The first match of `pattern` in the output, waited for as `wait_until` does."""
        self.wait_until(
            lambda: self._search(pattern) is not None, seconds=seconds, what=f"output like {pattern!r}"
        )
        found = self._search(pattern)
        assert found is not None
        return found

    def wait_for_http(self, url: str, *, status: int = 200, seconds: float = PATIENCE) -> None:
        """Return once a GET of `url` answers with `status`, waited for as `wait_until` does."""
        self.wait_until(lambda: http_status(url) == status, seconds=seconds, what=f"{url} to answer {status}")

    def wait_until(self, condition: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Return once `condition()` is true. Raises `ProcessFailed` at the deadline, or when the child ends."""

        def met() -> bool:
            alive = self.running  # Asked first: what a child did just before its end still counts.
            done = condition()
            if not (done or alive):
                raise ProcessFailed(f"it ended, in vain waited for {what}")
            return done

        try:
            wait_until(met, seconds=seconds, what=what)
        except ProcessFailed as error:
            raise ProcessFailed(self._report(str(error))) from None

    def wait(self, *, seconds: float = PATIENCE) -> int:
        """The exit code, once the child has ended by itself."""
        try:
            code = self._started().wait(seconds)
        except subprocess.TimeoutExpired:
            raise ProcessFailed(self._report(f"waited {seconds:g} s in vain for its end")) from None
        self._release()
        return code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the child alone. Does nothing where it has ended."""
        self._started().send_signal(number)

    def pause(self) -> None:
        """SIGSTOP, and return when none of its threads runs any more: the kernel stops them one by one."""
        self.signal(signal.SIGSTOP)
        self.wait_until(lambda: _stands_still(self.pid), seconds=PATIENCE, what="the child to stand still")

    def stop(self, *, seconds: float = 20.0) -> int:
        """SIGTERM, then SIGKILL for the group after `seconds`; the exit code. Harmless where it has ended."""
        if self.running:
            self.signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._started().wait(seconds)
        return self.kill()

    def kill(self) -> int:
        """SIGKILL for the whole group, and reap it; the exit code. Harmless where it has ended."""
        child = self._started()
        if not self._released:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        code = child.wait()
        self._release()
        return code

    def __enter__(self) -> Self:
        return self if self.running else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _released(self) -> bool:
        return self._guard is None

    def _release(self) -> None:
        """End the guard, by a signal, so that it never acts on a group id that somebody else may have by now."""
        if self._guard is not None:
            self._guard.kill()
            self._guard.communicate()
            self._guard = None

    def _started(self) -> Child | subprocess.Popen[bytes]:
        if self._child is None:
            raise ProcessFailed(f"{self.argv[0]} has not been started.")
        return self._child

    def _search(self, pattern: str) -> re.Match[str] | None:
        return re.search(pattern, self.output(), re.MULTILINE)

    def _report(self, what: str) -> str:
        return f"{Path(self.argv[0]).name}: {what}. The end of its output:\n{self.output()[-4000:]}"


def _stands_still(pid: int) -> bool:
    """True if every thread is stopped or gone."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            if (thread / "stat").read_text().rpartition(")")[2].split()[0] not in ("T", "t", "Z", "X"):
                return False
    return True
