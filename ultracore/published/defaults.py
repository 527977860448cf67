"""Defaults of the published no-argument constructors (`AnyaAgent()`, `MCPToolExecutor()`).

They build what the container builds, at first use and for as long as the event loop runs. Programs that care about
life-cycles open an `App` themselves.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from ultracore.ai.model import ChatModel
    from ultracore.container import Core

# By event loop, whose connections and locks another cannot use; with the loop its core goes.
_CORES: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[Core]] = WeakKeyDictionary()


async def default_core() -> Core:
    """The bank, the record and the registry of the settings; one an event loop, seeded with the demo world."""
    loop = asyncio.get_running_loop()
    task = _CORES.get(loop)
    # A failed opening is not kept: the next call may find what was missing.
    if task is None or (task.done() and task.exception() is not None):
        task = _CORES[loop] = loop.create_task(_open())
    # Others may wait for the same opening: the one that is cancelled must not end it for them.
    return await asyncio.shield(task)


async def _open() -> Core:
    # Imported when it is called: the container loads every adapter, and itself imports `ultracore.ai`.
    from ultracore.container import open_core
    from ultracore.settings import load_settings

    return await open_core(load_settings())


def default_model(model: str) -> ChatModel:
    """The client of the settings: the real endpoint if one is configured, else the offline model."""
    from ultracore.models import model_of
    from ultracore.settings import load_settings

    return model_of(load_settings(), model)
