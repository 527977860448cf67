"""The whole app as a user starts it: `ultracore serve` in a child, and `ultracore …` beside it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import preloaded
from tests.support.deadlines import PATIENCE
from tests.support.environment import without_configuration
from tests.support.ports import free_port
from tests.support.preloaded import ULTRACORE
from tests.support.processes import ManagedProcess

QUICK_APP = (sys.executable, "-m", "tests.support.quick_app")
"""For `argv`: an app whose cards may be decided at once."""


@dataclass
class RunningApp:
    """An app and its data directory. The process may be killed and started again."""

    process: ManagedProcess
    port: int
    data_dir: Path
    environment: Mapping[str, str]

    @property
    def url(self) -> str:
        """Where its page is."""
        return f"http://127.0.0.1:{self.port}"

    def wait_until_ready(self) -> None:
        """Return when all of its parts answer."""
        self.process.wait_for_http(f"{self.url}/ready", status=200, seconds=PATIENCE)

    def command(self, *arguments: str, code: int = 0) -> str:
        """Run `ultracore …` over the same data; its standard output. The exit code must be `code`."""
        done = preloaded.run([str(ULTRACORE), *arguments], env=self.environment, seconds=PATIENCE)
        assert done.returncode == code, f"{arguments} ended with {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """The JSON lines of a command."""
        return [json.loads(line) for line in self.command(*arguments).splitlines()]

    def balance(self, account: str) -> str:
        """What `ultracore bank accounts` says."""
        return next(str(row["balance"]) for row in self.rows("bank", "accounts") if row["account"] == account)

    def conversation(self) -> str:
        """The newest conversation on the record."""
        return self.command("audit", "sessions").split("\t", 1)[0]

    def events(self) -> list[dict[str, Any]]:
        """The newest conversation's events, opened."""
        return self.rows("audit", "export", "--session", self.conversation())


@contextmanager
def running_app(
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    argv: tuple[str | Path, ...] = (),
    port: int | None = None,
) -> Iterator[RunningApp]:
    """Start the app over `folder/data` and yield it ready; ended afterwards, whatever happened."""
    port = port or free_port()
    env = {
        **without_configuration(os.environ),
        "ULTRACORE_DATA_DIR": str(folder / "data"),
        "PORT": str(port),
        "ULTRACORE_REDIS_CALL_SECONDS": "5",  # A busy core is no outage.
        **(environment or {}),
    }
    command = argv or (ULTRACORE, "serve")
    with ManagedProcess(command, log=folder / "app.log", env=env, cwd=folder, preloaded=True) as process:
        app = RunningApp(process, port, folder / "data", env)
        app.wait_until_ready()
        yield app
