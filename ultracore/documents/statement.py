"""One account over some days, as a document and as a sheet."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ultracore.banking import Account, day_text
from ultracore.banking.statements import Statement, StatementLine
from ultracore.documents.layout import Column, Document, FactList, Lines, Note
from ultracore.web import sheet
from ultracore.wording import money_text

_COLUMNS: Final = (
    Column("Date"),
    Column("Description", wide=True),
    Column("Amount", right=True),
    Column("Balance", right=True),
)
_HEADS: Final = ("Date", "Description", "Amount", "Balance", "Currency", "Category", "Reference")


def bsb_text(account: Account) -> str:
    """`733-110`, as people write it."""
    return f"{account.bsb[:3]}-{account.bsb[3:]}"


def reference_of(item: StatementLine) -> str:
    """The name of a line: another line has another, and the same line the same in every file."""
    return f"{item.line.entry_id}-{item.line.place}"


def statement_document(statement: Statement, holder: str, made_at: datetime) -> Document:
    """The statement with its totals, then every line with the balance after it."""
    account = statement.account
    facts = FactList(
        (
            ("Account holder", holder),
            ("Account", account.name),
            ("BSB", bsb_text(account)),
            ("Account number", account.number),
            ("Period", f"{day_text(statement.since)} to {day_text(statement.until)}"),
            ("Opening balance", money_text(statement.opening.amount, account.currency)),
            ("Money in", money_text(statement.money_in.amount, account.currency)),
            ("Money out", money_text(statement.money_out.amount, account.currency)),
            ("Closing balance", money_text(statement.closing.amount, account.currency)),
        )
    )
    told = f"All amounts are in {account.currency}. Days are those of the bank's clock."
    if not statement.lines:
        told = f"There were no transactions in this period. {told}"
    rows = [_row(item) for item in statement.lines]
    parts = (facts, Lines(_COLUMNS, rows, "Transactions"), Note(told)) if rows else (facts, Note(told))
    return Document(title="Account statement", parts=parts, made_at=made_at)


def _row(item: StatementLine) -> tuple[str, ...]:
    line = item.line
    return day_text(line.day), line.description, f"{line.amount.amount:,.2f}", f"{item.balance.amount:,.2f}"


def statement_sheet(statement: Statement) -> bytes:
    """Its lines for a spreadsheet, oldest first; no text of them is a formula there."""
    rows = [
        (
            item.line.day.isoformat(),
            item.line.description,
            item.line.amount.amount,
            item.balance.amount,
            statement.account.currency,
            item.line.category,
            reference_of(item),
        )
        for item in statement.lines
    ]
    # With the mark of UTF-8: without it some spreadsheets read every name in another alphabet.
    return sheet([_HEADS, *rows]).encode("utf-8-sig")
