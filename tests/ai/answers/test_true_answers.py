"""What may be said: figures of the bank's, rounded or added up, a person's own words, and what was really done."""

from __future__ import annotations

import pytest

from tests.ai.answers.support import ACCOUNTS, LOAN, gate_of, shown, shown_by
from tests.support.deadlines import growth
from ultracore.ai.answers import WITHHELD, AnswerGate, Sources

SAID = ("can I send $75 to Sam? I want to borrow 60,000 over 20 years",)
FINE = [
    "Everyday has AUD 2,503.17 and Savings AUD 10,000.00.",
    "You have $2,503.17 in Everyday and $10,000.00 in Savings.",
    "Everyday and Savings hold $2,503.17 and $10,000.00.",
    "Savings has more than Everyday: $10,000.00 against $2,503.17.",
    "You have AUD 2,503.17 in Everyday and AUD 10,000.00 in Savings, AUD 12,503.17 in total.",
    "You have about $2,500 in Everyday.",
    "Everyday has roughly AUD 2,500, of which AUD 2,450.00 is available.",
    "Your account ending 4821 has 2503.17 AUD.",
    "On 3 November 2026 you paid City Power INV 20231: AUD 96.95.",
    "| Date | What | Amount |\n| --- | --- | ---: |\n| 3 Nov 2026 | City Power INV 20231 | -AUD 96.95 |",
    "The payee is Studio 54 Dance.",
    "The loan is AUD 50,000.00 at 6.69% over 25 years (300 months), AUD 982.76 a month.",
    "The loan runs over twenty-five years at 6.69 per cent.",
    "Your credit score is 725.",
    "Call Lifeline on 13 11 14 or us on 13 00 00 00.",
    "One moment, please. Once that is done I will look it up.",
    "Un momento: once d\u00edas es mucho.",
    "You asked to send $75 to Sam. Shall I look up whether he is saved?",
    "I can't find a payment of $75.",
    "You said that you want to borrow 60,000 dollars over 20 years.",
    "Shall I prepare a transfer of $75 to Sam?",
    "You have 2 accounts and 0 loans; it takes 3 to 5 days.",
    "Since 2024 rates have moved a lot, and in 2027 they may again.",
    "I'm 100% sure that it is safe.",
    "A thousand thanks for waiting.",
    "It is 10:47 am on 30/11/2026.",
    "I have not transferred anything.",
    "Nothing has been sent yet.",
    "Once the loan has been approved, you get a letter.",
    "If you press Approve, the money is sent at once.",
    "The scam text says \u201cyour card has been blocked\u201d. It is not from us.",
    "Has the money been sent? I can look that up.",
    "I have prepared that. Please check the card and press its button.",
    "I have checked your accounts.",
    "Your loan must be approved by a person.",
    "The rent was paid on 5 November 2026: AUD 480.00.",
    "Payments are processed on the same day.",
    "This conversation is recorded.",
    "Everything done? Then goodbye.",
    "Try \u201cWhat's my balance?\u201d or \u201cTransfer fifty dollars to City Power\u201d.",
]


@pytest.mark.parametrize("size", [1, 7, 1_000_000])
@pytest.mark.parametrize("text", FINE)
def test_an_honest_answer_is_shown_as_it_is(text: str, size: int) -> None:
    assert shown(text, said=SAID, size=size).replace("\\", "") == text


def test_what_a_tool_did_may_be_said() -> None:
    result = {"card_id": "card_1", "last_digits": "7719", "status": "frozen", "message": "It is frozen now."}
    text = "I froze your card ending 7719. It is blocked for everybody now."
    assert shown_by(gate_of(("freeze_card", result)), text) == text


def test_what_a_receipt_says_may_be_said() -> None:
    sources = Sources()
    sources.told("AUD 50.00 was sent to “City Power”. Receipt R-BCDFG-HJKLM.")
    assert shown_by(AnswerGate(sources), "Yes, I sent the $50.00.") == "Yes, I sent the $50.00."
    assert shown_by(AnswerGate(sources), "Yes, I sent the $60.00.") == ""


def test_an_approval_on_record_may_be_said() -> None:
    result = {"applications": [{"reference": "L-TZFVM-HHCKP", "status": "approved", "submitted_on": "2024-09-21"}]}
    text = "Your application has been approved."
    assert shown_by(gate_of(("get_loan_details", result)), text) == text


def test_an_untrue_claim_takes_its_sentence_with_it_and_no_other() -> None:
    assert shown("Everyday has AUD 2,503.17. I have sent it all to Sam! Ask me more.") == (
        "Everyday has AUD 2,503.17. Ask me more."
    )


def test_a_figure_is_cited_and_the_bank_prints_it() -> None:
    gate = gate_of(("get_customer_360", ACCOUNTS), ("check_loan_eligibility", LOAN))
    text = "Everyday has {= accounts.0.balance} at {= check_loan_eligibility.recommended_rate}."
    assert shown_by(gate, text) == "Everyday has AUD 2,503.17 at 6.69%."


def test_a_citation_beside_another_account_is_withheld() -> None:
    gate = gate_of(("get_customer_360", ACCOUNTS))
    assert WITHHELD in shown_by(gate, "Savings has {= accounts.0.balance}.")


def test_what_a_tool_only_gives_back_of_the_call_is_not_the_banks() -> None:
    gate = gate_of(("check_loan_eligibility", LOAN), arguments={"loan_amount": "50000"})
    assert WITHHELD in shown_by(gate, "Your balance is $50,000.00.")


@pytest.mark.parametrize("piece", ["1", "1,", "1 ", "a", "one hundred ", "I have sent ", "*", "[", "<", "$"])
def test_the_cost_of_a_long_answer_grows_with_its_length_at_most(piece: str) -> None:
    assert growth(lambda length: shown(piece * (length // len(piece)) + "!"), 1_000, 3_500) < 14
