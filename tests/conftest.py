"""Fixtures of the whole suite. Each test starts from an environment that configures nothing."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import kinds, strict_ci
from tests.support.deadlines import PATIENCE
from tests.support.environment import clear_configuration, restored_environment
from tests.support.kafka import KafkaBroker, KafkaUnavailable
from tests.support.ports import free_port as ask_for_free_port
from tests.support.postgres import PostgresAddress, PostgresServer, PostgresUnavailable
from tests.support.shared_run import ServiceUnavailable, SharedRun
from ultracore.zone import USUAL, use_time_zone

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

# A machine may ask Python to keep no compiled modules. Then each of some hundred children that the tests start
# would compile the whole program again, and each worker every test module.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Before any test module is imported: an import must not see them either.
GIVEN = clear_configuration()
RUN = pytest.StashKey[SharedRun]()
KAFKA = pytest.StashKey[str | None]()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two workers a core: most tests wait for a server, a browser or a broker for longer than they compute."""
    return 2 * (os.cpu_count() or 1)


def pytest_configure(config: pytest.Config) -> None:
    """In CI a skipped test is a failure. The processes of a run share a folder."""
    if os.environ.get("CI") == "true":
        config.pluginmanager.register(strict_ci, "strict-ci")
    for kind, what in kinds.KINDS.items():
        config.addinivalue_line("markers", f"{kind}: {what}")
    told: dict[str, str] | None = getattr(config, "workerinput", None)
    config.stash[KAFKA] = GIVEN.get("KAFKA_BOOTSTRAP_SERVERS") if told is None else told["kafka"] or None
    if told is not None:
        config.stash[RUN] = SharedRun(Path(told["folder"]))
        return
    config.stash[RUN] = run = SharedRun.begin()
    config.add_cleanup(run.end)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by what it needs, so that `make quick` can leave the slow kinds out."""
    kinds.mark(items)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of xdist what it shares with the others: it starts from our emptied environment."""
    node.workerinput |= {"folder": str(node.config.stash[RUN].folder), "kafka": node.config.stash[KAFKA] or ""}


@pytest.fixture(scope="session")
def shared_run(pytestconfig: pytest.Config) -> SharedRun:
    """What is made once in a run, however many workers it has."""
    return pytestconfig.stash[RUN]


@pytest.fixture(scope="session")
def seeded_data(shared_run: SharedRun) -> Path:
    """A data directory with the demo world and an index, made once; tests work on copies."""
    return shared_run.once("seeded", lambda path: asyncio.run(_seed(path)))


async def _seed(path: Path) -> None:
    # Imported here: most test files need no whole program.
    from ultracore.audit.index.defaults import open_index
    from ultracore.container import core
    from ultracore.settings import Settings

    settings = Settings(data_dir=path)
    async with core(settings) as made:
        await (await open_index(settings, made.store)).close()


@pytest.fixture(autouse=True)
def clean_environment() -> Iterator[None]:
    """No variable that a test sets, or has the program set, reaches the next one, and no time zone."""
    with restored_environment():
        yield
    use_time_zone(USUAL)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """An empty data directory for the program."""
    path = tmp_path / "data"
    path.mkdir()
    return path


@pytest.fixture
def free_port() -> int:
    """A loopback port that was free a moment ago."""
    return ask_for_free_port()


@pytest.fixture(scope="session")
def kafka_bootstrap(pytestconfig: pytest.Config, shared_run: SharedRun) -> str:
    """The Kafka that the run shares: `KAFKA_BOOTSTRAP_SERVERS` if set, else a broker of our own, else a skip.

    Topics of other tests are there: use topic names of your own.
    """
    return pytestconfig.stash[KAFKA] or _service(shared_run, "kafka")


@pytest.fixture
def kafka_broker() -> Iterator[KafkaBroker]:
    """A broker for this test alone, which it may stop, kill, pause and restart."""
    with _broker() as broker:
        yield broker


@pytest.fixture(scope="session")
def postgres(shared_run: SharedRun) -> PostgresAddress:
    """The PostgreSQL that the run shares, a database for each test; a skip if this machine has none."""
    return PostgresAddress(int(_service(shared_run, "postgres")))


@pytest.fixture
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL for this test alone, which it may stop, kill, pause and restart."""
    with _postgres() as server:
        yield server


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium for this test alone; a skip where this machine has none."""
    # Imported here, so that a run without browser tests does not load Playwright.
    from tests.support.browser import BrowserUnavailable, open_browser

    try:
        async with open_browser() as opened:
            yield opened
    except BrowserUnavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
async def page(browser: Browser) -> Page:
    """One empty page with cookies of its own, 1280 by 900, which is patient."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE * 1000)
    return await context.new_page()


def _service(run: SharedRun, name: str) -> str:
    try:
        return run.service(name)
    except ServiceUnavailable as reason:
        pytest.skip(str(reason))


def _postgres() -> PostgresServer:
    try:
        return PostgresServer()
    except PostgresUnavailable as reason:
        pytest.skip(str(reason))


def _broker() -> KafkaBroker:
    try:
        return KafkaBroker()
    except KafkaUnavailable as reason:
        pytest.skip(str(reason))
