"""The trial balance: every account's postings up to a day, in debit and credit columns. No customer is named.

A posting is signed as its account's holder sees it, so a positive sum is a credit balance and a negative one a
debit balance. Customers' accounts stand as one control line a kind; the bank's own accounts stand by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from sqlalchemy import Row, Select, and_, func, select

from ultracore.banking.days import day_of, day_text, end_of
from ultracore.banking.identifiers import Clock, utc_now
from ultracore.banking.money import AUD, Money
from ultracore.banking.store import Database, total
from ultracore.banking.store.tables import accounts, entries, postings
from ultracore.banking.values import AccountKind
from ultracore.errors import ToolRefused

Type = Literal["asset", "liability", "equity", "income", "expense"]
Side = Literal["debit", "credit"]

NORMAL_SIDE: Final[dict[Type, Side]] = {
    "asset": "debit",
    "liability": "credit",
    "equity": "credit",
    "income": "credit",
    "expense": "debit",
}

_OF_CUSTOMERS: Final[dict[str, tuple[str, Type]]] = {
    AccountKind.LOAN: ("Loans to customers", "asset"),
    AccountKind.EVERYDAY: ("Customers' everyday accounts", "liability"),
    AccountKind.SAVINGS: ("Customers' savings accounts", "liability"),
    AccountKind.BUSINESS: ("Customers' business accounts", "liability"),
    AccountKind.PORTFOLIO_SETTLEMENT: ("Customers' portfolio cash", "liability"),
}
_OF_THE_BANK: Final[dict[str, tuple[Type, Type]]] = {
    "clearing": ("asset", "liability"),
    "cards": ("asset", "liability"),
    "billers": ("asset", "liability"),
    "interest": ("expense", "income"),
    "fees": ("income", "income"),
    "opening_equity": ("equity", "equity"),
}
"""The type of the bank's own accounts, first with a debit balance and then with a credit one: what is settled with
others is owed to us or by us, and interest costs or earns, as the case may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialLine:
    """One line: at most one of `debit` and `credit` is not zero. `accounts` is how many it adds up."""

    code: str
    name: str
    type: Type
    accounts: int
    debit: Money
    credit: Money

    @property
    def normal_side(self) -> Side:
        """The side that accounts of the type usually stand on."""
        return NORMAL_SIDE[self.type]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyTotals:
    """The two columns' sums in one currency."""

    debits: Money
    credits: Money

    @property
    def difference(self) -> Money:
        """Debits less credits: zero in books that balance."""
        return self.debits - self.credits


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialBalance:
    """`totals` by currency, AUD first; always one of AUD."""

    as_of: date
    lines: tuple[TrialLine, ...]
    totals: tuple[CurrencyTotals, ...]

    @property
    def balanced(self) -> bool:
        """True if no currency has a difference."""
        return all(not total.difference.minor for total in self.totals)


class TrialBalanceService:
    """Adds up postings, not stored balances. Raises `LedgerUnavailable`."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def at(
        self, tenant_id: str, as_of: date | None = None, *, include_zero_balances: bool = False
    ) -> TrialBalance:
        """The trial balance of a tenant at the end of a Sydney day, None for today so far.

        Raises `ToolRefused` (`date.in_future`).
        """
        today = day_of(self._clock())
        day = as_of or today
        if day > today:
            raise ToolRefused(
                f"The books are known until today, {day_text(today)}; ask for that day or an earlier one.",
                code="date.in_future",
            )
        async with self._database.read() as connection:
            rows = (await connection.execute(_query(tenant_id, day))).all()
        lines = tuple(_line(row) for row in rows)
        return TrialBalance(
            as_of=day,
            lines=tuple(line for line in lines if include_zero_balances or line.debit.minor or line.credit.minor),
            # Over all lines, also those that are not shown.
            totals=tuple(_totals(lines)),
        )


def _query(tenant_id: str, day: date) -> Select[Any]:
    dated = (
        select(postings.c.account_id, postings.c.currency, postings.c.amount_minor)
        .join(entries, and_(entries.c.entry_id == postings.c.entry_id, entries.c.posted == 1))
        .where(entries.c.tenant_id == tenant_id, entries.c.posted_at < end_of(day))
        .subquery()
    )
    currency = func.coalesce(dated.c.currency, accounts.c.currency)
    return (
        select(
            accounts.c.kind,
            accounts.c.purpose,
            func.min(accounts.c.name).label("name"),
            currency.label("currency"),
            func.count(accounts.c.account_id.distinct()).label("number"),
            total(dated.c.amount_minor).label("minor"),
        )
        # Accounts without a posting stay in, because zero balances can be asked for.
        .outerjoin(dated, dated.c.account_id == accounts.c.account_id)
        .where(accounts.c.tenant_id == tenant_id)
        .group_by(accounts.c.kind, accounts.c.purpose, currency)
        .order_by(accounts.c.purpose.is_not(None), accounts.c.kind, accounts.c.purpose, currency)
    )


def _line(row: Row[Any]) -> TrialLine:
    if row.purpose is None:
        name, type_ = _OF_CUSTOMERS.get(row.kind, (f"Customers' {row.kind} accounts", "liability"))
    else:
        name, type_ = row.name, _OF_THE_BANK.get(row.purpose, ("asset", "liability"))[row.minor >= 0]
    return TrialLine(
        code=row.purpose or f"customers.{row.kind}",
        name=name,
        type=type_,
        accounts=row.number,
        debit=Money.from_minor(max(-row.minor, 0), row.currency),
        credit=Money.from_minor(max(row.minor, 0), row.currency),
    )


def _totals(lines: tuple[TrialLine, ...]) -> list[CurrencyTotals]:
    currencies = sorted({AUD, *(line.debit.currency for line in lines)}, key=lambda code: (code != AUD, code))
    return [
        CurrencyTotals(
            debits=Money.from_minor(sum(line.debit.minor for line in lines if line.debit.currency == code), code),
            credits=Money.from_minor(
                sum(line.credit.minor for line in lines if line.credit.currency == code), code
            ),
        )
        for code in currencies
    ]
