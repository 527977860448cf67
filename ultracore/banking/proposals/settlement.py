"""From a claimed proposal's row to what it becomes: a transfer's entry, or an action's effect."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.actions import ActionReceipt, Effects, Receipt, receipt_json
from ultracore.banking.identifiers import Stamp
from ultracore.banking.ledger import FEE_NARRATIVE, EntryDraft, Posting, default_description, fee_account, post
from ultracore.banking.money import Money
from ultracore.banking.store import proposal_of
from ultracore.banking.store.tables import customers
from ultracore.banking.values import TRANSFER, PaymentPrice, TermsRecord


async def carry_out(connection: AsyncConnection, row: Row[Any], effects: Effects, stamp: Stamp) -> Receipt:
    """Do it, on the caller's transaction. Raises what the journal or the effect raises, with nothing written."""
    if row.kind != TRANSFER:
        return await effects.apply(connection, proposal_of(row), stamp)
    return await post(connection, await draft_of(connection, row, stamp))


async def accounts_moved(connection: AsyncConnection, row: Row[Any]) -> tuple[str, ...]:
    """The accounts that a transfer's entry is about to move, to be locked before; none of an action.

    The bank's own accounts, which an action may move, are locked after the customer's, by `post`.
    """
    if row.kind != TRANSFER:
        return ()
    fee = PaymentPrice.of(json.loads(row.terms)).fee
    fees = (await fee_account(connection, row.tenant_id, fee.currency),) if fee.minor else ()
    return (row.source_account_id, row.destination_account_id, *fees)


def outcome_columns(receipt: Receipt) -> dict[str, Any]:
    """The columns in which a proposal that is done keeps its receipt."""
    result = receipt_json(receipt) if isinstance(receipt, ActionReceipt) else None
    return {"entry_id": receipt.entry_id, "result": result}


async def draft_of(connection: AsyncConnection, row: Row[Any], stamp: Stamp) -> EntryDraft:
    """The postings of a transfer: two, and two more if it has a fee.

    The destination's holder reads who paid, never what the payer calls them.
    """
    terms: TermsRecord = json.loads(row.terms)
    price = PaymentPrice.of(terms)
    return EntryDraft(
        tenant_id=row.tenant_id,
        kind="transfer",
        description=terms["description"],
        stamp=stamp,
        # From proposal and intent, never from the model's call: a call that is repeated is not another payment.
        idempotency_key=hashlib.sha256(f"{row.proposal_id}|{stamp.intent_event_id}".encode()).hexdigest(),
        proposal_id=row.proposal_id,
        payee_id=row.payee_id,
        source_account_id=row.source_account_id,
        postings=(
            Posting(account_id=row.source_account_id, amount=-price.amount),
            Posting(
                account_id=row.destination_account_id,
                amount=price.amount,
                narrative=await _narrative(connection, row.customer_id, terms),
            ),
            *await _fee_postings(connection, row, price.fee),
        ),
    )


async def _fee_postings(connection: AsyncConnection, row: Row[Any], fee: Money) -> tuple[Posting, ...]:
    if not fee.minor:
        return ()
    bank = await fee_account(connection, row.tenant_id, fee.currency)
    return (
        Posting(account_id=row.source_account_id, amount=-fee, narrative=FEE_NARRATIVE),
        Posting(account_id=bank, amount=fee, narrative=FEE_NARRATIVE),
    )


async def _narrative(connection: AsyncConnection, customer_id: str, terms: TermsRecord) -> str:
    payer = terms["source_name"]
    if terms["payee_id"] is not None:
        query = select(customers.c.name).where(customers.c.customer_id == customer_id)
        payer = (await connection.execute(query)).scalar_one()
    words = terms["description"]
    # The default words name the receiver as the payer calls them, which the receiver must not read.
    own_words = "" if words == default_description(terms["destination_name"]) else f": {words}"
    return f"Transfer from {payer}{own_words}"
