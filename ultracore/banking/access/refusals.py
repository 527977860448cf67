"""Sentences for a refusal of the policy, the access rules or the fraud check."""

from __future__ import annotations

from typing import Final

from ultracore.banking.money import Money
from ultracore.errors import ToolRefused
from ultracore.wording import money_text

# Only these are explained: a reason for every refusal would teach an attacker which rule to avoid.
_SENTENCES: Final = {
    "access.step_up": (
        "This needs a second proof of who you are, because something about this login is unusual at the moment. "
        "Please call the bank."
    ),
    "access.restricted": (
        "Several unusual things have happened with this login within the last hour, so this is closed to it. "
        "Please wait an hour, or call the bank."
    ),
    "fraud.blocked": (
        "The bank's fraud check stopped this payment, and nothing was moved. If you want to make it, please call "
        "the bank."
    ),
}


def access_refused(reason: str, *, limit: Money | None = None, amount: Money | None = None) -> ToolRefused:
    """The refusal with this code, explained if a person may know why."""
    if limit is not None and amount is not None:
        return _over_limit(reason, limit, amount)
    sentence = _SENTENCES.get(reason)
    return ToolRefused(sentence or "The bank's policy does not allow this.", code=reason, sentence=sentence)


def _over_limit(reason: str, limit: Money, amount: Money) -> ToolRefused:
    message = (
        f"One payment can take at most {money_text(limit.amount, limit.currency)} here, and this one takes "
        f"{money_text(amount.amount, amount.currency)}. For more, please visit a branch or call the bank."
    )
    facts = {"limit": str(limit), "asked": str(amount), "currency": limit.currency}
    return ToolRefused(message, code=reason, sentence=message, facts=facts)
