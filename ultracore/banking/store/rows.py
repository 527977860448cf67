"""From rows to the values of `values.py`, and the queries that several services share."""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import Row, Select, select

from ultracore.banking.money import Money
from ultracore.banking.store.dialects import total
from ultracore.banking.store.tables import accounts, balances, holds, payees
from ultracore.banking.values import (
    Account,
    AccountKind,
    AccountStatus,
    Balance,
    Payee,
    PayeeKind,
    PayeeStatus,
    Proposal,
    ProposalStatus,
)

_held: Final = (
    select(total(holds.c.amount_minor))
    .where(holds.c.account_id == accounts.c.account_id, holds.c.status == "active")
    .scalar_subquery()
)


def balance_query() -> Select[Any]:
    """Accounts with their balance and what is held of it; callers add the condition."""
    return select(accounts, balances.c.balance_minor, _held.label("held_minor")).join(
        balances, balances.c.account_id == accounts.c.account_id
    )


def account_of(row: Row[Any]) -> Account:
    """From a row that has the columns of `accounts`."""
    return Account(
        account_id=row.account_id,
        tenant_id=row.tenant_id,
        customer_id=row.customer_id,
        kind=AccountKind(row.kind),
        name=row.name,
        currency=row.currency,
        status=AccountStatus(row.status),
        bsb=row.bsb,
        number=row.number,
    )


def balance_of(row: Row[Any]) -> Balance:
    """From a row of `balance_query`."""
    account = account_of(row)
    # A loan's balance is a debt, from which nothing can be paid.
    free = 0 if account.kind is AccountKind.LOAN else row.balance_minor - row.held_minor
    return Balance(
        account=account,
        balance=Money.from_minor(row.balance_minor, account.currency),
        available=Money.from_minor(free, account.currency),
    )


def payee_of(row: Row[Any]) -> Payee:
    """From a row of `payees`."""
    fields = {column.name: row._mapping[column.name] for column in payees.c if column.name != "folded_name"}
    return Payee(**{**fields, "kind": PayeeKind(row.kind), "status": PayeeStatus(row.status)})


# Seal and digest of the secret never leave the store, so that no service can pass them on.
_STORE_ONLY: Final = {
    "approval_hash",
    "seal",
    "result",
    "left_for_chat",
    "source_account_id",
    "destination_account_id",
    "amount_minor",
    "currency",
    "recorded",
}


def proposal_of(row: Row[Any], approval_id: str | None = None) -> Proposal:
    """From a row of `proposals`. Only the caller that has just made the `approval_id` knows it."""
    fields = {name: value for name, value in row._mapping.items() if name not in _STORE_ONLY}
    return Proposal(
        **{
            **fields,
            "approval_id": approval_id,
            "arguments": json.loads(row.arguments),
            "terms": json.loads(row.terms),
            "status": ProposalStatus(row.status),
            "two_persons": bool(row.two_persons),
        }
    )
