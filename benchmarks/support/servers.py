"""The servers that benchmarks compare: ours as users start it, a bare Chainlit app, and the endpoint behind both.

Each is a child process on 127.0.0.1 with a directory of its own, ended with the block that it was started in.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.environment import without_configuration
from tests.support.ports import free_port
from tests.support.processes import ManagedProcess

CHECKOUT = Path(__file__).resolve().parents[2]
ULTRACORE = Path(sys.executable).with_name("ultracore")
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server that may be started. `ready_path` answers 200 once it can be used."""

    name: str
    process: ManagedProcess
    url: str
    ready_path: str

    def wait_until_ready(self) -> None:
        """Return when it can be used. Raises `ProcessFailed`."""
        self.process.wait_for_http(f"{self.url}{self.ready_path}", seconds=START_SECONDS)

    @contextmanager
    def running(self) -> Iterator[Server]:
        """Start it; ended with the block."""
        with self.process:
            self.wait_until_ready()
            yield self


def ours(folder: Path, environment: Mapping[str, str] | None = None) -> Server:
    """`ultracore serve` over the data directory `folder/data`, with the message limit out of the way."""
    port = free_port()
    env = _environment(folder) | {
        "ULTRACORE_DATA_DIR": str(folder / "data"),
        "ULTRACORE_MESSAGES_PER_MINUTE": "100000",
        "PORT": str(port),
        **(environment or {}),
    }
    process = ManagedProcess([ULTRACORE, "serve"], log=folder / "ours.log", env=env, cwd=folder)
    return Server("ours", process, f"http://127.0.0.1:{port}", "/ready")


def bare(folder: Path, environment: Mapping[str, str] | None = None) -> Server:
    """`chainlit run bare_app.py` with Chainlit's default configuration."""
    port = free_port()
    env = _environment(folder) | {
        "OPENAI_API_KEY": "unused",
        # Chainlit writes its configuration there, which must not end up in the checkout.
        "CHAINLIT_APP_ROOT": str(folder),
        "CHAINLIT_AUTH_SECRET": "a secret of this benchmark only, 32 bytes",
        **(environment or {}),
    }
    app = Path(__file__).with_name("bare_app.py")
    argv = [sys.executable, "-m", "chainlit", "run", str(app), "--headless", "--port", str(port)]
    process = ManagedProcess(argv, log=folder / "bare.log", env=env, cwd=folder)
    return Server("bare Chainlit", process, f"http://127.0.0.1:{port}", "/auth/config")


@contextmanager
def scripted_endpoint(tokens: int) -> Iterator[str]:
    """An OpenAI-compatible endpoint that says `tokens` tokens to every client; yields its base URL."""
    argv = [sys.executable, "-m", "tests.support.scripted_model", "--tokens", str(tokens)]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT, env=dict(os.environ)
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            yield child.stdout.readline().strip()
        finally:
            child.stdin.close()  # that ends it


def _environment(folder: Path) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    return without_configuration(os.environ)
