"""Words about a proposal of any kind: each is ours, the terms' or the ledger's."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from ultracore.ai.approvals.words import words_of
from ultracore.banking import (
    TRANSFER,
    ActionReceipt,
    EntryReceipt,
    Money,
    PaymentPrice,
    Proposal,
    ProposalStatus,
    Receipt,
)
from ultracore.banking.outlook import ADDED, HISTORY, UNTIL_PAY
from ultracore.errors import ToolRefused, UltracoreError
from ultracore.languages import Language, retold, told
from ultracore.wording import destination_text, inert_text, money_text, time_text, when_text

NOT_ASKED = "Please look"
"""The label of what was not asked for."""
DERIVED = frozenset({"Total", "Balance after", HISTORY, ADDED, UNTIL_PAY, NOT_ASKED})
"""Lines that follow from others: a card that replaces another does not mark them as changed."""


def is_transfer(proposal: Proposal) -> bool:
    """True if money moves between accounts."""
    return proposal.kind == TRANSFER


def card_title(proposal: Proposal) -> str:
    """The card's heading: an action says what it is."""
    title = words_of(proposal).title
    return title if title is not None else str(proposal.action["title"])


def card_lines(proposal: Proposal) -> tuple[tuple[str, str], ...]:
    """The card's labels and values; of an account the last digits."""
    if not is_transfer(proposal):
        return tuple((label, value) for label, value in proposal.action["lines"])
    terms = proposal.transfer
    lines = [
        ("Pay to", _destination(proposal)),
        ("From", _source(proposal)),
        ("Amount", _amount(proposal)),
        *_fee_lines(proposal),
        ("Balance after", money_text(terms["balance_after"], terms["currency"])),
    ]
    # Inert, since the words are the customer's or a model's and must not imitate a line of the card.
    if terms["description"]:
        lines.append(("Statement text", inert_text(terms["description"])))
    return (*lines, *((label, inert_text(value)) for label, value in terms.get("facts", ())))


