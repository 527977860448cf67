"""The reasons for which lenders decide: a closed list, each with the sentence that the customer reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Outcome = Literal["approved", "declined"]


@dataclass(frozen=True, slots=True)
class DecisionReason:
    """`code` stays for ever, since decisions are kept under it; `says` is for the customer."""

    code: str
    outcome: Outcome
    says: str


REASONS: Final = (
    DecisionReason("repayments_affordable", "approved", "The repayments fit your income and spending."),
    DecisionReason("good_conduct", "approved", "You have paid your loans with us on time."),
    DecisionReason("circumstances_seen", "approved", "A lender has looked at your circumstances in person."),
    DecisionReason("income_too_low", "declined", "Your income is too low for the repayments."),
    DecisionReason("spending_too_high", "declined", "Your regular spending leaves too little for the repayments."),
    DecisionReason("debts_too_high", "declined", "Your other debts are too high for another loan."),
    DecisionReason("repayments_late", "declined", "Repayments of a loan were late or missing."),
    DecisionReason("history_too_short", "declined", "We have known your income for too short a time."),
    DecisionReason("purpose_not_financed", "declined", "We do not lend for this purpose."),
    DecisionReason("papers_missing", "declined", "Papers that we asked for are missing."),
)
_SAYS: Final = {reason.code: reason.says for reason in REASONS}
_OF: Final = {reason.code: reason.outcome for reason in REASONS}


def reason_says(code: str) -> str:
    """The customer's sentence. A code that a later version has dropped stands for itself."""
    return _SAYS.get(code, code)


def gives_reasons(outcome: Outcome, codes: tuple[str, ...]) -> bool:
    """True if these are reasons for that outcome, at least one and each once."""
    return 0 < len(codes) == len(set(codes)) and all(_OF.get(code) == outcome for code in codes)
