"""`ultracore …` in a process of its own, without the seconds that loading the program takes.

A parent has loaded what the commands and the app need but Chainlit, which decides at import where it lives. Each
command is a fork of the parent with its own environment, folder and output. The tests run some hundred commands
and start the app some ninety times; most of that took less time than loading did.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

ULTRACORE = Path(sys.executable).with_name("ultracore")
CLI = "ultracore.cli.main"
MODULES = (
    CLI,
    *("ultracore.cli.audit.commands", "ultracore.cli.bank", "ultracore.cli.serve", "ultracore.cli.users"),
    "ultracore.container",
    "ultracore.audit.verify",
    "ultracore.audit.reports",
    *("aiohttp", "fastapi", "jinja2", "mcp", "openai.resources", "socketio", "uvicorn"),
)
_MOST_BYTES = 1 << 20
_NUMBER_BYTES = 20
_lock = threading.Lock()


class Child:
    """A child as `subprocess.Popen` has them: `pid`, `returncode`, `poll`, `wait`, `send_signal`."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path | None, out: int, err: int) -> None:
        self.args = list(argv)
        self.returncode: int | None = None
        news, teller = os.pipe()
        self._news = os.fdopen(news, "rb", buffering=0)
        module, rest = (CLI, argv[1:]) if argv[0] == str(ULTRACORE) else (argv[2], argv[3:])
        request = json.dumps([module, list(rest), dict(env), str(cwd or Path.cwd())]).encode()
        with os.fdopen(teller, "wb"), _lock:
            socket.send_fds(_parent(), [request], [out, err, teller])
        # It is written once the child leads a group of its own, which is what a killer of groups needs.
        self.pid = int(self._news.read(_NUMBER_BYTES))

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. Raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            if not select.select([self._news], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = int(self._news.read(_NUMBER_BYTES))
            self._news.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the child alone. Does nothing if it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def can_start(argv: Sequence[str]) -> bool:
    """If `argv` is `ultracore …` or `python -m MODULE …` of this interpreter.

    Not `chainlit run …`, which imports Chainlit before anything of ours: that order is what its tests are about.
    """
    return argv[0] == str(ULTRACORE) or (list(argv[:2]) == [sys.executable, "-m"] and argv[2] != "chainlit")


def run(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path | None = None, seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run what `can_start` can start, as `subprocess.run` does. Raises `subprocess.TimeoutExpired`."""
    with TemporaryFile() as out, TemporaryFile() as err:
        child = Child(argv, env, cwd, out.fileno(), err.fileno())
        try:
            code = child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            raise
        return subprocess.CompletedProcess(child.args, code, _text(out), _text(err))


@cache
def _parent() -> socket.socket:
    """The socket to the parent, one for each worker of the test run. It ends when the socket closes."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-m", "tests.support.preloaded", str(theirs.fileno())]
        process = subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd=Path(__file__).parents[2])

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _text(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _serve(commands: socket.socket) -> None:
    """Fork a child for each command until the other end of the socket is closed; tell each exit code."""
    for module in MODULES:
        import_module(module)
    gc.freeze()  # so that no collection in a child copies what it shares with us
    selector = selectors.DefaultSelector()
    selector.register(commands, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is not commands:
                selector.unregister(key.fileobj)
                _tell_end(*key.data)
                continue
            request, descriptors, _, _ = socket.recv_fds(commands, _MOST_BYTES, 3)
            if not request:
                return
            pid = os.fork()
            if pid == 0:
                _close_others(selector)
                module, arguments, environment, folder = json.loads(request)
                _become(environment, folder, descriptors)
                os._exit(_code_of(module, arguments))
            for descriptor in descriptors[:2]:
                os.close(descriptor)
            end = os.pidfd_open(pid)
            selector.register(end, selectors.EVENT_READ, (pid, end, descriptors[2]))


def _close_others(selector: selectors.BaseSelector) -> None:
    for key in selector.get_map().values():
        for descriptor in {key.fd, *(key.data or ())[1:]}:
            os.close(descriptor)
    selector.close()


def _tell_end(pid: int, end: int, teller: int) -> None:
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError):
        os.write(teller, str(os.waitstatus_to_exitcode(status)).ljust(_NUMBER_BYTES).encode())
    os.close(end)
    os.close(teller)


def _become(environment: Mapping[str, str], folder: str, descriptors: Sequence[int]) -> None:
    """Take the place of a child that a test has started."""
    out, err, teller = descriptors
    os.setsid()
    os.write(teller, str(os.getpid()).ljust(_NUMBER_BYTES).encode())
    nothing = os.open(os.devnull, os.O_RDONLY)
    for given, number in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(given, number)
    for number in {nothing, out, err, teller}:
        os.close(number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    atexit._clear()  # the parent's own


def _code_of(module: str, arguments: Sequence[str]) -> int:
    """Run the module as a program; its exit code."""
    sys.argv = [module, *arguments]
    try:
        code: object = _run(module, arguments)
    except SystemExit as leaving:
        code = leaving.code
    # As the interpreter ends, but for taking every module apart, which would take longer than most commands.
    threading._shutdown()  # type: ignore[attr-defined]  # it waits for the threads that a program has started
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


def _run(module: str, arguments: Sequence[str]) -> object:
    if module == CLI:
        return import_module(CLI).main(arguments)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