def marked(lines: tuple[tuple[str, str], ...], before: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The lines of a card that replaces another; what a person decides on anew says what it was."""
    old = dict(before)
    return tuple((label, _marked(label, value, old)) for label, value in lines)


def _marked(label: str, value: str, old: dict[str, str]) -> str:
    if label in DERIVED or old.get(label) == value:
        return value
    return f"{value} (changed, was {old[label]})" if label in old else f"{value} (new)"


# One English word of a card that has another meaning elsewhere.
_LABELS = {"From": "Paid from"}
_WRITTEN = frozenset({"Statement text", "Name", "Purpose"})


def shown_lines(lines: tuple[tuple[str, str], ...], language: Language) -> tuple[tuple[str, str], ...]:
    """A card's English lines in another language; what people wrote stays as they wrote it."""
    if language == "en":
        return lines
    return tuple(
        (told(_LABELS.get(label, label), language), value if label in _WRITTEN else retold(value, language))
        for label, value in lines
    )


def wish(proposal: Proposal) -> str:
    """What is asked for, in one sentence."""
    if not is_transfer(proposal):
        return proposal.action["sentence"]
    return f"{_amount(proposal)} to {_destination(proposal)}."


def declined(proposal: Proposal) -> str:
    """The sentence for a no."""
    return f"You declined this {_noun(proposal)}. Nothing was changed."


def second_person_asked(proposal: Proposal) -> str:
    """The sentence for a maker who has confirmed."""
    return (
        f"You confirmed this {_noun(proposal)}. Nothing has been done yet: a second person decides by "
        f"{when_text(proposal.expires_at)}."
    )


def told_to_maker(sentence: str) -> str:
    """What the maker is told about a request that a second person has decided, or has not decided in time."""
    return f"About your request that waited for a second person: {sentence}"


def not_done(proposal: Proposal, why: UltracoreError | None = None) -> str:
    """The sentences for what certainly did not happen, and why, if the refusal explains itself."""
    explained = f" {why.sentence}" if isinstance(why, ToolRefused) and why.explained else ""
    if not is_transfer(proposal):
        return f"This was not done: {_named(proposal)}. Nothing was changed.{explained}"
    made = f"transfer of {_amount(proposal)} to {_destination(proposal)} was not made. Nothing has left"
    return (f"The {made} the account." if proposal.two_persons else f"Your {made} your account.") + explained


def ended(proposal: Proposal, receipt: Receipt | None, now: datetime) -> str | None:
    """What became of a request, for a press that comes too late; None while it is open.

    "Nothing was changed" stands here only under a state in which the ledger has carried nothing out.
    """
    when = time_text(proposal.ended_at or proposal.created_at, now)
    match proposal.status:
        case ProposalStatus.OPEN:
            return None
        case ProposalStatus.WAITING:
            return second_person_asked(proposal)
        case ProposalStatus.CLAIMED:
            return unknown(proposal)
        case ProposalStatus.DONE:
            return f"Approved at {when}{_receipt_number(receipt)}. Pressing again changes nothing."
        case ProposalStatus.DECLINED:
            return f"Declined at {when}. Nothing was changed."
        case ProposalStatus.EXPIRED:
            return f"Expired at {when}. Nothing was changed; please ask again if you still want it."
        case ProposalStatus.VOID:
            return f"Withdrawn at {when}. Nothing was changed; please ask again if you still want it."
        case ProposalStatus.FAILED:
            return not_done(proposal)
        case never:
            assert_never(never)


def _receipt_number(receipt: Receipt | None) -> str:
    match receipt:
        case EntryReceipt():
            return f", receipt {receipt.receipt_number}"
        case ActionReceipt():
            return f": {receipt.sentence.rstrip('.')}"
        case None:
            return ""


def unknown(proposal: Proposal) -> str:
    """The sentence for what may have happened."""
    if is_transfer(proposal):
        whose = "the" if proposal.two_persons else "your"
        what = f"{whose} transfer of {_amount(proposal)} to {_destination(proposal)} was made"
    else:
        what = f"this was done: {_named(proposal)}"
    checking = "We are checking; please do not repeat it. We will tell you here."
    return f"We could not confirm yet whether {what}. {checking}"


def receipt_sentence(proposal: Proposal, receipt: Receipt) -> str:
    """The sentence for what happened; a transfer's has its receipt number."""
    if isinstance(receipt, ActionReceipt):
        return receipt.sentence
    after = money_text(receipt.balance_after.amount, receipt.balance_after.currency)
    return (
        f"Done: {_amount(proposal)} to {_destination(proposal)}. {_fee_sentence(proposal)}"
        f"The balance of {_source(proposal)} is now {after}. Receipt {receipt.receipt_number}."
    )


def receipt_record(receipt: Receipt) -> dict[str, object]:
    """The receipt as the result on the record."""
    if isinstance(receipt, EntryReceipt):
        return {"receipt": receipt.receipt_number, "entry": receipt.entry_id}
    return dict(receipt.result)


def after_interruption(proposal: Proposal, receipt: Receipt | None) -> str:
    """What is told later about something that a crash had left open."""
    sentence = not_done(proposal) if receipt is None else receipt_sentence(proposal, receipt)
    return f"About the {_noun(proposal)} that was interrupted: {sentence}"


def _noun(proposal: Proposal) -> str:
    return "transfer" if is_transfer(proposal) else "request"


def _named(proposal: Proposal) -> str:
    title = proposal.action["title"].rstrip(".")
    return title[:1].lower() + title[1:]


def _amount(proposal: Proposal) -> str:
    return money_text(proposal.transfer["amount"], proposal.transfer["currency"])


def _fee_lines(proposal: Proposal) -> tuple[tuple[str, str], ...]:
    price = PaymentPrice.of(proposal.transfer)
    return (("Fee", _money(price.fee)), ("Total", _money(price.total))) if price.fee.minor else ()


def _fee_sentence(proposal: Proposal) -> str:
    price = PaymentPrice.of(proposal.transfer)
    return f"Fee: {_money(price.fee)}; total: {_money(price.total)}. " if price.fee.minor else ""


def _money(amount: Money) -> str:
    return money_text(amount.amount, amount.currency)


def _source(proposal: Proposal) -> str:
    return f"{inert_text(proposal.transfer['source_name'])} ··{proposal.transfer['source_last_digits']}"


def _destination(proposal: Proposal) -> str:
    terms = proposal.transfer
    return destination_text(terms["destination_name"], terms["payee_kind"], terms["destination_last_digits"])
