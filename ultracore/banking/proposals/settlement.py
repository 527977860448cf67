"""From a claimed proposal's row to what it becomes: a transfer's entry, or an action's effect."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.actions import TRANSFER, ActionReceipt, Effects, Receipt, receipt_json
from ultracore.banking.ledger import EntryDraft, Posting, default_description, post
from ultracore.banking.money import Money
from ultracore.banking.store import proposal_of
from ultracore.banking.store.tables import customers
from ultracore.banking.values import TermsRecord


async def carry_out(
    connection: AsyncConnection, row: Row[Any], effects: Effects, intent_event_id: str, now: datetime
) -> Receipt:
    """Do it, on the caller's transaction. Raises what the journal or the effect raises, with nothing written."""
    if row.kind != TRANSFER:
        return await effects.apply(connection, proposal_of(row), intent_event_id, now)
    key = hashlib.sha256(f"{row.proposal_id}|{intent_event_id}".encode()).hexdigest()
    return await post(connection, await draft_of(connection, row, intent_event_id, key, now))


def outcome_columns(receipt: Receipt) -> dict[str, Any]:
    """What a proposal that is done keeps of its receipt."""
    result = receipt_json(receipt) if isinstance(receipt, ActionReceipt) else None
    return {"entry_id": receipt.entry_id, "result": result}


async def draft_of(
    connection: AsyncConnection, row: Row[Any], intent_event_id: str, idempotency_key: str, now: datetime
) -> EntryDraft:
    """The two postings of a transfer. The destination's holder reads who paid, never what the payer calls them."""
    terms: TermsRecord = json.loads(row.terms)
    amount = Money.from_minor(row.amount_minor, row.currency)
    return EntryDraft(
        tenant_id=row.tenant_id,
        kind="transfer",
        description=terms["description"],
        posted_at=now,
        intent_event_id=intent_event_id,
        idempotency_key=idempotency_key,
        proposal_id=row.proposal_id,
        payee_id=row.payee_id,
        source_account_id=row.source_account_id,
        postings=(
            Posting(account_id=row.source_account_id, amount=-amount),
            Posting(
                account_id=row.destination_account_id,
                amount=amount,
                narrative=await _narrative(connection, row.customer_id, terms),
            ),
        ),
    )


async def _narrative(connection: AsyncConnection, customer_id: str, terms: TermsRecord) -> str:
    payer = terms["source_name"]
    if terms["payee_id"] is not None:
        query = select(customers.c.name).where(customers.c.customer_id == customer_id)
        payer = (await connection.execute(query)).scalar_one()
    words = terms["description"]
    own_words = "" if words == default_description(terms["destination_name"]) else f": {words}"
    return f"Transfer from {payer}{own_words}"
