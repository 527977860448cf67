"""A follow-up that says neither what to do nor how much never makes the offline model act again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.offline_talk import ALL_TOOLS, Talk

ACTS = ("open_account", "close_account", "add_payee", "apply_for_loan", "unfreeze_card")
AT_ONCE = ("freeze_card", "report_incident")
READS = {"get_customer_360", "get_account_balance", "search_transactions"}

BEFORE = [
    "transfer 50 dollars to City Power",
    "open a savings account",
    "close my savings account",
    "add a payee called Bob Smith with bsb 062-000 and account number 12345678",
    "apply for a car loan of 20000 dollars",
    "unfreeze my card",
    "freeze my card",
    "i was scammed by someone on the phone yesterday",
]
VAGUE = [
    "and again?",
    "ok do it",
    "more",
    "again",
    "same again please",
    "once more",
    "and?",
    "and what about it?",
    "what about tomorrow",
    "and the same for her",
    "no",
    "actually",
    "sorry?",
    "wait what",
    "make it so",
    "change it",
    "use that one",
    "not that",
    "instead",
    "go on",
]


class Bank(Talk):
    """The small fixed world with everything else that acts."""

    def _result(self, tool: str, arguments: dict[str, Any]) -> Mapping[str, Any]:
        if tool in ALL_TOOLS:
            return super()._result(tool, arguments)
        if tool in AT_ONCE:
            return {"message": "It is done."}
        self.proposal = arguments
        return {"status": "pending_approval"}

    @property
    def acted(self) -> list[str]:
        """What the newest message made the model ask for, reads left out."""
        return [tool for tool, _ in self.calls if tool not in READS]


def bank() -> Bank:
    return Bank(tools=(*ALL_TOOLS, *ACTS, *AT_ONCE, "search_transactions"))


@pytest.mark.parametrize("before", BEFORE)
async def test_a_vague_follow_up_repeats_no_action(before: str) -> None:
    for vague in VAGUE:
        talk = bank()
        await talk.say(before)
        assert talk.acted, before
        answer = await talk.say(vague)
        assert talk.acted == [], (before, vague)
        assert answer


@pytest.mark.parametrize("vague", VAGUE)
async def test_nor_after_a_receipt_and_a_thank_you(vague: str) -> None:
    talk = bank()
    await talk.say(BEFORE[0])
    talk.messages.append({"role": "assistant", "content": "Receipt R-1: AUD 50.00 went to City Power."})
    await talk.say("thanks")
    await talk.say(vague)
    assert talk.acted == []


STILL_UNDERSTOOD = [
    (BEFORE[0], "no, from savings", "execute_transaction"),
    (BEFORE[0], "make it 60", "execute_transaction"),
    (BEFORE[0], "sorry, to my flatmate", "execute_transaction"),
    (BEFORE[1], "no, an everyday account", "open_account"),
    (BEFORE[2], "sorry, the everyday one", "close_account"),
    (BEFORE[4], "make it 25000", "apply_for_loan"),
    (BEFORE[6], "sorry, the one ending 4821", "freeze_card"),
]


@pytest.mark.parametrize(("before", "correction", "tool"), STILL_UNDERSTOOD)
async def test_a_correction_that_names_what_it_changes_is_understood(
    before: str, correction: str, tool: str
) -> None:
    talk = bank()
    await talk.say(before)
    await talk.say(correction)
    assert talk.acted == [tool]


async def test_a_vague_word_that_answers_a_question_goes_on() -> None:
    talk = bank()
    assert "Whom should I pay" in await talk.say("transfer 50 dollars")
    await talk.say("flatmate")
    assert talk.acted == ["execute_transaction"]


async def test_a_question_about_something_else_leaves_an_open_question() -> None:
    talk = bank()
    assert "What happened" in await talk.say("I want to report an incident")
    assert "2,500.00" in await talk.say("what's my balance?")
    assert "report_incident" not in [name for name, _ in talk.calls]
