"""Where a second proof is wanted, nothing sealed happens: only a call to the bank helps. Reading goes on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ai.screen import Desk, principal
from tests.support.scripted_model import ScriptedModel, call, say
from ultracore.banking.adaptive_access import counts_against
from ultracore.settings import Settings

TRANSFER = {
    "transaction_type": "transfer",
    "amount": "50.00",
    "from_account_id": "acc_1",
    "to_account_id": "City Power",
}
SEALED: list[tuple[str, str, dict[str, Any]]] = [
    ("transfer 50 dollars to City Power", "execute_transaction", TRANSFER),
    ("open a savings account", "open_account", {"kind": "savings"}),
]


async def look_odd(desk: Desk, times: int = 5) -> None:
    """What adds up to a step-up: so many refusals of what is somebody else's in a few minutes."""
    for _ in range(times):
        await desk.app.bank.adaptive.note_denied(desk.who, "access.other_customer")


@pytest.mark.parametrize(("text", "tool", "arguments"), SEALED)
@pytest.mark.parametrize(("times", "reason"), [(5, "access.step_up"), (15, "access.restricted")])
async def test_nothing_sealed_is_proposed(
    desk: Desk, text: str, tool: str, arguments: dict[str, Any], times: int, reason: str
) -> None:
    await look_odd(desk, times)
    desk.model.expect(call(tool, arguments), say("Please call us."))
    screen = await desk.say(text)
    assert screen.cards == []
    assert screen.ended(tool) == ["refused"]
    assert await desk.denials() == [reason]
    told = desk.model.requests[-1].tool_results[-1]["error"]["message"]
    assert "please call us" in told


async def test_a_button_pressed_then_moves_nothing_and_says_to_call(desk: Desk) -> None:
    desk.model.expect(call("execute_transaction", TRANSFER))
    await desk.say("transfer 50 dollars to City Power")
    await look_odd(desk)
    screen = await desk.press(approve=True)
    ((state, sentence),) = screen.closed
    assert state == "not_done"
    assert "please call us" in sentence
    assert await desk.balance() == "2500.00"
    assert await desk.denials() == ["access.step_up"]


async def test_reading_and_what_protects_go_on(desk: Desk) -> None:
    await look_odd(desk)
    desk.model.expect(call("get_account_balance", {"account_id": "acc_1"}), say("There you are."))
    assert (await desk.say("What's my balance?")).ended("get_account_balance") == ["done"]
    desk.model.expect(call("freeze_card", {}), say("Frozen."))
    assert (await desk.say("freeze my card")).ended("freeze_card") == ["done"]


async def test_the_offline_model_says_to_call(settings: Settings) -> None:
    async with Desk.open(settings, ScriptedModel()) as desk:
        await look_odd(desk)
        screen = await desk.say("transfer 50 dollars to City Power")
    assert screen.cards == []
    assert "Please call us" in screen.shown


@pytest.mark.parametrize("code", ["access.step_up", "access.restricted"])
def test_such_a_refusal_is_not_counted_itself(code: str) -> None:
    assert not counts_against(code)
    assert counts_against("access.other_customer")


async def test_another_login_is_untouched(desk: Desk) -> None:
    await look_odd(desk)
    other = await Desk.sign_in(desk.app, desk.model, principal("customer2", "cust_2"))
    decision = await other.app.bank.adaptive.check(other.who, "execute_transaction", None)
    assert decision.allowed
