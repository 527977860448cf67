"""What comes again in a customer's accounts, and what a purchase would leave until the next pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from ultracore.banking.days import day_of
from ultracore.banking.identifiers import Clock, utc_now
from ultracore.banking.ledger import AccountsService
from ultracore.banking.money import AUD, Money
from ultracore.banking.outlook.regular import LOOKED_BACK, Regular, regular_of
from ultracore.banking.statements import SpendingService, Window, lines_of
from ultracore.banking.store import Database
from ultracore.banking.values import AccountKind, AccountStatus

MONTHS: Final = 3
"""Whole months that the average of spending is taken over."""
_DAYS_WITHOUT_PAY: Final = 30
_MOST_LINES: Final = 5_000
_EVERYDAY: Final = frozenset({AccountKind.EVERYDAY, AccountKind.BUSINESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Affordability:
    """What `amount` would leave. `income` is the next pay that is expected, None if none comes regularly.

    `usual` is what is usually spent until `until`, by the average of the days from `since` to `before`.
    """

    amount: Money
    everyday: Money
    savings: Money
    income: Regular | None
    until: date
    since: date
    before: date
    usual: Money

    @property
    def left(self) -> Money:
        """What the everyday accounts would have just before the next pay."""
        return self.everyday - self.amount - self.usual

    @property
    def left_with_savings(self) -> Money:
        """The same with the savings counted in."""
        return self.left + self.savings


class OutlookService:
    """Reads the journal, writes nothing. Raises `LedgerUnavailable`."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def regular(self, tenant_id: str, customer_id: str) -> list[Regular]:
        """The payments that come again, the next one first."""
        today = day_of(self._clock())
        window = Window(since=today - LOOKED_BACK, until=today)
        async with self._database.read() as connection:
            lines = await lines_of(connection, tenant_id, customer_id, window, _MOST_LINES)
        return regular_of(lines, today)

    async def next_income(self, tenant_id: str, customer_id: str) -> Regular | None:
        """The next pay that is expected."""
        found = await self.regular(tenant_id, customer_id)
        return next((one for one in found if one.is_income), None)

    async def afford(self, tenant_id: str, customer_id: str, amount: Money) -> Affordability:
        """What a purchase of that amount, paid today, would leave until the next pay."""
        today = day_of(self._clock())
        balances = await AccountsService(self._database).of_customer(tenant_id, customer_id)
        usable = [
            one
            for one in balances
            if one.account.status is AccountStatus.ACTIVE and one.account.currency == AUD == amount.currency
        ]
        income = await self.next_income(tenant_id, customer_id)
        until = today + timedelta(days=_DAYS_WITHOUT_PAY) if income is None else max(income.expected, today)
        since, before = _whole_months(today)
        spent = await SpendingService(self._database).summarise(tenant_id, customer_id, since, before, "category")
        days, counted = Decimal((until - today).days), Decimal((before - since).days + 1)
        usual = (spent.total.amount * days / counted).quantize(Decimal("0.01"))
        zero = Money.from_minor(0)
        return Affordability(
            amount=amount,
            everyday=sum((one.available for one in usable if one.account.kind in _EVERYDAY), zero),
            savings=sum((one.available for one in usable if one.account.kind is AccountKind.SAVINGS), zero),
            income=income,
            until=until,
            since=since,
            before=before,
            usual=Money(usual),
        )


def _whole_months(today: date) -> tuple[date, date]:
    """First and last day of the last `MONTHS` months that are over."""
    before = today.replace(day=1) - timedelta(days=1)
    first = before.year * 12 + before.month - MONTHS
    return date(first // 12, first % 12 + 1, 1), before
