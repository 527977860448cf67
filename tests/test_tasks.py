"""Owned tasks go on when what waits for them is cancelled, and end by their own end or by `cancel` alone."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.deadlines import PATIENCE
from ultracore.errors import Unavailable
from ultracore.tasks import OwnedTasks, RepeatedTask


async def test_the_work_goes_on_when_the_waiting_is_cancelled() -> None:
    tasks, begun, may_end, ended = OwnedTasks(), asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await may_end.wait()
        ended.set()

    waiting = asyncio.create_task(tasks.run(work()))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not ended.is_set()
    may_end.set()
    assert await tasks.drain(1.0) == 0
    assert ended.is_set()


async def test_what_is_unfinished_is_counted_and_cancelling_gives_it_time_to_put_things_right() -> None:
    tasks, begun, put_right = OwnedTasks(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            put_right.set()

    tasks.start(work())
    await begun.wait()
    assert await tasks.drain(0.0) == 1
    assert await tasks.cancel(1.0) == 0
    assert put_right.is_set()


async def test_what_is_repeated_goes_on_after_an_outage_and_ends_with_its_stop() -> None:
    pauses, last = iter((None, 0.0, 0.0, PATIENCE)), asyncio.Event()

    async def work() -> float:
        pause = next(pauses)
        if pause is None:
            raise Unavailable("away", code="ledger.unavailable")
        if pause:
            last.set()
        return pause

    task = RepeatedTask("work", work, retry=0.0)
    task.start()
    await asyncio.wait_for(last.wait(), PATIENCE)
    await task.stop()
    assert not [one for one in asyncio.all_tasks() if one.get_name() == "work"]
