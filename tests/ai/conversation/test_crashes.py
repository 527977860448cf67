"""The operator pulls the plug between approval and outcome: asked of the ledger afterwards, done once, told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.ai.screen import Desk, principal
from tests.support import preloaded
from tests.support.deadlines import PATIENCE
from tests.support.environment import without_configuration
from tests.support.scripted_model import ScriptedModel, call
from ultracore.container import App, open_app
from ultracore.settings import Settings

TRANSFER = {
    "transaction_type": "transfer",
    "amount": "50.00",
    "from_account_id": "acc_1",
    "to_account_id": "City Power",
}
POINTS = [
    ("before the approval is recorded", "2500.00", None, "was not made"),
    ("before the entry", "2500.00", "failure", "was not made"),
    ("before the outcome", "2450.00", "success", "Receipt"),
]


@pytest.mark.parametrize(("point", "balance", "resolved", "told"), POINTS)
async def test_a_killed_app_leaves_one_truth(
    settings: Settings,
    scripted_model: ScriptedModel,
    point: str,
    balance: str,
    resolved: str | None,
    told: str,
) -> None:
    scripted_model.expect(call("execute_transaction", TRANSFER))
    conversation = _crash(settings.data_path, scripted_model.base_url, point)
    async with open_app(settings) as app:
        store = await app.trail.store()
        assert await store.open_intents() == []
        await _assert_resolved(app, conversation, resolved)
        desk = await Desk.sign_in(app, scripted_model, principal())
        assert await desk.balance() == balance
        assert [notice for notice in desk.notices if told in notice]
    async with open_app(settings) as app:
        await _assert_resolved(app, conversation, resolved)
        desk = await Desk.sign_in(app, scripted_model, principal())
        assert await desk.balance() == balance
        assert desk.notices == ()
        available = await app.bank.accounts.get("tenant_1", "cust_1", "acc_1")
        assert str(available.available) == balance


def _crash(data: Path, base_url: str, point: str) -> str:
    command = [sys.executable, "-m", "tests.ai.crash_worker", str(data), base_url, point]
    done = preloaded.run(command, env=without_configuration(os.environ), seconds=PATIENCE)
    assert done.returncode == -9, done.stderr
    return done.stdout.strip()


async def _assert_resolved(app: App, conversation: str, resolved: str | None) -> None:
    events = await (await app.trail.store()).events(conversation)
    found = [event.result for event in events if event.event_type.value == "outcome_resolved"]
    assert found == ([] if resolved is None else [resolved])
