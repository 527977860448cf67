"""Results that are worked out from the ledger, such as a credit score, kept under the state they were made from.

A kept result counts only while the ledger is in that very state, which is read again at every use: any write of
the customer's, on any replica, makes it worthless at once. Balances, limits, the fraud score before a transfer and
everything else that is checked are no such results: they are read from the ledger each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec
from sqlalchemy import ScalarSelect, and_, bindparam, func, select

from ultracore.banking.days import day_of
from ultracore.banking.identifiers import Clock
from ultracore.banking.store import Database, total
from ultracore.banking.store.tables import accounts, balances, customers, holds, loans, payees, postings

T = TypeVar("T")

# Raised when a rule behind a derived result changes, so that replicas of two versions do not take each other's.
_RULES: Final = "1"


class Derivations(Protocol):
    """A place outside the ledger that keeps results. It may lose them at any time, and raises nothing."""

    async def find(self, kind: str, tenant_id: str, customer_id: str, version: str) -> bytes | None:
        """The result that was kept for this very version; None if there is none, or it cannot be trusted."""

    async def keep(self, kind: str, tenant_id: str, customer_id: str, version: str, result: bytes) -> None:
        """Keep the result of one version in place of the one before."""


@dataclass(frozen=True, slots=True)
class DerivedKind(Generic[T]):
    """A kind of result: its stable name, and its type, a dataclass."""

    name: str
    type: type[T]


class DerivedResults:
    """Asks `keeper` before a result is made; without one everything is read from the ledger.

    Only composition sets `keeper`, once Redis is open.
    """

    def __init__(self, database: Database, policy_version: str, clock: Clock) -> None:
        self.keeper: Derivations | None = None
        self._database = database
        self._policy_version = policy_version
        self._clock = clock

    async def of(
        self, kind: DerivedKind[T], tenant_id: str, customer_id: str, make: Callable[[], Awaitable[T]]
    ) -> T:
        """The kept result if nothing has changed since, else what `make` reads. Raises what `make` raises."""
        keeper = self.keeper
        version = None if keeper is None else await self.version(tenant_id, customer_id)
        # An unknown customer has no version; `make` refuses them with the right words.
        if keeper is None or version is None:
            return await make()
        kept = await keeper.find(kind.name, tenant_id, customer_id, version)
        found = None if kept is None else _read(kept, kind.type)
        if found is not None:
            return found
        made = await make()
        # Looked at again: what was read in the middle of a change belongs to neither state.
        if await self.version(tenant_id, customer_id) == version:
            await keeper.keep(kind.name, tenant_id, customer_id, version, msgspec.json.encode(made))
        return made

    async def version(self, tenant_id: str, customer_id: str) -> str | None:
        """A digest of the state of the ledger that results of this customer hang on; None for an unknown one."""
        async with self._database.read() as connection:
            row = (await connection.execute(_STATE, {"tenant": tenant_id, "customer": customer_id})).one_or_none()
        if row is None:
            return None
        state = [_RULES, self._policy_version, day_of(self._clock()).isoformat(), *map(str, row)]
        return hashlib.sha256("|".join(state).encode()).hexdigest()


def _read(kept: bytes, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(kept, type=kind)
    except msgspec.MsgspecError:
        return None


def _of_accounts(what: Any, table: Any, *more: Any) -> ScalarSelect[Any]:
    """An aggregate over the rows of a table that hang on the customer's accounts."""
    owned = accounts.alias()
    join = and_(owned.c.account_id == table.c.account_id, owned.c.customer_id == customers.c.customer_id)
    return select(what).select_from(table).join(owned, join).where(*more).correlate(customers).scalar_subquery()


def _of_payees(what: Any) -> ScalarSelect[Any]:
    query = select(what).where(payees.c.customer_id == customers.c.customer_id)
    return query.correlate(customers).scalar_subquery()


_ACTIVE: Final = holds.c.status == "active"
# Postings are added and never change, so their number stands for the newest entry: an index gives it, while the
# entry's own number would have to be looked up for each of them.
_STATE: Final = select(
    customers.c.kind,
    customers.c.since,
    customers.c.kyc_status,
    customers.c.risk_rating,
    _of_accounts(func.count(), postings),
    _of_accounts(func.count(), balances),
    _of_accounts(total(balances.c.balance_minor), balances),
    _of_accounts(func.count(), holds, _ACTIVE),
    _of_accounts(total(holds.c.amount_minor), holds, _ACTIVE),
    _of_accounts(func.count(), loans),
    _of_accounts(total(loans.c.principal_minor), loans),
    _of_accounts(total(loans.c.instalment_minor), loans),
    _of_payees(func.count()),
    _of_payees(total(payees.c.version)),
).where(
    customers.c.tenant_id == bindparam("tenant"),
    customers.c.customer_id == bindparam("customer"),
)
