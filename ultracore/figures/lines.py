"""The lines of the ledger behind a figure, read from the ledger and not from what the tool has said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final, cast, get_args

from ultracore.ai.tracing import ResultPlace
from ultracore.banking import Bank
from ultracore.banking.statements import AccountLine, By, Statement, Wanted, Window, is_of_group
from ultracore.errors import ToolRefused
from ultracore.zone import day_of

MOST_SHOWN: Final = 50
_LATEST: Final = 5
_BALANCE_DAYS: Final = 60
_MOST_READ: Final = 2_000
_THIS_LINE: Final = "This line of the ledger."
_ALIKE: Final = "Lines of the ledger that are alike on that day."
_ADD_UP: Final = "These {count} lines add up to it, exact to the cent."
_LATEST_LINES: Final = "The account's latest lines then, with the balance after each."
_PAYMENT: Final = "What this payment is in the ledger."
_RECEIPTS: Final = ("receipt_number", "receipt")
_SUMS: Final = {"summarise_spending": False, "summarise_income": True}
"""Tools whose results are sums of lines, and whether they are of money that came in."""


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line as its account's holder reads it. `balance` is the account's after it, if that is what is shown."""

    at: datetime
    account: str
    description: str
    amount: Decimal
    currency: str
    balance: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LedgerLines:
    """Lines with a sentence about what they are to the figure, which may name how many; `more` are not shown."""

    sentence: str
    lines: Sequence[LedgerLine]
    more: int = 0

    @property
    def count(self) -> int:
        """How many there are in all."""
        return len(self.lines) + self.more


@dataclass(frozen=True, slots=True)
class LedgerReader:
    """Finds the lines of one customer. Raises `LedgerUnavailable`."""

    bank: Bank
    tenant_id: str
    customer_id: str

    async def behind(self, place: ResultPlace) -> LedgerLines | None:
        """What the ledger has behind a place of a result; None for what is no sum of lines, as a rate."""
        result, holder = place.holders[0], place.holders[-1]
        try:
            if receipt := next((holder[name] for name in _RECEIPTS if isinstance(holder.get(name), str)), None):
                return await self._paid(receipt)
            if place.look_up.tool in _SUMS:
                return await self._added_up(place)
            if {"date", "description", "amount"} <= holder.keys():
                return await self._line(holder, str(holder.get("account_id") or result.get("account_id") or ""))
            if {"account_id", "money_in", "money_out"} <= result.keys():
                return await self._period(place)
            if isinstance(holder.get("account_id"), str) and place.field in ("balance", "available_balance"):
                return await self._balance(place, holder["account_id"])
        # An account that was closed since, or a result of an older version.
        except (ToolRefused, ValueError, InvalidOperation):
            return None
        return None

    async def _paid(self, receipt_number: str) -> LedgerLines | None:
        found = await self.bank.proposals.paid(self.tenant_id, self.customer_id, receipt_number)
        if found is None:
            return None
        _, receipt = found
        day = day_of(receipt.posted_at)
        wanted = Wanted(window=Window(since=day, until=day))
        lines = await self.bank.search.find(self.tenant_id, self.customer_id, wanted, _MOST_READ)
        own = [line for line in lines.lines if line.entry_id == receipt.entry_id]
        return _shown(_PAYMENT, own) if own else None

    async def _line(self, holder: Mapping[str, Any], account_id: str) -> LedgerLines | None:
        """The line that a result quotes; all that are alike, since a day may have two of them."""
        day, size = date.fromisoformat(str(holder["date"])[:10]), abs(Decimal(str(holder["amount"])))
        window = Window(account_id=account_id or None, since=day, until=day)
        wanted = Wanted(window=window, least=size, most=size)
        found = await self.bank.search.find(self.tenant_id, self.customer_id, wanted, _MOST_READ)
        alike = [line for line in found.lines if line.description == holder["description"]]
        if not alike:
            return None
        return _shown(_THIS_LINE if len(alike) == 1 else _ALIKE, alike)

    async def _added_up(self, place: ResultPlace) -> LedgerLines | None:
        result, holder = place.holders[0], place.holders[-1]
        since, until = date.fromisoformat(str(result["since"])), date.fromisoformat(str(result["until"]))
        incoming = _SUMS[place.look_up.tool]
        lines = await self.bank.spending.behind(self.tenant_id, self.customer_id, since, until, incoming=incoming)
        if isinstance(result.get("category"), str):
            lines = [line for line in lines if line.category == result["category"]]
        amount = result["total"]
        if isinstance(holder.get("label"), str):
            by = str(result.get("by", "payee"))
            lines = [
                line
                for line in lines
                if by in get_args(By) and is_of_group(line, cast(By, by), _label(holder, by))
            ]
            amount = holder["amount"]
        elif "label" in holder or place.field not in ("total", "count"):
            return None
        lines = [line for line in lines if line.posted_at <= place.look_up.at]
        # Only if they do: the group of the rest, or a ledger that has moved on, would show lines that are not it.
        if sum((abs(line.amount.amount) for line in lines), Decimal(0)) != abs(Decimal(str(amount))):
            return None
        return _shown(_THIS_LINE if len(lines) == 1 else _ADD_UP, lines)

    async def _period(self, place: ResultPlace) -> LedgerLines | None:
        result = place.holders[0]
        since, until = date.fromisoformat(str(result["since"])), date.fromisoformat(str(result["until"]))
        found = await self._statement(str(result["account_id"]), since, until)
        signs = {"money_in": 1, "money_out": -1}
        sign = signs.get(place.field)
        if sign is None:
            return _with_balances(found, place)
        lines = [one.line for one in found.lines if one.line.amount.amount * sign > 0]
        lines = [line for line in lines if line.posted_at <= place.look_up.at]
        if sum((abs(line.amount.amount) for line in lines), Decimal(0)) != place.value:
            return None
        return _shown(_THIS_LINE if len(lines) == 1 else _ADD_UP, lines[::-1])

    async def _balance(self, place: ResultPlace, account_id: str) -> LedgerLines | None:
        until = day_of(place.look_up.at)
        found = await self._statement(account_id, until - timedelta(days=_BALANCE_DAYS), until)
        return _with_balances(found, place)

    async def _statement(self, account_id: str, since: date, until: date) -> Statement:
        whose = self.tenant_id, self.customer_id
        return await self.bank.statements.statement(*whose, account_id, since, until, most=_MOST_READ)


def _with_balances(found: Statement, place: ResultPlace) -> LedgerLines | None:
    until = [one for one in found.lines if one.line.posted_at <= place.look_up.at]
    if not until:
        return None
    return LedgerLines(
        _LATEST_LINES, [_told(one.line, one.balance.amount) for one in until[-1 : -_LATEST - 1 : -1]]
    )


def _shown(sentence: str, lines: Sequence[AccountLine]) -> LedgerLines:
    return LedgerLines(
        _LATEST_LINES, [_told(line) for line in lines[:MOST_SHOWN]], max(0, len(lines) - MOST_SHOWN)
    )


def _told(line: AccountLine, balance: Decimal | None = None) -> LedgerLine:
    money = line.amount
    return LedgerLine(line.posted_at, line.account_name, line.description, money.amount, money.currency, balance)


def _label(holder: Mapping[str, Any], by: str) -> str:
    """The label as the ledger's groups have it: a month is told by its name."""
    text = str(holder["label"])
    return datetime.strptime(text, "%B %Y").strftime("%Y-%m") if by == "month" else text  # noqa: DTZ007 - a month
