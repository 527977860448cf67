"""A customer's spending, by category, month or payee, exact to the cent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from ultracore.banking.money import AUD, Money
from ultracore.banking.statements.categories import NOT_SPENT, Category
from ultracore.banking.statements.lines import AccountLine, Window, lines_of
from ultracore.banking.store import Database
from ultracore.errors import ToolRefused

By = Literal["category", "month", "payee"]
MOST_GROUPS: Final = 24
MOST_LINES: Final = 20_000
EVERYTHING_ELSE: Final = "everything else"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One heap of spending. `amount` is positive; `label` is a category, a month (`2026-11`) or a name."""

    label: str
    amount: Money
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """The groups sum to `total` exactly. Months are in order; other groups by amount, largest first."""

    since: date
    until: date
    total: Money
    count: int
    groups: tuple[Group, ...]


class SpendingService:
    """Reads the journal, writes nothing. Raises `LedgerUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def summarise(self, tenant_id: str, customer_id: str, since: date, until: date, by: By) -> Spending:
        """Money that left the customer's accounts on these Sydney days, both included.

        Not counted: moves between own accounts, investments bought, and interest that a loan account was charged.
        Raises `ToolRefused` (`arguments.invalid`) if there is more than this can sum at once.
        """
        window = Window(since=since, until=until)
        async with self._database.read() as connection:
            lines = await lines_of(connection, tenant_id, customer_id, window, MOST_LINES)
        # Refused rather than cut: a sum over part of the lines would look like the whole.
        if len(lines) == MOST_LINES:
            message = "That is too much to add up at once; give a shorter period."
            raise ToolRefused(message, code="arguments.invalid", sentence=message)
        spent = [line for line in lines if _is_spending(line)]
        return Spending(
            since=since,
            until=until,
            total=_sum(spent),
            count=len(spent),
            groups=tuple(_groups(spent, by)),
        )

    async def received(
        self, tenant_id: str, customer_id: str, since: date, until: date, by: By, category: Category | None = None
    ) -> Spending:
        """Money that came in on these Sydney days, both included; of one category only if one is given.

        Not counted: moves between own accounts, sold investments, and what pays a loan.
        Raises as `summarise` does.
        """
        window = Window(since=since, until=until)
        async with self._database.read() as connection:
            lines = await lines_of(connection, tenant_id, customer_id, window, MOST_LINES)
        if len(lines) == MOST_LINES:
            message = "That is too much to add up at once; give a shorter period."
            raise ToolRefused(message, code="arguments.invalid", sentence=message)
        came = [line for line in lines if _is_income(line) and category in (None, line.category)]
        total = sum((line.amount for line in came), Money.from_minor(0))
        return Spending(
            since=since, until=until, total=total, count=len(came), groups=tuple(_groups(came, by, sign=1))
        )

    async def behind(
        self, tenant_id: str, customer_id: str, since: date, until: date, *, incoming: bool = False
    ) -> Sequence[AccountLine]:
        """The lines that `summarise` adds up, or with `incoming` those of `received`, newest first."""
        window = Window(since=since, until=until)
        async with self._database.read() as connection:
            lines = await lines_of(connection, tenant_id, customer_id, window, MOST_LINES)
        counts = _is_income if incoming else _is_spending
        return [line for line in lines if counts(line)]


def is_of_group(line: AccountLine, by: By, label: str) -> bool:
    """True if a line belongs to the group with this label."""
    return _LABELS[by](line) == label


def _is_income(line: AccountLine) -> bool:
    return (
        line.amount.amount > 0
        and line.account_kind != "loan"
        and line.category not in NOT_SPENT
        and line.amount.currency == AUD
    )


def _is_spending(line: AccountLine) -> bool:
    return (
        line.amount.amount < 0
        # Interest that a loan is charged is paid by its instalments, and would count twice.
        and line.account_kind != "loan"
        and line.category not in NOT_SPENT
        # Amounts of two currencies cannot be added.
        and line.amount.currency == AUD
    )


_LABELS: Final[Mapping[By, Callable[[AccountLine], str]]] = {
    "category": lambda line: line.category,
    "month": lambda line: f"{line.day:%Y-%m}",
    "payee": lambda line: line.payee or line.description,
}


def _sum(lines: Iterable[AccountLine]) -> Money:
    return sum((-line.amount for line in lines), Money.from_minor(0))


def _groups(lines: Iterable[AccountLine], by: By, sign: int = -1) -> list[Group]:
    label_of = _LABELS[by]
    heaps: dict[str, list[AccountLine]] = {}
    for line in lines:
        heaps.setdefault(label_of(line), []).append(line)
    groups = [
        Group(label=label, amount=_sum(heap) if sign < 0 else -_sum(heap), count=len(heap))
        for label, heap in heaps.items()
    ]
    if by == "month":
        return sorted(groups, key=lambda group: group.label)
    groups.sort(key=lambda group: (-group.amount.amount, group.label))
    return _bounded(groups)


def _bounded(groups: list[Group]) -> list[Group]:
    """The largest groups and one for the rest, so that the sum stays what it is."""
    if len(groups) <= MOST_GROUPS:
        return groups
    rest = groups[MOST_GROUPS - 1 :]
    amount = sum((group.amount for group in rest), Money.from_minor(0))
    count = sum(group.count for group in rest)
    return [*groups[: MOST_GROUPS - 1], Group(label=EVERYTHING_ELSE, amount=amount, count=count)]
