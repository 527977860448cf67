"""Fixtures of the conversation: a seeded bank, a record, Redis, and a model that follows a script."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.ai.screen import Desk
from tests.support.scripted_model import ScriptedModel, scripted_model
from ultracore.container import Core, core
from ultracore.settings import Settings

__all__ = ["scripted_model"]


@pytest.fixture
def settings(seeded_data: Path, tmp_path: Path) -> Settings:
    """Settings over a fresh copy of the demo world, with much patience for Redis."""
    path = tmp_path / "data"
    shutil.copytree(seeded_data, path)
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
