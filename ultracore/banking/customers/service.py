"""Customers and the products that hang on their accounts: loans, holdings, cards."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, Table, func, select

from ultracore.banking.money import Money
from ultracore.banking.store import Database
from ultracore.banking.store.tables import accounts, cards, customers, holdings, loans
from ultracore.banking.values import Card, Customer, Holding, Loan
from ultracore.errors import ToolRefused


def _products(table: Table, tenant_id: str, customer_id: str) -> Select[Any]:
    return (
        select(table, accounts.c.currency)
        .join(accounts, accounts.c.account_id == table.c.account_id)
        .where(accounts.c.tenant_id == tenant_id, accounts.c.customer_id == customer_id)
        .order_by(*table.primary_key.columns)
    )


def _lowered(name: str) -> str:
    """As both databases' `lower` gives it, which knows the letters of ASCII alone."""
    return "".join(character.lower() if character.isascii() else character for character in name)


class CustomersService:
    """Reads of customers. Every method raises `LedgerUnavailable` if the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, tenant_id: str, customer_id: str) -> Customer:
        """One customer. Raises `ToolRefused` (`customer.not_found`), also for another tenant's."""
        query = select(customers).where(customers.c.tenant_id == tenant_id, customers.c.customer_id == customer_id)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            # One answer for unknown and for another tenant's: the difference would tell who banks here.
            raise ToolRefused("There is no such customer.", code="customer.not_found")
        return Customer(**row._mapping)

    async def named(self, tenant_id: str, names: Collection[str]) -> list[Customer]:
        """The tenant's customers whose whole name is one of `names`, in any case; at most ten, ordered by id."""
        query = select(customers).where(
            customers.c.tenant_id == tenant_id,
            func.lower(customers.c.name).in_({_lowered(name) for name in names}),
        )
        async with self._database.read() as connection:
            # Ten people of one name are too many to choose from, and a name must not list the customers of the
            # bank.
            rows = await connection.execute(query.order_by(customers.c.customer_id).limit(10))
            return [Customer(**row._mapping) for row in rows]

    async def loans(self, tenant_id: str, customer_id: str) -> list[Loan]:
        """The terms of the customer's loans; the balance of the loan's account says how much is owed."""
        async with self._database.read() as connection:
            rows = (await connection.execute(_products(loans, tenant_id, customer_id))).all()
        return [
            Loan(
                account_id=row.account_id,
                principal=Money.from_minor(row.principal_minor, row.currency),
                # Whole basis points in the store: SQLite has no decimals, and a float would not be the rate of the
                # contract.
                annual_rate=Decimal(row.annual_rate_basis_points).scaleb(-4),
                term_months=row.term_months,
                instalment=Money.from_minor(row.instalment_minor, row.currency),
                started_on=row.started_on,
            )
            for row in rows
        ]

    async def holdings(self, tenant_id: str, customer_id: str) -> list[Holding]:
        """The securities of the customer's portfolios."""
        async with self._database.read() as connection:
            rows = (await connection.execute(_products(holdings, tenant_id, customer_id))).all()
        return [
            Holding(
                account_id=row.account_id,
                symbol=row.symbol,
                name=row.name,
                units=row.units,
                cost=Money.from_minor(row.cost_minor, row.currency),
                last_price=Money.from_minor(row.last_price_minor, row.currency),
            )
            for row in rows
        ]

    async def cards(self, tenant_id: str, customer_id: str) -> list[Card]:
        """The customer's debit cards."""
        async with self._database.read() as connection:
            rows = (await connection.execute(_products(cards, tenant_id, customer_id))).all()
        return [
            Card(
                card_id=row.card_id,
                account_id=row.account_id,
                last_digits=row.last_digits,
                status=row.status,
                expires_on=row.expires_on,
            )
            for row in rows
        ]
