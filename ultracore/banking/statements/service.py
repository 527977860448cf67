"""Statements: opening balance, every line, closing balance, which add up exactly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Final

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.days import day_of, day_text, start_of
from ultracore.banking.identifiers import Clock, utc_now
from ultracore.banking.ledger import owned_balance
from ultracore.banking.money import Money
from ultracore.banking.statements.lines import AccountLine, Window, lines_of
from ultracore.banking.store import Database, total
from ultracore.banking.store.tables import entries, postings
from ultracore.banking.values import Account
from ultracore.errors import ToolRefused

# Long enough for a year, also a leap year, and not longer: a statement is held in memory as a whole.
LONGEST_DAYS: Final = 366
MOST_LINES: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """A line and the account's balance right after it."""

    line: AccountLine
    balance: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Lines oldest first. `opening + money_in - money_out == closing`, to the cent; `money_out` is positive."""

    account: Account
    since: date
    until: date
    opening: Money
    closing: Money
    money_in: Money
    money_out: Money
    lines: tuple[StatementLine, ...]


def refuse_period(message: str) -> ToolRefused:
    """A period that cannot be used; the message says what to write."""
    return ToolRefused(message, code="arguments.invalid", sentence=message)


def check_period(since: date, until: date, today: date) -> None:
    """Raise `ToolRefused` (`arguments.invalid`) for a period that runs backwards, is to come or is too long."""
    if since > until:
        raise refuse_period(
            f"The period ends ({day_text(until)}) before it begins ({day_text(since)}); put the earlier day first."
        )
    if since > today:
        raise refuse_period(f"{day_text(since)} is still to come; give a start of {day_text(today)} or before.")
    if (until - since).days >= LONGEST_DAYS:
        last = since + timedelta(days=LONGEST_DAYS - 1)
        raise refuse_period(f"A period has at most {LONGEST_DAYS} days; end it on {day_text(last)} or before.")


class StatementsService:
    """Reads the journal, writes nothing. Raises `LedgerUnavailable`."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def statement(
        self,
        tenant_id: str,
        customer_id: str,
        account_id: str,
        since: date,
        until: date,
        *,
        most: int = MOST_LINES,
    ) -> Statement:
        """The account on these Sydney days, both included; days to come are left out, and more than `most` lines
        are refused.

        Raises `ToolRefused`: `account.not_found`, or `arguments.invalid` for a period that cannot be used.
        """
        today = day_of(self._clock())
        check_period(since, until, today)
        until = min(until, today)
        window = Window(account_id=account_id, since=since, until=until)
        async with self._database.read() as connection:
            # Balance, opening and lines in one transaction, or a payment in between would break the sum.
            balance = await owned_balance(connection, tenant_id, customer_id, account_id)
            opening = await _balance_before(connection, balance.account, since)
            # One more than allowed, to see that there are more without counting them.
            lines = await lines_of(connection, tenant_id, customer_id, window, most + 1)
        if len(lines) > most:
            raise refuse_period(f"That is more than {most:,} lines; give a shorter period, such as one month.")
        return _statement(balance.account, since, until, opening, lines[::-1])


async def _balance_before(connection: AsyncConnection, account: Account, day: date) -> Money:
    query = (
        select(total(postings.c.amount_minor))
        .join(entries, and_(entries.c.entry_id == postings.c.entry_id, entries.c.posted == 1))
        .where(postings.c.account_id == account.account_id, entries.c.posted_at < start_of(day))
    )
    return Money.from_minor((await connection.execute(query)).scalar_one(), account.currency)


def _statement(account: Account, since: date, until: date, opening: Money, lines: list[AccountLine]) -> Statement:
    zero = Money.from_minor(0, account.currency)
    balances = list(accumulate((line.amount for line in lines), initial=opening))
    after = zip(lines, balances[1:], strict=True)
    return Statement(
        account=account,
        since=since,
        until=until,
        opening=opening,
        closing=balances[-1],
        money_in=sum((line.amount for line in lines if line.amount.amount > 0), zero),
        money_out=sum((-line.amount for line in lines if line.amount.amount < 0), zero),
        lines=tuple(StatementLine(line=line, balance=balance) for line, balance in after),
    )
