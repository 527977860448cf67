"""What the processes of one test run share: files made once, and services started once.

pytest's first process makes a folder and locks a file in it for as long as it lives. Its workers, which xdist
starts, make things in that folder under a lock each. A service belongs to no worker, since any worker may end
first: a process of its own holds it, and ends it once the first process has let go of its lock, even by SIGKILL.

`python -m tests.support.shared_run NAME FOLDER` is that process.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Self

from tests.support.kafka import KafkaBroker, KafkaUnavailable
from tests.support.postgres import PostgresServer, PostgresUnavailable

ROOT = Path(__file__).resolve().parents[2]


class ServiceUnavailable(Exception):
    """This machine cannot run the service. The message says what is missing."""


@contextmanager
def _kafka() -> Iterator[str]:
    with KafkaBroker() as broker:
        yield broker.bootstrap


@contextmanager
def _postgres() -> Iterator[str]:
    with PostgresServer() as server:
        yield str(server.port)


SERVICES: dict[str, Callable[[], AbstractContextManager[str]]] = {"kafka": _kafka, "postgres": _postgres}


class SharedRun:
    """The folder of one run, for its first process (`begin`, `end`) and for its workers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._began = ExitStack()
        self._keepers: list[subprocess.Popen[bytes]] = []

    @classmethod
    def begin(cls) -> Self:
        """A new folder, which lasts until `end`."""
        run = cls(Path(tempfile.mkdtemp(prefix="ultracore-run-")))
        run._began.enter_context(_locked(run.folder / "run"))
        return run

    def end(self) -> None:
        """End the services, wait until they are gone, and remove the folder."""
        self._began.close()
        # A keeper that saw the run end first has removed the folder already.
        with (
            contextlib.suppress(FileNotFoundError),
            _locked(self.folder / "services"),
        ):  # Services share it.
            shutil.rmtree(self.folder, ignore_errors=True)
        for keeper in self._keepers:
            keeper.wait()

    def once(self, name: str, make: Callable[[Path], object]) -> Path:
        """The path that `make` was given by the first who asked; it appears complete or not at all."""
        path, scratch = self.folder / name, self.folder / f"{name}.unfinished"
        with _locked(self.folder / f"{name}.lock"):
            if not path.exists():
                make(scratch)
                scratch.rename(path)
        return path

    def service(self, name: str) -> str:
        """Where the service listens; the first who asks starts it. Raises `ServiceUnavailable`."""
        address = self.once(f"{name}.address", lambda path: self._start(name, path)).read_text()
        if not address:
            raise ServiceUnavailable((self.folder / f"{name}.unavailable").read_text())
        return address

    def _start(self, name: str, address: Path) -> None:
        command = [sys.executable, "-m", "tests.support.shared_run", name, str(self.folder)]
        with (self.folder / f"{name}.log").open("wb") as log:
            keeper = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # An interrupt from the keyboard is for pytest, which then ends it.
            )
        self._keepers.append(keeper)  # A dropped handle of a living child is a warning.
        assert keeper.stdout is not None
        with keeper.stdout as answer:
            address.write_bytes(answer.readline().strip())


@contextmanager
def _locked(path: Path, kind: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Hold a lock on the file, which ends with the process at the latest."""
    with path.open("a") as file:
        fcntl.flock(file, kind)
        yield


def keep(name: str, folder: Path) -> None:
    """Run the service until the process that began the run is gone. Its address is the one line of output."""
    with _locked(folder / "services", fcntl.LOCK_SH), ExitStack() as stack:
        try:
            address = stack.enter_context(SERVICES[name]())
        except (KafkaUnavailable, PostgresUnavailable) as reason:
            (folder / f"{name}.unavailable").write_text(str(reason))
            address = ""
        sys.stdout.write(address)
        sys.stdout.close()
        os.close(1)
        with _locked(folder / "run"):
            pass  # The run's first process has ended it, or was killed.
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    keep(sys.argv[1], Path(sys.argv[2]))
