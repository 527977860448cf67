"""Writing one entry, inside the caller's transaction. The only code that touches `entries` and `postings`."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.identifiers import Stamp
from ultracore.banking.money import Money
from ultracore.banking.store import NextNumber
from ultracore.banking.store.tables import accounts, balances, entries, postings
from ultracore.banking.values import EntryReceipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One line: a signed amount on one account. `narrative` replaces the entry's description for its holder."""

    account_id: str
    amount: Money
    narrative: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraft:
    """An entry to be posted. The store refuses one whose postings do not sum to zero in each currency.

    The stamp's intent is the audit event that was durable before (or a `seed:` or `system:` id); with `kind` it is
    unique. `source_account_id` is the account whose balance the receipt states.
    """

    tenant_id: str
    kind: str
    description: str
    stamp: Stamp
    idempotency_key: str
    postings: tuple[Posting, ...]
    source_account_id: str
    proposal_id: str | None = None
    payee_id: str | None = None


async def post(connection: AsyncConnection, draft: EntryDraft) -> EntryReceipt:
    """Write and post an entry. Raises the driver's `IntegrityError` if a trigger or a unique key refuses.

    The caller has locked the accounts. So an account's entries are numbered in the order in which they moved its
    balance.
    """
    entry_id = draft.stamp.id("ent")
    await connection.execute(
        entries.insert().values(
            entry_id=entry_id,
            sequence=NextNumber(),
            tenant_id=draft.tenant_id,
            kind=draft.kind,
            description=draft.description,
            posted_at=draft.stamp.at,
            intent_event_id=draft.stamp.intent_event_id,
            idempotency_key=draft.idempotency_key,
            receipt_number=draft.stamp.receipt_number,
            proposal_id=draft.proposal_id,
            source_account_id=draft.source_account_id,
            # Kept with the entry, because a receipt that is asked for later states the balance of its own moment.
            source_balance_minor=await _balance_after(connection, draft),
            payee_id=draft.payee_id,
        )
    )
    await connection.execute(postings.insert(), _lines(entry_id, draft))
    # Posted last: the triggers now check the entry as a whole, and refuse every change after it.
    await connection.execute(update(entries).where(entries.c.entry_id == entry_id).values(posted=1))
    receipt = await receipt_where(connection, entries.c.entry_id == entry_id)
    # The row was written in this transaction, so its absence is our own error and not a refusal.
    if receipt is None:
        raise LookupError(f"entry {entry_id} is not there after it was posted")
    return receipt


async def _balance_after(connection: AsyncConnection, draft: EntryDraft) -> int:
    before = select(balances.c.balance_minor).where(balances.c.account_id == draft.source_account_id)
    moved = sum(line.amount.minor for line in draft.postings if line.account_id == draft.source_account_id)
    return int((await connection.execute(before)).scalar_one()) + moved


def _lines(entry_id: str, draft: EntryDraft) -> list[dict[str, object]]:
    return [
        {
            "entry_id": entry_id,
            "line": line,
            "account_id": posting.account_id,
            "amount_minor": posting.amount.minor,
            "currency": posting.amount.currency,
            "narrative": posting.narrative,
        }
        for line, posting in enumerate(draft.postings)
    ]


async def receipt_where(connection: AsyncConnection, condition: ColumnElement[bool]) -> EntryReceipt | None:
    """The receipt of the posted entry that meets the condition, with the source's balance as it was then."""
    query = (
        select(entries, accounts.c.currency)
        .join(accounts, accounts.c.account_id == entries.c.source_account_id)
        .where(condition, entries.c.posted == 1, entries.c.source_balance_minor.is_not(None))
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    return EntryReceipt(
        entry_id=row.entry_id,
        receipt_number=row.receipt_number,
        posted_at=row.posted_at,
        balance_after=Money.from_minor(row.source_balance_minor, row.currency),
    )
