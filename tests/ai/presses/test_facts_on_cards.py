"""What a card says besides what was asked: the ledger's facts, and that an amount was not asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from tests.ai.screen import Desk
from tests.support.scripted_model import ScriptedModel
from tests.support.scripted_steps import call, say
from ultracore.ai.answers import amounts_said
from ultracore.settings import Settings


@pytest.fixture
async def offline(settings: Settings) -> AsyncIterator[Desk]:
    async with Desk.open(settings, ScriptedModel()) as found:
        yield found


async def card(desk: Desk, text: str) -> dict[str, str]:
    """The lines of the card that a message leads to."""
    return dict((await desk.say(text)).cards[-1].lines)


async def test_a_new_payee_is_told_as_such_and_the_same_amount_again(offline: Desk) -> None:
    await offline.say("add a payee Sam Lee bsb 062-000 account 12345678")
    await offline.press(approve=True)
    lines = await card(offline, "pay sam lee 20")
    assert lines["Payee history"] == "First payment to this payee"
    assert lines["Payee added"] == "Today"
    await offline.press(approve=True)
    lines = await card(offline, "pay sam lee 20")
    assert lines["Payee history"] == "The same amount went there 1 minute ago"


async def test_more_than_ever_and_what_is_left_until_the_next_pay_are_on_the_card(offline: Desk) -> None:
    lines = await card(offline, "pay city power 2450")
    assert lines["Payee history"].startswith("More than ever before to this payee; the most was AUD ")
    assert lines["Until your next pay"].startswith("Leaves AUD 50.00; pay is expected on ")


async def test_an_ordinary_payment_has_no_more_than_was_asked(offline: Desk) -> None:
    lines = await card(offline, "pay city power 20")
    assert set(lines) == {"Pay to", "From", "Amount", "Balance after", "Statement text"}


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("pay city power something", True),
        ("pay city power 20", True),
        ("pay city power 900", False),
        ("pay city power nine hundred dollars", False),
        ("pay city power 0.9k", False),
    ],
)
async def test_an_amount_that_nobody_asked_for_is_told_on_the_card(desk: Desk, text: str, *, warned: bool) -> None:
    arguments = {
        "transaction_type": "transfer",
        "amount": "900",
        "from_account_id": "acc_1",
        "to_account_id": "City Power",
    }
    desk.model.expect(call("execute_transaction", arguments))
    lines = await card(desk, text)
    assert ("Please look" in lines) is warned


def test_who_points_at_an_amount_has_asked_for_it() -> None:
    assert amounts_said(["pay City Power", "half of it"]) is None
    assert amounts_said(["pay City Power 20"]) == frozenset({Decimal("20")})


async def test_card_and_receipt_are_in_the_language_of_the_conversation_and_so_on_the_record(desk: Desk) -> None:
    arguments = {
        "transaction_type": "transfer",
        "amount": "50",
        "from_account_id": "acc_1",
        "to_account_id": "City Power",
        "description": "Pay",
    }
    desk.model.expect(call("execute_transaction", arguments))
    shown = (await desk.say("por favor, quiero pagar 50 dólares a City Power desde mi cuenta")).cards[-1]
    lines = dict(shown.lines)
    assert (shown.title, shown.button, shown.result) == ("Comprueba este pago", "Pagar", "Pagado")
    assert lines["Importe"] == "AUD\u00a050.00"
    # What a person wrote stays theirs, even if it reads like a word of ours.
    assert lines["Concepto del extracto"] == "Pay"
    closed = (await desk.press(approve=True)).closed[-1][1]
    assert closed.startswith("Hecho: AUD\u00a050.00 a “City Power” (")
    record = [event.metadata or {} for event in await desk.record()]
    assert [one["card"]["title"] for one in record if "card" in one] == [shown.title]
    assert [one["text"] for one in record if one.get("kind") == "receipt"] == [closed]


async def test_the_model_may_repeat_the_amounts_of_a_receipt_in_any_form_and_no_other(desk: Desk) -> None:
    desk.model.expect(
        call("get_account_balance", {"account_id": "acc_1"}), say("Tiene AUD\u00a02,500.00 en la cuenta.")
    )
    assert "2,500.00" in (await desk.say("¿cuánto dinero tengo en mi cuenta corriente?")).shown
    desk.model.expect(say("Tiene AUD\u00a02,600.00 en la cuenta."))
    assert "2,600.00" not in (await desk.say("¿y cuánto dinero tengo ahora en mi cuenta?")).shown
