"""`/desk/finance`: the trial balance at the end of a day, and its totals over a year, as a page and as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from starlette.responses import Response

from ultracore.audit.vocabulary import ReportShown, ReportTaken
from ultracore.banking import Money, day_text
from ultracore.banking.ledger import TrialBalance, TrialLine
from ultracore.errors import InvalidInput, ToolRefused
from ultracore.principal import Role
from ultracore.web import Forbidden, PageTable, Visit, sheet
from ultracore.wording import money_text
from ultracore.workbench.parts import Clerk, WorkbenchLook, WorkbenchServer
from ultracore.zone import day_of

READERS: Final = (Role.FINANCE,)
FINANCE: Final = "/desk/finance"
MONTHS: Final = 12
_TOOL: Final = "get_trial_balance"
"""Who may not ask Anya for the trial balance does not read it here."""
_KIND: Final = "trial_balance"
_NO_DAY: Final = "Please choose a day until today."
_COLUMNS: Final = ("day", "code", "account", "type", "accounts", "debit", "credit", "currency")


@dataclass(frozen=True, slots=True)
class BookLine:
    """A line of the trial balance, and by how much it has grown since the last end of a month."""

    line: TrialLine
    debit: str
    credit: str
    change: str


@dataclass(frozen=True, slots=True)
class BookTotals:
    """The sums of the columns at the end of a day, in one currency."""

    day: date
    name: str
    debits: str
    credits: str
    difference: str


class FinancePages:
    """The bank's figures. No customer is on these pages."""

    def __init__(self, server: WorkbenchServer, look: WorkbenchLook) -> None:
        self._server = server
        self._look = look

    def add_to(self, table: PageTable) -> None:
        """Put the routes into a table of pages."""
        table.add("GET", FINANCE, self._page, READERS)
        table.add("GET", FINANCE + ".csv", self._csv, READERS)

    async def _page(self, visit: Visit) -> Response:
        clerk, day = self._clerk(visit), _day(visit)
        books = await _books(clerk, day)
        period = _period(books)
        await clerk.tell(ReportShown(by=clerk.user_id, kind=_KIND, period=period))
        now, before = books[0], books[1]
        return self._look.page(
            "finance.html",
            visit,
            day=day,
            day_name=day_text(day),
            before=day_text(before.as_of),
            balanced=all(one.balanced for one in books),
            lines=_lines(now, before),
            totals=[one for book in books for one in _totals(book)],
        )

    async def _csv(self, visit: Visit) -> Response:
        clerk, day = self._clerk(visit), _day(visit)
        books = await _books(clerk, day)
        await clerk.tell(ReportTaken(by=clerk.user_id, kind=_KIND, period=_period(books)))
        rows = [_row(book.as_of, line) for book in books for line in book.lines]
        headers = {"Content-Disposition": f'attachment; filename="trial-balance-{day.isoformat()}.csv"'}
        return Response(sheet([_COLUMNS, *rows]), media_type="text/csv; charset=utf-8", headers=headers)

    def _clerk(self, visit: Visit) -> Clerk:
        """The visitor, if the bank's policy gives them the books. Raises `Forbidden`."""
        clerk = self._server.clerk(visit)
        if not clerk.bank.access.may_use(visit.principal, _TOOL).allowed:
            raise Forbidden("the policy does not give this role the trial balance")
        return clerk


def _day(visit: Visit) -> date:
    """The day that the address names, today without one. Raises `InvalidInput`."""
    named = visit.request.query_params.get("day", "")
    if not named:
        return day_of(datetime.now(UTC))
    try:
        read = datetime.strptime(named, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidInput("no day", code="page.field", sentence=_NO_DAY) from error
    # Eleven ends of months lie before it.
    if read.year < 1900:
        raise InvalidInput("too early", code="page.field", sentence=_NO_DAY)
    return date(read.year, read.month, read.day)


async def _books(clerk: Clerk, day: date) -> Sequence[TrialBalance]:
    """The trial balance of the day, and of the ends of months before it, the newest first."""
    days = [day]
    while len(days) < MONTHS:
        days.append(days[-1].replace(day=1) - timedelta(days=1))
    try:
        return [await clerk.bank.trial_balance.at(clerk.tenant_id, one) for one in days]
    except ToolRefused as error:
        raise InvalidInput("a day to come", code="page.field", sentence=_NO_DAY) from error


def _period(books: Sequence[TrialBalance]) -> dict[str, str]:
    return {"from": books[-1].as_of.isoformat(), "to": books[0].as_of.isoformat()}


def _lines(now: TrialBalance, before: TrialBalance) -> list[BookLine]:
    earlier = {(one.code, one.debit.currency): one for one in before.lines}
    return [_line(one, earlier.get((one.code, one.debit.currency))) for one in now.lines]


def _line(line: TrialLine, earlier: TrialLine | None) -> BookLine:
    change = _signed(line, line.normal_side) - (0 if earlier is None else _signed(earlier, line.normal_side))
    return BookLine(
        line,
        debit=_amount(line.debit) if line.debit.minor else "",
        credit=_amount(line.credit) if line.credit.minor else "",
        change=_amount(Money.from_minor(change, line.debit.currency)),
    )


def _signed(line: TrialLine, side: str) -> int:
    """The line's balance in cents, as its usual side counts it."""
    minor = line.debit.minor - line.credit.minor
    return minor if side == "debit" else -minor


def _totals(book: TrialBalance) -> list[BookTotals]:
    return [
        BookTotals(
            book.as_of, day_text(book.as_of), _amount(one.debits), _amount(one.credits), _amount(one.difference)
        )
        for one in book.totals
    ]


def _row(day: date, line: TrialLine) -> tuple[object, ...]:
    sums = str(line.debit), str(line.credit), line.debit.currency
    return (day.isoformat(), line.code, line.name, line.type, line.accounts, *sums)


def _amount(amount: Money) -> str:
    return money_text(amount.amount, amount.currency)
