"""Fixtures of the conversation: a seeded bank, a record, Redis, and a model that follows a script."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.ai.screen import Desk
from tests.support.scripted_model import ScriptedModel, scripted_model
from tests.support.shared_run import SharedRun
from ultracore.audit.index.defaults import open_index
from ultracore.container import Core, core
from ultracore.settings import Settings

__all__ = ["scripted_model"]


@pytest.fixture(scope="session")
def seeded(shared_run: SharedRun) -> Path:
    """A data directory with the demo world, made once; tests work on copies."""
    return shared_run.once("seeded", lambda path: asyncio.run(_seed(path)))


async def _seed(path: Path) -> None:
    settings = Settings(data_dir=path)
    async with core(settings) as made:
        await (await open_index(settings, made.store)).close()


@pytest.fixture
def settings(seeded: Path, tmp_path: Path) -> Settings:
    """Settings over a fresh copy of the demo world, with much patience for Redis."""
    path = tmp_path / "data"
    shutil.copytree(seeded, path)
    # A test that is not about deadlines must not fail because a core is busy.
    return Settings(data_dir=path, redis_call_seconds=5)


@pytest.fixture
async def opened(settings: Settings) -> AsyncIterator[Core]:
    """Bank, record and tools."""
    async with core(settings) as found:
        yield found


@pytest.fixture
async def desk(settings: Settings, scripted_model: ScriptedModel) -> AsyncIterator[Desk]:
    """The whole conversation runtime with `customer1` signed in, against the scripted model over HTTP."""
    scripted = settings.model_copy(update={"openai_base_url": scripted_model.base_url})
    async with Desk.open(scripted, scripted_model) as found:
        yield found
