"""A customer's income, spending and debts by the month, read from the journal. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Final

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.customers import CustomersService
from ultracore.banking.days import day_of, end_of
from ultracore.banking.ledger import AccountsService
from ultracore.banking.lending.rules import INCOME_KINDS, LIVING_COST_FLOOR, NOT_SPENDING_KINDS, WINDOW_DAYS
from ultracore.banking.lending.values import Finances
from ultracore.banking.money import AUD, Money
from ultracore.banking.store import Database, total
from ultracore.banking.store.tables import accounts, entries, postings
from ultracore.banking.values import AccountKind, Balance, Customer, Loan

_LIQUID: Final = (AccountKind.EVERYDAY, AccountKind.SAVINGS, AccountKind.BUSINESS)
# Not repayments: they move a loan's balance too, but are no money that the customer brought.
_NO_REPAYMENT_KINDS: Final = ("opening_balance", "interest")
_MONTHS: Final = 6
_FEWEST_DAYS: Final = 28
"""A shorter history is read as if it had this many days: one pay makes no income of a month."""


@dataclass(frozen=True, slots=True)
class _Flow:
    """One entry as it changed all the customer's money, in cents; own transfers come to zero."""

    kind: str
    at: datetime
    net: int


async def finances_of(
    database: Database,
    customer: Customer,
    customers: CustomersService,
    accounts_of: AccountsService,
    now: datetime,
) -> Finances:
    """Read the last `WINDOW_DAYS` days, today's whole day among them. AUD only. Raises `LedgerUnavailable`."""
    key = (customer.tenant_id, customer.customer_id)
    today = day_of(now)
    # Whole days of the bank, so that the same journal gives the same figures all day long.
    now = end_of(today)
    since = now - timedelta(days=WINDOW_DAYS)
    running = _running(await customers.loans(*key), balances := await accounts_of.of_customer(*key))
    async with database.read() as connection:
        days = _days(await _first_posting(connection, *key), now)
        flows = await _flows(connection, *key, since, now)
        repaid = await _repaid(connection, *key, since, now)
    spending = _monthly(_spent(flows), days)
    if customer.kind == "person":
        # For people only: a business has no cost of living beside what leaves its accounts.
        spending = max(spending, Money(LIVING_COST_FLOOR))
    return Finances(
        days=days,
        months_with_income=_months_with_income(flows, now),
        income=_monthly(sum(flow.net for flow in flows if flow.kind in INCOME_KINDS), days),
        spending=spending,
        rent=_monthly(-sum(flow.net for flow in flows if flow.kind == "rent"), days),
        repayments=Money.from_minor(sum(loan.instalment.minor for loan in running)),
        due=Money.from_minor(sum(_due(loan, days, today) for loan in running)),
        repaid=Money.from_minor(repaid),
        owed=Money.from_minor(-sum(_minor_of(balances, (AccountKind.LOAN,)))),
        liquid=Money.from_minor(sum(_minor_of(balances, _LIQUID))),
        years_with_us=whole_years(customer.since, today),
    )


def whole_years(since: date, today: date) -> int:
    """How many anniversaries have passed."""
    return max(today.year - since.year - ((today.month, today.day) < (since.month, since.day)), 0)


def _monthly(minor: int, days: int) -> Money:
    # A `Fraction`, rounded once: monthly figures are compared with limits to the cent.
    return Money.from_minor(round(Fraction(minor * 365, 12 * days)))


def _spent(flows: Sequence[_Flow]) -> int:
    return -sum(flow.net for flow in flows if flow.net < 0 and flow.kind not in NOT_SPENDING_KINDS)


def _months_with_income(flows: Sequence[_Flow], now: datetime) -> int:
    length = timedelta(days=WINDOW_DAYS) / _MONTHS
    return len({int((now - flow.at) / length) for flow in flows if flow.kind in INCOME_KINDS and flow.net > 0})


def _minor_of(balances: Iterable[Balance], kinds: Sequence[AccountKind]) -> Iterable[int]:
    return (one.balance.minor for one in balances if one.account.kind in kinds and one.account.currency == AUD)


def _running(loans: Sequence[Loan], balances: Sequence[Balance]) -> list[Loan]:
    owing = {balance.account.account_id for balance in balances if balance.balance.minor < 0}
    return [loan for loan in loans if loan.account_id in owing]


def _due(loan: Loan, days: int, today: date) -> int:
    """The instalments of the whole months in the window in which the loan ran, in cents."""
    ran = min(days, max((today - loan.started_on).days, 0))
    # Whole months only, so that a loan of three weeks is not behind with a first instalment that is not due.
    return int(loan.instalment.minor * (ran * 12 // 365))


def _days(first: datetime | None, now: datetime) -> int:
    known = (now - first).days if first is not None else 0
    return max(min(known, WINDOW_DAYS), _FEWEST_DAYS)


async def _first_posting(connection: AsyncConnection, tenant_id: str, customer_id: str) -> datetime | None:
    query = (
        select(entries.c.posted_at)
        .join(postings, postings.c.entry_id == entries.c.entry_id)
        .join(accounts, accounts.c.account_id == postings.c.account_id)
        .where(accounts.c.tenant_id == tenant_id, accounts.c.customer_id == customer_id, entries.c.posted == 1)
        .order_by(entries.c.posted_at)
        .limit(1)
    )
    return (await connection.execute(query)).scalar_one_or_none()


async def _flows(
    connection: AsyncConnection, tenant_id: str, customer_id: str, since: datetime, until: datetime
) -> list[_Flow]:
    query = (
        select(entries.c.kind, entries.c.posted_at, total(postings.c.amount_minor).label("net"))
        .join(postings, postings.c.entry_id == entries.c.entry_id)
        .join(accounts, accounts.c.account_id == postings.c.account_id)
        .where(accounts.c.tenant_id == tenant_id, accounts.c.customer_id == customer_id)
        .where(entries.c.posted == 1, postings.c.currency == AUD)
        .where(entries.c.posted_at >= since, entries.c.posted_at < until)
        # By entry and not by line, so that a move between two own accounts adds up to nothing.
        .group_by(entries.c.entry_id, entries.c.kind, entries.c.posted_at)
    )
    return [_Flow(row.kind, row.posted_at, row.net) for row in await connection.execute(query)]


async def _repaid(
    connection: AsyncConnection, tenant_id: str, customer_id: str, since: datetime, until: datetime
) -> int:
    query = (
        select(total(postings.c.amount_minor))
        .join(accounts, accounts.c.account_id == postings.c.account_id)
        .join(entries, and_(entries.c.entry_id == postings.c.entry_id, entries.c.posted == 1))
        .where(accounts.c.tenant_id == tenant_id, accounts.c.customer_id == customer_id)
        .where(accounts.c.kind == AccountKind.LOAN.value, postings.c.currency == AUD, postings.c.amount_minor > 0)
        .where(entries.c.kind.not_in(_NO_REPAYMENT_KINDS))
        .where(entries.c.posted_at >= since, entries.c.posted_at < until)
    )
    return int((await connection.execute(query)).scalar_one())
