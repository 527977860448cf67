"""The English sentences that code composes for a card and its receipt, each in the form that it is found again by.

The forms follow what `ultracore/ai/approvals/wording.py` and the capabilities of the bank write.
"""

from __future__ import annotations

from typing import Final

FORMS: Final = (
    "The same amount went there {count} minute ago",
    "The same amount went there {count} minutes ago",
    "More than ever before to this payee; the most was {amount}",
    "{count} months",
    "{rate}% a year",
    "{amount} a month",
    "at most {amount} in all",
    "Debit card ··{digits}",
    "{value} (changed, was {before})",
    "{value} (new)",
    "Done: {amount} to {payee}. The balance of {account} is now {balance}. Receipt {receipt}.",
    (
        "Done: {amount} to {payee}. Fee: {fee}; total: {total}. The balance of {account} is now "
        "{balance}. Receipt {receipt}."
    ),
    "Done: the debit card ending {digits} can be used again.",
    "Your application {reference} for {amount} is recorded. A lender decides it; it is not approved yet.",
    "Your transfer of {amount} to {payee} was not made. Nothing has left your account.",
    "Your transfer of {amount} to {payee} was not made. Nothing has left your account. {sentence}",
    (
        "We could not confirm yet whether your transfer of {amount} to {payee} was made. We are "
        "checking; please do not repeat it. We will tell you here."
    ),
    "About the transfer that was interrupted: {sentence}",
    "Approved at {when}, receipt {receipt}. Pressing again changes nothing.",
    "Declined at {when}. Nothing was changed.",
    "Expired at {when}. Nothing was changed; please ask again if you still want it.",
    "Withdrawn at {when}. Nothing was changed; please ask again if you still want it.",
    "Waits for your approval: {amount} to {payee}.",
    "You declined this transfer. Nothing was changed.",
    "You declined this request. Nothing was changed.",
    "own account",
)
