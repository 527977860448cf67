"""Destinations that a customer may pay: own accounts and saved payees, by any name that people or models use."""

from __future__ import annotations

import unicodedata

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.store import Database, account_of, payee_of
from ultracore.banking.store.tables import accounts, payees
from ultracore.banking.values import Destination, Payee, PayeeKind
from ultracore.errors import ToolRefused
from ultracore.wording import destination_name


def fold_name(name: str) -> str:
    """The form in which payee names are compared: NFKC, case folded, runs of white space as one blank."""
    # Folded, because a model writes names as it likes and must find the saved payee all the same.
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


class PayeesService:
    """Saved payees. Removed ones, and other customers', look as if they had never been saved."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_customer(self, tenant_id: str, customer_id: str) -> list[Payee]:
        """The customer's payees, ordered by name. Raises `LedgerUnavailable`."""
        query = (
            select(payees)
            .where(
                payees.c.tenant_id == tenant_id,
                payees.c.customer_id == customer_id,
                payees.c.status != "removed",
            )
            .order_by(payees.c.folded_name)
        )
        async with self._database.read() as connection:
            return [payee_of(row) for row in await connection.execute(query)]

    async def resolve(self, tenant_id: str, customer_id: str, destination: str) -> Destination:
        """The destination that is meant: an own account's id, or a saved payee's id, name or account.

        An own account comes first, then the payee's id, name and account id, in this order. Names are compared
        as `fold_name` gives them. Raises `ToolRefused` (`payee.not_saved`) and `LedgerUnavailable`.
        """
        async with self._database.read() as connection:
            return await resolve(connection, tenant_id, customer_id, destination)


async def resolve(connection: AsyncConnection, tenant_id: str, customer_id: str, destination: str) -> Destination:
    """`PayeesService.resolve`, as the transaction sees it."""
    own = select(accounts).where(
        accounts.c.tenant_id == tenant_id,
        accounts.c.customer_id == customer_id,
        accounts.c.account_id == destination,
    )
    # An own account comes first: a payee that was named like its id must never be paid in its place.
    row = (await connection.execute(own)).one_or_none()
    if row is not None:
        account = account_of(row)
        return Destination(
            account_id=account.account_id, name=account.name, last_digits=account.last_digits, payee=None
        )
    payee = await _saved(connection, tenant_id, customer_id, destination)
    return Destination(account_id=payee.account_id, name=payee.name, last_digits=payee.last_digits, payee=payee)


async def _saved(connection: AsyncConnection, tenant_id: str, customer_id: str, destination: str) -> Payee:
    # What is shown to people and models comes back as it was shown; then kind and digits have to fit as well.
    quoted = destination.startswith("“")
    folded = fold_name(destination_name(destination) if quoted else destination)
    query = select(payees).where(
        payees.c.tenant_id == tenant_id,
        payees.c.customer_id == customer_id,
        payees.c.status != "removed",
        or_(
            payees.c.payee_id == destination,
            payees.c.folded_name == folded,
            # Billers and other banks share the bank's own accounts, whose ids name no payee.
            and_(payees.c.account_id == destination, payees.c.kind == PayeeKind.INTERNAL.value),
        ),
    )
    saved = [payee_of(row) for row in await connection.execute(query)]
    found = [payee for payee in saved if not quoted or payee.text == destination]
    if not found:
        raise ToolRefused(
            "There is no saved payee of that name, id or account, and no own account.",
            code="payee.not_saved",
            sentence="I can only pay your own accounts and the payees that you have saved.",
        )
    return min(found, key=lambda payee: (payee.payee_id != destination, fold_name(payee.name) != folded))
