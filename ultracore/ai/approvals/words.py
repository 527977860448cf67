"""What a card is called, what its button says, and what stands above it once it is carried out; by kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ultracore.banking import TRANSFER, Proposal

CONFIRM: Final = "Confirm"
"""The button of a person whose request a second person decides: their press carries nothing out."""


@dataclass(frozen=True, slots=True)
class CardWords:
    """`title` is None if the terms bring their own."""

    button: str
    result: str
    title: str | None = None


_OWN_ACCOUNTS: Final = CardWords("Transfer", "Transferred", "Please check this transfer")
_OTHER: Final = CardWords(CONFIRM, "Done")
_BY_KIND: Final = {
    TRANSFER: CardWords("Pay", "Paid", "Please check this payment"),
    "payee.add": CardWords("Save payee", "Payee saved", "Save a payee"),
    "account.open": CardWords("Open account", "Account opened"),
    "account.close": CardWords("Close account", "Account closed"),
    "card.unfreeze": CardWords("Unfreeze card", "Card unfrozen"),
    "incident.withdraw": CardWords("Take back", "Report taken back"),
    "loan.apply": CardWords("Submit", "Submitted"),
}


def words_of(proposal: Proposal) -> CardWords:
    """The words of a proposal's kind."""
    if proposal.kind == TRANSFER and proposal.payee_id is None:
        return _OWN_ACCOUNTS
    return _BY_KIND.get(proposal.kind, _OTHER)


def button_of(proposal: Proposal) -> str:
    """The words of the button for the person who asked."""
    return CONFIRM if proposal.two_persons else words_of(proposal).button
