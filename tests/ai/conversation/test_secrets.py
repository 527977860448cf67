"""What a model says and asks for carries no secret, in however many pieces it comes."""

from __future__ import annotations

import json

import pytest

from tests.ai.screen import Desk
from tests.support.scripted_model import call, say
from ultracore.ai.answers import AnswerGate, Sources
from ultracore.ai.model import ModelToolCall
from ultracore.ai.tools import CallReader

KEY = "sk-proj-" + "aB3dE5gH7jK9mN1pQ3rS"
SECRETS = [
    f"Take {KEY} with you. Then go.",
    "Send Authorization: Bearer abcDEF123456ghiJKL to them.",
    "I think that your password is Hunter2!x, is it not?",
    "Use the one-time code 48215526 now.",
    "The API key is ABCDEF123456GHIJ today.",
    "Your password is:\nHunter2!x",
]


def guarded(text: str, size: int) -> list[str]:
    sources = Sources()
    sources.allow("get_account_balance", {"balance": "2500.00"})
    guard = AnswerGate(sources)
    return [*(guard.feed(text[at : at + size]) for at in range(0, len(text), size)), guard.flush()]


@pytest.mark.parametrize("size", [1, 3, 7, 1_000])
@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_in_an_answer_is_masked_in_pieces_of_any_size(text: str, size: int) -> None:
    shown = "".join(guarded(text, size))
    assert "[" in shown
    assert not any(secret in shown for secret in (KEY, "abcDEF", "Hunter2", "48215526", "ABCDEF123456"))


@pytest.mark.parametrize("size", [1, 3, 7])
@pytest.mark.parametrize(
    "text", ["You have AUD 2,500.00.\n\n- one\n- two", "No secret word here. Passing by…", "é\u200d x"]
)
def test_any_other_answer_is_shown_whole(text: str, size: int) -> None:
    assert "".join(guarded(text, size)).replace("\u200d", "") == text.replace("\u200d", "")


def test_a_paragraph_is_shown_as_soon_as_it_has_ended() -> None:
    assert guarded("It is fine.\n\nAll of it.", 6) == ["", "", "It is fine.", "", "\n\nAll of it."]


def test_a_call_without_secrets_is_left_as_it_is() -> None:
    asked = ModelToolCall("call_1", "add_payee", '{"account_number":"12345678",  "bsb": "062-000", "name": "Sam"}')
    assert CallReader().read(asked).text == asked.arguments_json


def test_a_call_with_secrets_stays_a_call() -> None:
    asked = {"name": "Sam 4539 1488 0343 6467", "password": "Hunter2!x", "amount": 5.5}
    shown = json.loads(CallReader().read(ModelToolCall("call_1", "add_payee", json.dumps(asked))).text)
    assert shown == {"name": "Sam [card ending 6467]", "password": "[password]", "amount": "5.5"}


@pytest.mark.parametrize("text", ['{"a": "4539148803436467', '{"a": "4539148803436467", "a": 1}', "[" * 100_000])
def test_arguments_that_cannot_be_read_are_masked_as_text(text: str) -> None:
    assert "4539148803436467" not in CallReader().read(ModelToolCall("call_1", "x", text)).text


async def test_a_card_number_in_a_payments_words_reaches_neither_ledger_nor_history(desk: Desk) -> None:
    arguments = {
        "transaction_type": "transfer",
        "amount": "5.00",
        "from_account_id": "acc_1",
        "to_account_id": "City Power",
        "description": "card 4539148803436467",
    }
    desk.model.expect(call("execute_transaction", arguments), say(f"The key is {KEY}."))
    screen = await desk.say("transfer 5 dollars to City Power")
    assert ("Statement text", "card [card ending 6467]") in screen.cards[0].lines
    await desk.press(approve=True)
    assert (await desk.say("thank you")).answers == ["The key is [token]."]
    history = json.dumps(await desk.app.conversations.history(desk.conversation_id))
    ledger = b"".join(path.read_bytes() for path in desk.app.settings.data_path.glob("ledger.db*"))
    assert b"[card ending 6467]" in ledger
    assert "4539148803436467" not in history and b"4539148803436467" not in ledger
