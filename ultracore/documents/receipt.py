"""The receipt of one payment as a document."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from ultracore.banking import EntryReceipt, PaymentPrice, Proposal
from ultracore.documents.layout import Document, FactList, Note
from ultracore.wording import destination_text, money_text, when_text


def receipt_document(payment: Proposal, receipt: EntryReceipt, holder: str, made_at: datetime) -> Document:
    """A payment that was made, as its card showed it and as the journal has it."""
    terms = payment.transfer
    price, currency = PaymentPrice.of(terms), terms["currency"]
    to = destination_text(terms["destination_name"], terms["payee_kind"], terms["destination_last_digits"])
    fee = [("Fee", money_text(price.fee.amount, currency))] if price.fee.amount > Decimal(0) else []
    total = [("Total", money_text(price.total.amount, currency))] if fee else []
    rows = [
        ("Receipt number", receipt.receipt_number),
        ("Paid", when_text(receipt.posted_at)),
        ("From", f"{terms['source_name']} ··{terms['source_last_digits']}"),
        ("Account holder", holder),
        ("To", to),
        ("Amount", money_text(price.amount.amount, currency)),
        *fee,
        *total,
        ("Description", terms["description"]),
    ]
    note = Note("This payment went through. Please quote the receipt number if you ask us about it.")
    return Document(title="Payment receipt", parts=(FactList(rows), note), made_at=made_at)
