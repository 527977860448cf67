"""A year of the demo customers' lives, from a fixed seed, ending at the day of the seeding.

Amounts depend on the seed alone and dates on the day alone, but for interest, which is reckoned backwards from the
stated balances; so each account ends at its stated balance to the cent on every day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from random import Random
from typing import Final

from ultracore.banking.demo import world
from ultracore.banking.demo.patterns import PATTERNS, Pattern
from ultracore.banking.demo.world import ACCOUNTS, CUSTOMERS, internal_account_id

DAYS: Final = 365
# Fixed, because documents and tests name figures of this history.
_SEED: Final = 20_261_123

_TENANT_OF: Final = {customer.customer_id: customer.tenant_id for customer in CUSTOMERS}
_RATES: Final = {"acc_2": world.SAVINGS_RATE_BASIS_POINTS, "acc_4": world.LOAN_RATE_BASIS_POINTS}


@dataclass(frozen=True, slots=True)
class Movement:
    """Money from one account to another: one entry with two postings."""

    at: datetime
    tenant_id: str
    kind: str
    description: str
    source: str
    target: str
    cents: int
    payee_id: str | None = None

    def effect_on(self, account_id: str) -> int:
        """The cents that it adds to the account; negative if it takes them."""
        return self.cents * ((self.target == account_id) - (self.source == account_id))


def year_until(today: date) -> list[Movement]:
    """The movements of the `DAYS` days before `today`, in order, opening balances first."""
    first = today - timedelta(days=DAYS)
    random = Random(_SEED)  # noqa: S311 - a plausible history, not a secret
    movements = [movement for pattern in PATTERNS for movement in _occurrences(pattern, first, random)]
    movements += _purchases_of_securities(first)
    movements += [item for account, rate in _RATES.items() for item in _interest(account, rate, movements, today)]
    # In the order of time, because entries are numbered as they come and statements follow the numbers.
    movements.sort(key=lambda movement: movement.at)
    return [*_openings(movements, first), *movements]


def _moment(first: date, day: int, seconds: int) -> datetime:
    return datetime.combine(first + timedelta(days=day), time(), UTC) + timedelta(seconds=seconds)


def _days_of(pattern: Pattern, first: date) -> Iterator[int]:
    if pattern.weekdays_only:
        yield from (day for day in range(1, DAYS) if (first + timedelta(days=day)).weekday() < 5)
        return
    start = pattern.first_day
    if pattern.weekday is not None:
        # Between day 1 and 7, so that the number of occurrences in the year is the same for every start.
        start = 1 + (pattern.weekday - (first + timedelta(days=1)).weekday()) % 7
    yield from range(start, DAYS, pattern.every_days)


def _occurrences(pattern: Pattern, first: date, random: Random) -> Iterator[Movement]:
    for day in _days_of(pattern, first):
        cents = random.randint(pattern.low_cents, pattern.high_cents)
        source, target = pattern.account_id, pattern.other_account_id
        yield Movement(
            at=_moment(first, day, random.randint(7 * 3600, 21 * 3600)),
            tenant_id=pattern.tenant_id,
            kind=pattern.kind,
            description=random.choice(pattern.descriptions),
            source=target if pattern.incoming else source,
            target=source if pattern.incoming else target,
            cents=cents,
            payee_id=pattern.payee_id,
        )


def _purchases_of_securities(first: date) -> Iterator[Movement]:
    for holding in world.HOLDINGS:
        for day, units, cents in holding.buys:
            yield Movement(
                at=_moment(first, day, 2 * 3600),
                tenant_id="tenant_1",
                kind="securities_purchase",
                description=f"Bought {units} {holding.symbol}",
                source="acc_6",
                target=internal_account_id("tenant_1", "clearing"),
                cents=units * cents,
            )


def _interest(account_id: str, basis_points: int, others: Iterable[Movement], today: date) -> Iterator[Movement]:
    """Interest on the first of each month, on the balance of that moment, reckoned backwards from the last one."""
    final = next(account for account in ACCOUNTS if account.account_id == account_id)
    tenant_id = _TENANT_OF[final.customer_id]
    bank = internal_account_id(tenant_id, "interest")
    later = sorted((m for m in others if m.effect_on(account_id)), key=lambda m: m.at, reverse=True)
    balance, rate = final.cents, Fraction(basis_points, 10_000 * 12)
    for at in _firsts_of_months(today):
        while later and later[0].at > at:
            balance -= later.pop(0).effect_on(account_id)
        # Backwards: the balance after the interest is known, the one before it is what the rate applies to.
        cents = round(balance * rate / (1 + rate))
        balance -= cents
        paid = Movement(at, tenant_id, "interest", "Interest earned", bank, account_id, cents)
        charged = replace(paid, description="Interest charged", source=account_id, target=bank, cents=-cents)
        yield paid if cents > 0 else charged


def _firsts_of_months(today: date) -> Iterator[datetime]:
    """From the newest to the oldest, after the first day of the history and before `today`."""
    for days_ago in range(1, DAYS):
        day = today - timedelta(days=days_ago)
        if day.day == 1:
            yield datetime.combine(day, time(0, 5), UTC)


def _openings(movements: list[Movement], first: date) -> Iterator[Movement]:
    for account in ACCOUNTS:
        cents = account.cents - sum(movement.effect_on(account.account_id) for movement in movements)
        tenant_id = _TENANT_OF[account.customer_id]
        equity = internal_account_id(tenant_id, "opening_equity")
        owed = cents < 0
        yield Movement(
            at=_moment(first, 0, 0),
            tenant_id=tenant_id,
            kind="opening_balance",
            description="Balance brought forward",
            source=account.account_id if owed else equity,
            target=equity if owed else account.account_id,
            cents=abs(cents),
        )
