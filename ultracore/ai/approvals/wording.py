"""What is said about a proposal, of whatever kind: every word is ours, the terms' or the ledger's."""

from __future__ import annotations

from ultracore.banking import TRANSFER, ActionReceipt, EntryReceipt, Money, Price, Proposal, Receipt
from ultracore.wording import money_text, when_text

CARD_TITLE = "Please check and approve"


def is_transfer(proposal: Proposal) -> bool:
    """True where money moves between accounts."""
    return proposal.kind == TRANSFER


def card_title(proposal: Proposal) -> str:
    """The card's heading: an action says what it is."""
    return CARD_TITLE if is_transfer(proposal) else proposal.action["title"]


def card_lines(proposal: Proposal) -> tuple[tuple[str, str], ...]:
    """The card's labels and values; of an account the last digits."""
    if not is_transfer(proposal):
        return tuple((label, value) for label, value in proposal.action["lines"])
    terms = proposal.transfer
    lines = [
        ("Pay to", f"{terms['destination_name']} ··{terms['destination_last_digits']}{_payee_kind(proposal)}"),
        ("From", _source(proposal)),
        ("Amount", _amount(proposal)),
        *_fee_lines(proposal),
        ("Balance after", money_text(terms["balance_after"], terms["currency"])),
    ]
    if terms["description"]:
        lines.append(("Statement text", terms["description"]))
    return tuple(lines)


def wish(proposal: Proposal) -> str:
    """What is asked for, in one sentence."""
    if not is_transfer(proposal):
        return proposal.action["sentence"]
    return f"{_amount(proposal)} to {proposal.transfer['destination_name']}."


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
    """What the maker is told about a request that a second person has decided, or nobody in time."""
    return f"About your request that waited for a second person: {sentence}"


def not_done(proposal: Proposal) -> str:
    """The sentence for what certainly did not happen."""
    if not is_transfer(proposal):
        return f"This was not done: {_named(proposal)}. Nothing was changed."
    payee = proposal.transfer["destination_name"]
    if proposal.two_persons:
        return f"The transfer of {_amount(proposal)} to {payee} was not made. Nothing has left the account."
    return f"Your transfer of {_amount(proposal)} to {payee} was not made. Nothing has left your account."


def unknown(proposal: Proposal) -> str:
    """The sentence for what may have happened."""
    if is_transfer(proposal):
        whose = "the" if proposal.two_persons else "your"
        what = f"{whose} transfer of {_amount(proposal)} to {proposal.transfer['destination_name']} was made"
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
        f"Done: {_amount(proposal)} to {proposal.transfer['destination_name']}. {_fee_sentence(proposal)}"
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
    price = Price.of(proposal.transfer)
    return (("Fee", _money(price.fee)), ("Total", _money(price.total))) if price.fee.minor else ()


def _fee_sentence(proposal: Proposal) -> str:
    price = Price.of(proposal.transfer)
    return f"Fee: {_money(price.fee)}; total: {_money(price.total)}. " if price.fee.minor else ""


def _money(amount: Money) -> str:
    return money_text(amount.amount, amount.currency)


def _source(proposal: Proposal) -> str:
    return f"{proposal.transfer['source_name']} ··{proposal.transfer['source_last_digits']}"


def _payee_kind(proposal: Proposal) -> str:
    kinds = {"biller": " (biller)", "external": " (another bank)", "internal": " (at this bank)"}
    return kinds.get(proposal.transfer["payee_kind"] or "", " (your own account)")
