"""Two replicas of the app over the same Redis, ledger, record and keys, each with a data directory of its own."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chat.client import Browser, Page, Server
from tests.support.app import QUICK_APP, RunningApp, running_app
from tests.support.ports import free_port
from tests.support.redis_servers import BINARY, RedisServer
from tests.support.scripted_model import ScriptedModel

CHECKOUT = Path(__file__).resolve().parents[2]


@contextmanager
def shared_parts(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[dict[str, str]]:
    """What replicas have in common, as their environment. Skips if this machine has no `redis-server`."""
    if BINARY is None:
        pytest.skip("no redis-server on PATH")
    shared = folder / "shared"
    shared.mkdir()
    port = free_port()
    with (
        tempfile.TemporaryDirectory(prefix="ultracore-redis-") as files,
        RedisServer(Path(files) / "redis", port),
    ):
        yield {
            "REDIS_URL": f"redis://127.0.0.1:{port}",
            "DATABASE_URL": f"sqlite:///{shared / 'ledger.db'}",
            "ULTRACORE_AUDIT_DATABASE_URL": f"sqlite:///{shared / 'audit.db'}",
            "ULTRACORE_MASTER_KEY_FILE": str(shared / "master.key"),
            "ULTRACORE_AUDIT_KEY_FILE": str(shared / "signing.key"),
            "CHAINLIT_AUTH_SECRET": secrets.token_hex(32),
            "PYTHONPATH": str(CHECKOUT),
            **(environment or {}),
        }


@contextmanager
def running_replicas(
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    number: int = 2,
    argv: tuple[str | Path, ...] = QUICK_APP,
) -> Iterator[list[RunningApp]]:
    """Start them one after another and yield them ready."""
    with ExitStack() as stack:
        common = stack.enter_context(shared_parts(folder, environment))
        apps: list[RunningApp] = []
        for name in range(number):
            place = folder / f"replica-{name}"
            place.mkdir()
            apps.append(stack.enter_context(running_app(place, common, argv=argv)))
        yield apps


@dataclass
class House:
    """Two replicas and their model."""

    apps: list[RunningApp]
    model: ScriptedModel

    def server(self, number: int) -> Server:
        app = self.apps[number]
        return Server(app.url, app.process, app.data_dir)


@asynccontextmanager
async def signed_in(house: House) -> AsyncIterator[tuple[Browser, Browser]]:
    """One login, as each of the replicas sees it."""
    first, second = Browser(house.server(0)), Browser(house.server(1))
    async with first.http, second.http:
        await first.sign_in()
        second.http.cookies.update(first.http.cookies)
        yield first, second


async def thread_of(page: Page) -> str:
    told = await page.until(
        lambda drawn: [data["thread_id"] for name, data in drawn if name == "first_interaction"]
    )
    return str(told[-1])
