"""A report as tables, each of which a page, a printed file and a spreadsheet show alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from ultracore.audit.reports import ConversationFigures
from ultracore.desk.plots import Plot, plot_of
from ultracore.documents import Column, Lines, Note

_FIGURE: Final = re.compile(r"[+-]?[\d.,]*")
_BESIDE: Final = ("Figure", "This period", "The one before", "Change")


@dataclass(frozen=True, slots=True)
class ReportCell:
    """A value, and the query of the list of conversations that it counts, if there is one."""

    text: str
    query: str = ""


@dataclass(frozen=True, slots=True)
class ReportTable:
    """Rows under a title; `plot` shows the same."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[ReportCell]]
    plot: Plot | None = None


@dataclass(frozen=True, slots=True)
class _Links:
    """Makes the queries of the list of conversations in one period."""

    first: str
    last: str

    def __call__(self, **fields: str) -> str:
        return urlencode({**fields, "from": self.first, "to": self.last})


def conversation_tables(
    now: ConversationFigures, before: ConversationFigures, days: Sequence[str]
) -> list[ReportTable]:
    """The figures of conversations on these days, beside those of the period before."""
    link = _Links(days[0], days[-1])
    answers = [
        _row(one.agent, one.model, one.prompt_version[:16], one.answers, one.tokens, f"{one.cost:.6f}")
        + _row(_seconds(one.median_seconds), _seconds(one.slowest_seconds))
        for one in now.answers
    ]
    tools = [
        [
            ReportCell(one.tool, link(tool=one.tool)),
            *_row(one.done, one.failed, one.unknown),
            ReportCell(str(one.denied), link(tool=one.tool, decision="denied") if one.denied else ""),
        ]
        for one in now.tools
    ]
    languages = [_row(*one) for one in now.languages.items()]
    ratings = [_row(one.agent, one.good, one.bad) for one in now.ratings]
    unmet = [_row(one.kind.replace("_", " "), one.what or "-", one.reason, one.count) for one in now.unmet[:20]]
    columns = ("Agent", "Model", "Prompt version", "Answers", "Tokens", "Cost (USD)", "Median s", "Slowest s")
    return [
        ReportTable("In short", _BESIDE, _in_short(now, before, link)),
        _by_day("Conversations by day", now.by_day, days),
        ReportTable("Answers, by agent and model", columns, answers),
        ReportTable("Tools", ("Tool", "Done", "Failed", "Unknown", "Refused"), tools),
        ReportTable("Ratings, by agent", ("Agent", "Helpful", "Not helpful"), ratings),
        ReportTable("Answers, by language", ("Language", "Answers"), languages),
        ReportTable("Hand-overs", ("From and to", "Times"), [_row(*one) for one in now.hand_overs.items()]),
        ReportTable("What people did not get", ("Kind", "Tool", "Reason", "Times"), unmet),
    ]


def _in_short(now: ConversationFigures, before: ConversationFigures, link: _Links) -> list[list[ReportCell]]:
    queries = {
        "Conversations": link(),
        "Asked for a person": link(event="person"),
        "With a failed turn": link(event="failed"),
        "Answers rated as not helpful": link(rating="bad"),
        "Answers rated as helpful": link(rating="good"),
        "Tool calls refused": link(decision="denied"),
    }
    earlier = dict(_scalars(before))
    rows = [_compared(name, value, earlier[name], queries.get(name, "")) for name, value in _scalars(now)]
    shares = [_share(figures) for figures in (now, before)]
    return [*rows, _row("Contained, in per cent", *shares, "")]


def _scalars(one: ConversationFigures) -> list[tuple[str, int | Decimal]]:
    return [
        ("Conversations", one.conversations),
        ("Messages", one.messages),
        ("Contained", one.contained),
        ("Asked for a person", one.asked_for_person),
        ("With a failed turn", one.with_failure),
        ("Came back within 24 hours", one.came_back),
        ("Hand-overs between agents", sum(one.hand_overs.values())),
        ("Answers", sum(each.answers for each in one.answers)),
        ("Tool calls done", sum(each.done for each in one.tools)),
        ("Tool calls refused", sum(each.denied for each in one.tools)),
        ("Answers rated as helpful", sum(each.good for each in one.ratings)),
        ("Answers rated as not helpful", sum(each.bad for each in one.ratings)),
        ("Tokens", sum(each.tokens for each in one.answers)),
        ("Cost (USD)", sum((each.cost for each in one.answers), Decimal(0))),
    ]


def record_tables(now: Mapping[str, Any], before: Mapping[str, Any], days: Sequence[str]) -> list[ReportTable]:
    """One of the record's four reports on these days, beside that of the period before."""
    told, earlier = _summary(now), _summary(before)
    scalars = {name: value for name, value in told.items() if not isinstance(value, Mapping)}
    short = [_compared(_named(name), value, earlier.get(name, 0)) for name, value in scalars.items()]
    tables = [ReportTable("In short", _BESIDE, short), _by_day("By day", now["by_day"], days)]
    for name, value in told.items():
        if isinstance(value, Mapping):
            tables.append(_counted(_named(name), value, earlier.get(name, {})))
    violations = [
        _row(one["time"], one["check_type"], one["severity"], one["event_id"]) for one in now.get("violations", ())
    ]
    if violations:
        tables.append(ReportTable("Violations", ("When (UTC)", "Check", "Severity", "Event"), violations))
    return tables


def _by_day(title: str, counted: Mapping[str, int], days: Sequence[str]) -> ReportTable:
    """A count by the bank's days, those without any included, and its plot."""
    known = {day: counted.get(day, 0) for day in days}
    return ReportTable(title, ("Day", "Number"), [_row(*one) for one in known.items()], plot_of(title, known))


def _summary(made: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = made["summary"] if "summary" in made else made["checks"]
    return found


def _counted(title: str, now: Mapping[str, int], before: Mapping[str, int]) -> ReportTable:
    names = [*now, *(name for name in before if name not in now)]
    rows = [_compared(name, now.get(name, 0), before.get(name, 0)) for name in names]
    return ReportTable(title, _BESIDE, rows)


def _compared(name: str, now: Any, before: Any, query: str = "") -> list[ReportCell]:
    change = now - before
    shown = f"+{change}" if change > 0 else str(change)
    return [ReportCell(name), ReportCell(str(now), query if now else ""), *_row(before, shown)]


def _row(*values: object) -> list[ReportCell]:
    return [ReportCell(str(value)) for value in values]


def _named(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _share(one: ConversationFigures) -> str:
    return f"{100 * one.contained / one.conversations:.1f}" if one.conversations else "-"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def sheet_rows(tables: Iterable[ReportTable]) -> list[list[str]]:
    """All tables below each other, each under its title."""
    rows: list[list[str]] = []
    for table in tables:
        rows += [[table.title], list(table.columns), *([cell.text for cell in row] for row in table.rows), []]
    return rows


def paper(tables: Iterable[ReportTable]) -> list[Lines | Note]:
    """The tables for a document: columns of words share the room that figures leave; an empty table is said."""
    return [_lines(table) if table.rows else Note(f"{table.title}: nothing in this period.") for table in tables]


def _lines(table: ReportTable) -> Lines:
    rows = [[cell.text for cell in row] for row in table.rows]
    columns = [_column(name, [row[at] for row in rows]) for at, name in enumerate(table.columns)]
    return Lines(columns, rows, table.title)


def _column(name: str, cells: Sequence[str]) -> Column:
    counts = all(_FIGURE.fullmatch(cell) for cell in cells)
    return Column(name, right=counts, wide=not counts)
