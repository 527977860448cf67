"""From a claimed proposal's row to the entry that it becomes."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.interfaces import TermsRecord
from ultracore.banking.journal import EntryDraft, Posting
from ultracore.banking.ledger import default_description
from ultracore.banking.money import Money
from ultracore.banking.schema import customers


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
