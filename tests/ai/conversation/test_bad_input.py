"""Bad input, typed to the offline model over the real bank: a sentence with the next step, no change of state."""

from __future__ import annotations

import pytest

from tests.ai.screen import Desk, principal
from tests.support.bank_talk import BankTalk
from tests.support.scripted_model import call
from ultracore.ai.agents import Receptionist
from ultracore.ai.routing import Router
from ultracore.ai.sentences import NOT_YOURS
from ultracore.container import Core
from ultracore.errors import InvalidInput
from ultracore.offline_model import wording

ASKED = "How much should I send to City Power?"
TYPED = [
    ("transfer 1.2.3 to City Power", ASKED, []),
    ("transfer fifty-ish to City Power", ASKED, []),
    ("pay City Power 50ish dollars", ASKED, []),
    ("pay uncle bob 50 dollars", "Whom should I pay?", []),
    ("transfer 10 dollars to City Power on 31 February", wording.NOT_LATER, []),
    ("pay City Power $10 on the 5th of March", wording.NOT_LATER, []),
    ("send $5000 to flatmate", "You can send a smaller amount", ["funds.insufficient"]),
    ("show my transactions from 31 February 2026", "ends on the 28th", ["arguments.invalid"]),
]


@pytest.mark.parametrize(("text", "told", "refused"), TYPED)
async def test_bad_input_is_answered_with_the_next_step_and_no_card(
    opened: Core, text: str, told: str, refused: list[str]
) -> None:
    talk = BankTalk(opened, principal(), Receptionist(Router.load()))
    answer = await talk.say(text, "Payments")
    assert told in answer
    assert talk.refusals == refused
    assert all(outcome.card is None for _, outcome in talk.outcomes)


async def test_a_payment_now_that_has_a_number_in_its_purpose_is_still_prepared(opened: Core) -> None:
    talk = BankTalk(opened, principal(), Receptionist(Router.load()))
    await talk.say("transfer fifty dollars to City Power for bill 31", "Payments")
    assert [outcome.card is not None for _, outcome in talk.outcomes][-1:] == [True]


TRANSFER = {
    "transaction_type": "transfer",
    "amount": "50",
    "from_account_id": "acc_1",
    "to_account_id": "City Power",
}


async def test_somebody_elses_conversation_can_be_neither_read_nor_written_nor_decided(desk: Desk) -> None:
    desk.model.expect(call("execute_transaction", TRANSFER))
    card = (await desk.say("transfer 50 dollars to City Power")).cards[0]
    before = await desk.types()
    thief = await Desk.sign_in(desk.app, desk.model, principal("customer2", "cust_2"))
    thief.conversation_id = desk.conversation_id
    assert (await thief.say("What's my balance?")).messages == [("notice", NOT_YOURS)]
    screen = await thief.press(approve=True, approval_id=card.approval_id)
    assert screen.messages == [("notice", NOT_YOURS)] * 2
    assert (screen.cards, screen.closed) == ([], [])
    with pytest.raises(InvalidInput, match="not this person's"):
        await desk.app.desk.resume(thief.who.login_id, desk.conversation_id, thief.screen)
    assert await desk.types() == before
    assert len(desk.model.requests) == 1
    assert await desk.balance() == "2500.00"
