"""Actions in a conversation: a card, a button, one effect, and one truth after a crash."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ai.screen import Desk, principal
from tests.banking.support import change_rows
from tests.support import preloaded
from tests.support.deadlines import PATIENCE
from tests.support.environment import without_configuration
from tests.support.scripted_model import ScriptedModel, call, say
from ultracore.banking.store import Database
from ultracore.container import App, open_app
from ultracore.settings import Settings

PAYEE = {"name": "Gas Co", "bsb": "733-110", "account_number": "55512345"}
ASK = "add a payee for my payments: Gas Co, BSB 733-110, account 55512345"


async def saved(app: App) -> list[str]:
    payees = await app.bank.payees.of_customer("tenant_1", "cust_1")
    return [payee.name for payee in payees if payee.name == "Gas Co"]


async def ask(desk: Desk) -> Any:
    desk.model.expect(call("add_payee", PAYEE))
    return await desk.say(ASK)


async def test_an_action_happens_when_its_button_is_pressed_and_only_once(desk: Desk) -> None:
    screen = await ask(desk)
    card = screen.cards[0]
    assert "payee" in card.title.lower()
    assert [value for _, value in card.lines if "Gas Co" in value]
    assert "55512345" in str(card.lines)
    assert screen.ended("add_payee") == ["waiting"]
    assert await saved(desk.app) == []
    await desk.press(approve=True)
    assert [state for state, _ in screen.closed] == ["done"]
    assert await saved(desk.app) == ["Gas Co"]
    await desk.press(approve=True)
    assert await saved(desk.app) == ["Gas Co"]
    assert (await desk.types())[4:] == [
        "tool_requested",
        "tool_decided:needs_approval",
        "approval_requested",
        "approval_given",
        "tool_decided:allowed",
        "tool_executed",
        "assistant_message",
        "tool_decided:denied",
        "assistant_message",
    ]
    executed = next(event for event in await desk.record() if event.event_type.value == "tool_executed")
    assert executed.result == "success"
    assert "entry" not in (executed.metadata or {})


async def test_a_declined_action_is_not_called_a_transfer(desk: Desk) -> None:
    screen = await ask(desk)
    await desk.press(approve=False)
    assert screen.closed == [("declined", "You declined this request. Nothing was changed.")]
    assert await saved(desk.app) == []


async def test_stop_withdraws_an_action(desk: Desk) -> None:
    screen = await ask(desk)
    await desk.app.desk.stop(desk.who.login_id, desk.conversation_id)
    assert [state for state, _ in screen.closed] == ["void"]
    await desk.press(approve=True)
    assert await saved(desk.app) == []


async def test_a_typed_yes_approves_no_action(desk: Desk) -> None:
    await ask(desk)
    desk.model.expect(call("add_payee", PAYEE), say("Please use the button."))
    await desk.say("yes, approve the payee payment")
    assert await desk.denials() == ["approval.already_open"]
    assert await saved(desk.app) == []


async def test_an_action_that_no_longer_stands_is_refused_at_the_press(desk: Desk) -> None:
    screen = await ask(desk)
    other = await Desk.sign_in(desk.app, desk.model, principal())
    await ask(other)
    await other.press(approve=True)
    await desk.press(approve=True)
    assert [state for state, _ in screen.closed] == ["void"]
    assert await saved(desk.app) == ["Gas Co"]
    assert "approval.void" in await desk.denials()


async def test_an_altered_row_is_refused_at_the_press_and_recorded(desk: Desk) -> None:
    screen = await ask(desk)
    await _alter(desk.app.bank.database)
    await desk.press(approve=True)
    assert [state for state, _ in screen.closed] == ["void"]
    assert await saved(desk.app) == []
    assert "approval.void" in await desk.denials()


async def _alter(database: Database) -> None:
    await change_rows(database, "UPDATE proposals SET terms = replace(terms, '55512345', '66612345')")


POINTS = [
    ("before the approval is recorded", 0, None, "was not done"),
    ("before the entry", 0, "failure", "was not done"),
    ("before the outcome", 1, "success", "Gas Co"),
]


@pytest.mark.parametrize(("point", "payees", "resolved", "told"), POINTS)
async def test_a_killed_app_leaves_one_truth_about_an_action(
    settings: Settings, scripted_model: ScriptedModel, point: str, payees: int, resolved: str | None, told: str
) -> None:
    scripted_model.expect(call("add_payee", PAYEE))
    conversation = _crash(settings.data_path, scripted_model.base_url, point)
    for start in range(2):
        async with open_app(settings) as app:
            store = await app.trail.store()
            assert await store.open_intents() == []
            events = await store.events(conversation)
            found = [event.result for event in events if event.event_type.value == "outcome_resolved"]
            assert found == ([] if resolved is None else [resolved])
            assert len(await saved(app)) == payees
            desk = await Desk.sign_in(app, scripted_model, principal())
            assert len([notice for notice in desk.notices if told in notice]) == (1 if start == 0 else 0)
            assert not [notice for notice in desk.notices if "transfer" in notice]


def _crash(data: Path, base_url: str, point: str) -> str:
    command = [sys.executable, "-m", "tests.ai.crash_worker", str(data), base_url, point, ASK]
    done = preloaded.run(command, env=without_configuration(os.environ), seconds=PATIENCE)
    assert done.returncode == -9, done.stderr
    return done.stdout.strip()
