"""A card that is open while the person changes their mind: the corrected transfer takes its place."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.ai.screen import Desk
from tests.support.scripted_model import ScriptedModel, call, say, together
from ultracore.settings import Settings

TRANSFER = {
    "tenant_id": "tenant_1",
    "transaction_type": "transfer",
    "amount": 50,
    "from_account_id": "acc_1",
    "to_account_id": "City Power",
}


@pytest.fixture
async def offline(settings: Settings) -> AsyncIterator[Desk]:
    """`customer1` at a desk where the offline model answers."""
    async with Desk.open(settings, ScriptedModel()) as found:
        yield found


@pytest.mark.parametrize(
    ("correction", "line", "value"),
    [
        ("no, from savings", "From", "Savings"),
        ("sorry, make it 60", "Amount", "AUD 60.00"),
        ("actually to my flatmate", "Pay to", "Flatmate"),
    ],
)
async def test_a_correction_shows_a_new_card_and_the_old_one_is_dead(
    offline: Desk, correction: str, line: str, value: str
) -> None:
    first = await offline.say("transfer 50 dollars to City Power")
    old = first.cards[0].approval_id
    screen = await offline.say(correction)
    (card,) = screen.cards
    assert value in dict(card.lines)[line]
    marked = [label for label, text in card.lines if "(changed, was" in text]
    assert line in marked and "Balance after" not in marked
    assert [state for state, _ in first.closed] == ["void"]
    await offline.press(approve=True, approval_id=old)
    assert (await offline.balance(), await offline.balance("acc_2")) == ("2500.00", "10000.00")
    await offline.press(approve=True, approval_id=card.approval_id)
    assert (await offline.types()).count("approval_given") == 1


async def test_the_record_says_that_the_card_was_corrected(offline: Desk) -> None:
    await offline.say("transfer 50 dollars to City Power")
    await offline.say("no, from savings")
    declined = [event for event in await offline.record() if event.event_type.value == "approval_declined"]
    assert [(event.metadata or {})["reason"] for event in declined] == ["approval.corrected"]
    types = await offline.types()
    assert types.index("approval_declined") < len(types) - types[::-1].index("approval_requested")


@pytest.mark.parametrize(
    "other",
    [
        TRANSFER,
        {**TRANSFER, "amount": 60, "from_account_id": "acc_2", "to_account_id": "Flatmate"},
    ],
)
async def test_the_same_or_quite_another_transfer_leaves_the_card_alone(
    desk: Desk, other: dict[str, object]
) -> None:
    desk.model.expect(call("execute_transaction", TRANSFER))
    first = await desk.say("transfer 50 dollars to City Power")
    desk.model.expect(call("execute_transaction", other), say("A card is open already."))
    await desk.say("transfer again please")
    assert await desk.denials() == ["approval.already_open"]
    assert first.closed == []


async def test_a_model_cannot_correct_its_own_card_in_one_turn(desk: Desk) -> None:
    desk.model.expect(
        together(call("execute_transaction", TRANSFER), call("execute_transaction", {**TRANSFER, "amount": 60}))
    )
    screen = await desk.say("transfer 50 dollars to City Power")
    assert len(screen.cards) == 1
    assert await desk.denials() == ["approval.already_open"]
