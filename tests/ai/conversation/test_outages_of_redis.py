"""What a failure of Redis costs a customer: it is stopped and killed as a process, and comes back by itself."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.ai.conversation.test_outages import ASK, PAY, TRANSFER, available, card, inbound
from tests.ai.screen import BROWSER, Desk, Screen
from tests.audit.people import eventually
from tests.support.deadlines import PATIENCE, gives_up
from tests.support.scripted_model import ScriptedModel, call, say, together
from ultracore.audit import AuditEventType
from ultracore.cache.client import CALL_SECONDS
from ultracore.errors import CacheUnavailable
from ultracore.settings import Settings


@pytest.fixture
async def prompt(settings: Settings, scripted_model: ScriptedModel) -> AsyncIterator[Desk]:
    """A desk that waits for Redis as long as the program does by default."""
    usual = Settings(data_dir=settings.data_dir, openai_base_url=scripted_model.base_url)
    async with Desk.open(usual, scripted_model) as found:
        yield found


def redis_pid(settings: Settings) -> int:
    return int((settings.data_path / "redis" / "redis.pid").read_text())


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """A process that keeps its connections and answers nothing."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_a_hung_redis_gives_an_honest_error_and_moves_no_money(prompt: Desk) -> None:
    await card(prompt)
    with frozen(redis_pid(prompt.app.settings)):
        async with gives_up(within=20):
            told = (await prompt.press(approve=True)).messages[-1]
        screen = Screen()
        async with gives_up(within=20):
            await prompt.app.desk.message(inbound(prompt, ASK), screen)
        for kind, text in (told, screen.messages[-1]):
            assert kind == "error"
            assert text.startswith("One moment please") and "Ref " in text
        assert (await prompt.balance(), await available(prompt)) == ("2500.00", "2500.00")
        await prompt.app.trail.log_event(AuditEventType.SYSTEM_CONFIG_CHANGED, "tenant_1", "the record goes on")
        health = await prompt.app.health()
        assert health["audit"] == "ok"
        assert health["redis"] != "ok"
    assert (await prompt.press(approve=True)).closed[-1][0] == "done"
    assert await prompt.balance() == "2450.00"
    prompt.model.expect(say("Here I am."))
    assert (await prompt.say("What's my balance?")).answers == ["Here I am."]


async def test_nobody_begins_a_conversation_while_redis_hangs(prompt: Desk) -> None:
    with frozen(redis_pid(prompt.app.settings)):
        with pytest.raises(CacheUnavailable):
            async with gives_up(within=20):
                await prompt.app.desk.begin(prompt.who.login_id, BROWSER)
    assert (await prompt.app.desk.begin(prompt.who.login_id, BROWSER)).conversation_id


async def test_a_turn_that_loses_redis_has_no_authority_left_and_says_so_on_the_record(prompt: Desk) -> None:
    prompt.model.expect(
        together(say("Let me see. ", pieces=4, delay=0.1), call("execute_transaction", TRANSFER)),
        say("I could not do that."),
    )
    turn = asyncio.create_task(prompt.say(PAY))
    await asyncio.to_thread(prompt.model.wait_for_requests, 1)
    with frozen(redis_pid(prompt.app.settings)):
        async with gives_up(within=30):
            screen = await turn
    assert screen.cards == []
    assert screen.ended("execute_transaction") == ["failed"]
    assert await prompt.denials() == ["cache.timeout"]
    assert (await prompt.balance(), await available(prompt)) == ("2500.00", "2500.00")
    await card(prompt)


async def test_a_desk_that_may_wait_longer_waits_for_a_slow_redis(desk: Desk) -> None:
    desk.model.expect(say("Here I am."))
    with frozen(redis_pid(desk.app.settings)):
        turn = asyncio.create_task(desk.say(ASK))
        await asyncio.sleep(2 * CALL_SECONDS)
        assert not turn.done()
    assert (await turn).answers == ["Here I am."]


async def test_a_killed_redis_comes_back_and_nobody_is_signed_out(desk: Desk) -> None:
    desk.model.expect(say("One."))
    await desk.say(ASK)
    await asyncio.sleep(1.2)  # the server's file is on disk every second, and a guard restarts what ran for one
    old = redis_pid(desk.app.settings)
    os.kill(old, signal.SIGKILL)
    await asyncio.to_thread(_until, lambda: _pid_or(desk.app.settings, old) != old)
    await eventually(lambda: _redis_answers(desk))
    desk.model.expect(say("Two."))
    assert (await desk.say(ASK)).answers == ["Two."]


def _pid_or(settings: Settings, otherwise: int) -> int:
    try:
        return redis_pid(settings)
    except (FileNotFoundError, ValueError):
        return otherwise


async def _redis_answers(desk: Desk) -> bool:
    return (await desk.app.health())["redis"] == "ok"


def _until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
