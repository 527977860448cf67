"""What was asked for, in one line: by it two requests of one person are told apart."""

from __future__ import annotations

from ultracore.banking import TRANSFER, Proposal
from ultracore.wording import inert_text, money_text


def summary_of(request: Proposal) -> str:
    """Amount and payee of a payment; the title of anything else."""
    if request.kind != TRANSFER:
        return inert_text(str(request.action["title"]))
    terms = request.transfer
    to = f"{inert_text(terms['destination_name'])} ··{terms['destination_last_digits']}"
    return f"{money_text(terms['amount'], terms['currency'])} to {to}"
