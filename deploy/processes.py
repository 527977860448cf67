"""Processes and secrets of a rehearsal: what `production.py` starts, and how it ends."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

STOP_SECONDS = 25.0
"""A replica drains for 20 seconds at most."""


@dataclass
class Part:
    """One process of the installation. `user` is whom root runs it as."""

    name: str
    argv: Sequence[str | Path]
    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    user: str | None = None
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, with its output appended to `NAME.log` and its id in `NAME.pid`."""
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.child = subprocess.Popen(
                [str(one) for one in self.argv],
                env=os.environ | self.env,
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
                cwd="/" if self.user else self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        (self.folder / f"{self.name}.pid").write_text(f"{self.child.pid}\n")

    @property
    def ended(self) -> bool:
        """True when it was started and is gone."""
        return self.child is not None and self.child.poll() is not None

    def stop(self, number: int) -> None:
        """Ask it to end by a signal, and kill it if it does not."""
        if self.child is None or self.ended:
            return
        self.child.send_signal(number)
        try:
            self.child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """The secret in a file that only the owner reads; made if there is none."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(make())
    return path.read_bytes()


def token(folder: Path, name: str) -> str:
    """A password that is made once and kept."""
    return kept(folder / name, lambda: secrets.token_hex(24).encode()).decode()


def run(argv: Sequence[str | Path], *, user: str | None = None, env: dict[str, str] | None = None) -> str:
    """The output of a command that has to succeed. Exits with its words if it does not."""
    done = subprocess.run(
        [str(one) for one in argv],
        env=os.environ | (env or {}),
        user=user,
        group=user,
        extra_groups=[] if user else None,
        cwd="/" if user else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{argv[0]} failed:\n{done.stdout}")
    return done.stdout


def program(name: str, *places: str) -> Path:
    """The path of a program. Exits with the package that has it if this machine lacks it."""
    found = shutil.which(name) or next((one for place in places for one in sorted(Path("/").glob(place))), None)
    if found is None:
        sys.exit(f"{name} is missing; see the packages at the top of production.py.")
    return Path(found)
