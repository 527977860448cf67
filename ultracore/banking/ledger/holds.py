"""Money that is spoken for: held when a proposal is claimed, captured or released when its outcome is known."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.money import Money
from ultracore.banking.store import balance_of, balance_query
from ultracore.banking.store.tables import accounts, holds, proposals
from ultracore.banking.values import Balance, PaymentPrice


async def balance_in(connection: AsyncConnection, account_id: str) -> Balance:
    """The account with its balance and what is available, as the transaction sees it. The account must exist."""
    return balance_of((await connection.execute(balance_query().where(accounts.c.account_id == account_id))).one())


async def place_for(connection: AsyncConnection, row: Row[Any], hold_id: str, now: datetime) -> None:
    """Hold what a proposal's transfer will take, its fee included; an action moves nothing.

    The caller has seen, in this transaction, that it is available.
    """
    if row.amount_minor is None:
        return
    await connection.execute(
        holds.insert().values(
            hold_id=hold_id,
            account_id=row.source_account_id,
            # The fee is held as well: without it settling could fail for want of the fee.
            amount_minor=PaymentPrice.of(json.loads(row.terms)).total.minor,
            proposal_id=row.proposal_id,
            status="active",
            created_at=now,
        )
    )


async def end(
    connection: AsyncConnection, proposal_id: str, status: Literal["captured", "released"], now: datetime
) -> None:
    """End the proposal's hold, if it has an active one."""
    await connection.execute(
        update(holds)
        .where(holds.c.proposal_id == proposal_id, holds.c.status == "active")
        .values(status=status, ended_at=now)
    )


async def unresolved_twin(
    connection: AsyncConnection,
    customer_id: str | None,
    destination_account_id: str,
    payee_id: str | None,
    amount: Money,
) -> bool:
    """True while the customer has a claimed proposal of the same amount to the same destination and payee."""
    query = select(proposals.c.proposal_id).where(
        proposals.c.status == "claimed",
        proposals.c.customer_id == customer_id,
        proposals.c.destination_account_id == destination_account_id,
        # `=` is never true for NULL, which stands for an own account.
        proposals.c.payee_id.is_not_distinct_from(payee_id),
        proposals.c.amount_minor == amount.minor,
        proposals.c.currency == amount.currency,
    )
    return (await connection.execute(query.limit(1))).one_or_none() is not None
