"""Interest that has built up on an account since it was last paid or charged, exact, actual days over 365.

Each Sydney day counts with the balance at its end and the rate that was valid on it; today counts once it is over.
The sum is exact and rounded once, half a cent up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.days import day_of, end_of, start_of
from ultracore.banking.identifiers import Clock, utc_now
from ultracore.banking.ledger import owned_balance
from ultracore.banking.money import Money, decimals_of
from ultracore.banking.store import Database
from ultracore.banking.store.tables import entries, interest_rates, loans, postings
from ultracore.banking.values import Account, AccountKind, AccountStatus
from ultracore.errors import ToolRefused

DAY_COUNT: Final = "actual days / 365"
# Rates are basis points: one division at the end instead of one a day keeps the sum exact.
_YEAR: Final = 365 * 10_000

Rates = tuple[tuple[date, int], ...]
"""From which day on which rate in basis points holds, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """`accrued` is positive if the bank owes it, negative if the customer does. `days` end before today.

    `unrounded` is the exact sum to eight decimals. `annual_rate` is today's, as a fraction: 0.0435 is 4.35 %.
    """

    account: Account
    since: date
    days: int
    annual_rate: Decimal
    accrued: Money
    unrounded: Decimal


class InterestService:
    """Reads the journal and the rates, writes nothing. Raises `LedgerUnavailable`."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def to_date(self, tenant_id: str, customer_id: str, account_id: str) -> Accrual:
        """The interest that has built up until the end of yesterday. Raises `ToolRefused`: `account.not_found`,
        `account.closed`."""
        async with self._database.read() as connection:
            account = (await owned_balance(connection, tenant_id, customer_id, account_id)).account
            if account.status is AccountStatus.CLOSED:
                raise account_closed()
            return await accrual_of(connection, account, day_of(self._clock()))

    async def paid(
        self, tenant_id: str, customer_id: str, account_id: str, since: date, until: date
    ) -> tuple[Money, int]:
        """Interest that was paid (positive) or charged (negative) on these Sydney days, both included, and how
        often. Raises `ToolRefused` (`account.not_found`)."""
        async with self._database.read() as connection:
            account = (await owned_balance(connection, tenant_id, customer_id, account_id)).account
            rows = (
                await connection.execute(
                    _posted(account).where(
                        entries.c.kind == "interest",
                        entries.c.posted_at >= start_of(since),
                        entries.c.posted_at < end_of(until),
                    )
                )
            ).all()
        return Money.from_minor(sum(row.amount_minor for row in rows), account.currency), len(rows)

    async def annual_rate(self, tenant_id: str, kind: AccountKind) -> Decimal:
        """Today's rate for new accounts of a kind, as a fraction; zero if none is set."""
        async with self._database.read() as connection:
            rates = await _rates_of_kind(connection, tenant_id, kind)
        return _fraction(_rate_on(rates, day_of(self._clock())))


def account_closed() -> ToolRefused:
    """Nothing can be done with a closed account but reading its history."""
    return ToolRefused(
        "The account is closed; only its past transactions and statements can be read.",
        code="account.closed",
        sentence="That account is closed. I can still show its past transactions and statements.",
    )


async def accrual_of(connection: AsyncConnection, account: Account, today: date) -> Accrual:
    """`InterestService.to_date` as the transaction sees it, until the end of the day before `today`."""
    rates = await _rates(connection, account)
    since = await _since(connection, account, today)
    cents = await _accrued(connection, account, since, today, rates)
    minor = _rounded(cents, 0)
    return Accrual(
        account=account,
        since=since,
        days=(today - since).days,
        annual_rate=_fraction(_rate_on(rates, today)),
        accrued=Money.from_minor(int(minor), account.currency),
        unrounded=_rounded(cents / 10 ** decimals_of(account.currency), 8),
    )


async def _rates(connection: AsyncConnection, account: Account) -> Rates:
    if account.kind is not AccountKind.LOAN:
        return await _rates_of_kind(connection, account.tenant_id, account.kind)
    query = select(loans.c.started_on, loans.c.annual_rate_basis_points).where(
        loans.c.account_id == account.account_id
    )
    return tuple((row.started_on, row.annual_rate_basis_points) for row in await connection.execute(query))


async def _rates_of_kind(connection: AsyncConnection, tenant_id: str, kind: AccountKind) -> Rates:
    query = (
        select(interest_rates.c.valid_from, interest_rates.c.annual_rate_basis_points)
        .where(interest_rates.c.tenant_id == tenant_id, interest_rates.c.kind == kind.value)
        .order_by(interest_rates.c.valid_from)
    )
    return tuple((row.valid_from, row.annual_rate_basis_points) for row in await connection.execute(query))


def _rate_on(rates: Rates, day: date) -> int:
    return next((points for valid_from, points in reversed(rates) if valid_from <= day), 0)


def _fraction(basis_points: int) -> Decimal:
    return Decimal(basis_points).scaleb(-4)


def _posted(account: Account) -> Select[Any]:
    return (
        select(entries.c.posted_at, postings.c.amount_minor)
        .join(entries, and_(entries.c.entry_id == postings.c.entry_id, entries.c.posted == 1))
        .where(postings.c.account_id == account.account_id)
    )


async def _since(connection: AsyncConnection, account: Account, today: date) -> date:
    """The day of the last interest entry, else of the first entry of all, else today."""
    posted = _posted(account)
    paid = posted.where(entries.c.kind == "interest").with_only_columns(func.max(entries.c.posted_at))
    opened = posted.with_only_columns(func.min(entries.c.posted_at))
    moment = (await connection.execute(paid)).scalar() or (await connection.execute(opened)).scalar()
    return today if moment is None else min(day_of(moment), today)


async def _accrued(
    connection: AsyncConnection, account: Account, since: date, today: date, rates: Rates
) -> Fraction:
    """In smallest units, exact."""
    moved: dict[date, int] = {}
    balance = 0
    for posted_at, amount in (await connection.execute(_posted(account))).all():
        day = day_of(posted_at)
        if day < since:
            balance += amount
        else:
            moved[day] = moved.get(day, 0) + amount
    total = 0
    # Up to yesterday, because the balance at the end of today is not known yet.
    for offset in range((today - since).days):
        day = since + timedelta(days=offset)
        balance += moved.get(day, 0)
        total += balance * _rate_on(rates, day)
    return Fraction(total, _YEAR)


def _rounded(value: Fraction, places: int) -> Decimal:
    """To so many decimals, half away from zero. Exact until here: the quotient is taken with integers."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    # With integers throughout: a quotient of `Decimal` would already be rounded to 28 digits.
    return (Decimal(whole) if value >= 0 else -Decimal(whole)).scaleb(-places)
