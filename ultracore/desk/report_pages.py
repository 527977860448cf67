"""`/desk/reports`: the record's four reports and the figures of conversations, on a page and as files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup
from starlette.responses import Response

from ultracore.audit.reports import ComplianceReporter, ConversationReporter, as_json
from ultracore.audit.vocabulary import ReportShown, ReportTaken
from ultracore.desk.look import Look
from ultracore.desk.parts import DeskServer
from ultracore.desk.queue_pages import READERS
from ultracore.desk.report_tables import ReportTable, conversation_tables, paper, record_tables, sheet_rows
from ultracore.desk.work import Worker, origin_of
from ultracore.documents import Document, FactList, Note, Typesetter
from ultracore.errors import InvalidInput
from ultracore.principal import Principal
from ultracore.web import PageTable, Site, Visit, sheet
from ultracore.zone import bank_zone, day_of, start_of

REPORTS: Final = "/desk/reports"
KINDS: Final = (
    ("conversations", "Conversations"),
    ("access", "Access"),
    ("transactions", "Transactions"),
    ("security", "Security"),
    ("compliance", "Compliance"),
)
MOST_DAYS: Final = 366
_USUAL_DAYS: Final = 7
_FIELDS: Final = frozenset({"report", "from", "to"})
_TYPES: Final = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}
_STYLE: Final = Path(__file__).parent / "assets" / "report.css"


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """Whole days of the bank, the first and the last included."""

    first: date
    last: date

    @property
    def since(self) -> datetime:
        """The period's first moment."""
        return start_of(self.first)

    @property
    def until(self) -> datetime:
        """The first moment that is not in it."""
        return start_of(self.last + timedelta(days=1))

    @property
    def before(self) -> ReportPeriod:
        """The period of the same number of days just before this one."""
        days = (self.last - self.first).days + 1
        return ReportPeriod(self.first - timedelta(days=days), self.first - timedelta(days=1))

    @property
    def days(self) -> list[str]:
        """Every day of it, as the reports name days."""
        count = (self.last - self.first).days + 1
        return [(self.first + timedelta(days=number)).isoformat() for number in range(count)]

    def told(self) -> dict[str, str]:
        """As an address and the record have it."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A report as values and as tables."""

    kind: str
    title: str
    period: ReportPeriod
    values: Mapping[str, Any]
    tables: Sequence[ReportTable]


class ReportPages:
    """Reports for supervisors and auditors, each on the record before it is shown."""

    def __init__(self, site: Site, server: DeskServer, look: Look) -> None:
        self._site = site
        self._server = server
        self._look = look
        self._typesetter = Typesetter()

    def add_to(self, table: PageTable) -> None:
        """Put the routes into a table of pages."""
        table.add("GET", REPORTS, self._page, READERS)
        for form in _TYPES:
            table.add("GET", f"{REPORTS}.{form}", self._file, READERS)

    async def _page(self, visit: Visit) -> Response:
        made = await self._made(visit)
        worker = self._worker(visit)
        event = ReportShown(by=worker.principal.user_id, kind=made.kind, period=made.period.told())
        await self._server.parts().trail.write(event, origin_of(worker))
        query = f"report={made.kind}&from={made.period.first}&to={made.period.last}"
        return self._look.page("reports.html", visit, query=query, kinds=KINDS, **_shared(made))

    async def _file(self, visit: Visit) -> Response:
        form = visit.request.url.path.rpartition(".")[2]
        made = await self._made(visit)
        worker = self._worker(visit)
        event = ReportTaken(by=worker.principal.user_id, kind=made.kind, period=made.period.told())
        await self._server.parts().trail.write(event, origin_of(worker))
        name = f"{made.kind}-{made.period.first}-{made.period.last}.{form}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        if form == "pdf":
            content = await self._typesetter.pdf(_document(made, visit.principal))
        else:
            content = self._text(visit, made, form)
        return Response(content, media_type=_TYPES[form], headers=headers)

    def _text(self, visit: Visit, made: MadeReport, form: str) -> bytes:
        if form == "json":
            # `default=str`, because sums are `Decimal`, which JSON would only take as a float.
            return json.dumps(made.values, indent=2, default=str, ensure_ascii=False).encode()
        if form == "csv":
            return sheet(sheet_rows(made.tables)).encode()
        # Nothing of it comes from elsewhere: it is opened from a disk, where no stylesheet of ours is.
        style = Markup(_STYLE.read_text("utf-8"))  # noqa: S704 - our own file
        tenant, maker = visit.principal.tenant_id, visit.principal.user_id
        page = self._look.templates.page(
            "report_file.html", visit, style_text=style, tenant=tenant, maker=maker, **_shared(made)
        )
        return bytes(page.body)

    async def _made(self, visit: Visit) -> MadeReport:
        """The report that the address asks for. Raises `InvalidInput` for one that there is not."""
        given = visit.request.query_params
        kind, period = given.get("report", KINDS[0][0]), _period(given)
        if kind not in dict(KINDS):
            raise _unusable("report")
        trail, tenant = self._server.parts().trail, visit.principal.tenant_id
        title = dict(KINDS)[kind]
        if kind == "conversations":
            reporter = ConversationReporter(trail)
            now, before = [await reporter.figures(tenant, one.since, one.until) for one in (period, period.before)]
            told = period.told()
            tables = conversation_tables(now, before, period.days)
            named = {"report_type": kind, "tenant_id": tenant, "period": told, "time_zone": bank_zone().key}
            return MadeReport(kind, title, period, {**named, **as_json(now), "before": as_json(before)}, tables)
        first, second = [
            await _of_record(ComplianceReporter(trail), kind, tenant, one) for one in (period, period.before)
        ]
        return MadeReport(
            kind, title, period, {**first, "before": second}, record_tables(first, second, period.days)
        )

    def _worker(self, visit: Visit) -> Worker:
        return Worker(visit.principal, self._server.connection(visit.request))


async def _of_record(reporter: ComplianceReporter, kind: str, tenant: str, period: ReportPeriod) -> dict[str, Any]:
    asked = (tenant, period.since, period.until)
    match kind:
        case "access":
            return await reporter.generate_access_report(*asked)
        case "transactions":
            return await reporter.generate_transaction_report(*asked)
        case "security":
            return await reporter.generate_security_report(*asked)
        case _:
            return await reporter.generate_compliance_report(*asked)


def _document(made: MadeReport, maker: Principal) -> Document:
    period, before = made.period, made.period.before
    facts = FactList(
        (
            ("Report", made.title),
            ("Period", f"{period.first} to {period.last}"),
            ("Compared with", f"{before.first} to {before.last}"),
            ("Bank", maker.tenant_id),
            ("Made by", maker.user_id),
        )
    )
    note = Note(f"Days are whole days of {bank_zone().key}. The report's page, {REPORTS}, says what is counted.")
    return Document(
        title=f"Report: {made.title}", parts=(facts, *paper(made.tables), note), made_at=datetime.now(UTC)
    )


def _shared(made: MadeReport) -> dict[str, Any]:
    return {"report": made, "zone": bank_zone().key, "made_at": datetime.now(UTC)}


def _period(given: Mapping[str, str]) -> ReportPeriod:
    unknown = [name for name in given if name not in _FIELDS]
    if unknown:
        raise _unusable(unknown[0])
    today = day_of(datetime.now(UTC))
    last = _day(given, "to") or today
    first = _day(given, "from") or last - timedelta(days=_USUAL_DAYS - 1)
    if not 0 <= (last - first).days < MOST_DAYS:
        sentence = f"A report is of 1 to {MOST_DAYS} days, and its first day comes before its last."
        raise InvalidInput("a period that cannot be used", code="desk.period", sentence=sentence)
    return ReportPeriod(first, last)


def _day(given: Mapping[str, str], name: str) -> date | None:
    if not given.get(name):
        return None
    try:
        day = date.fromisoformat(given[name])
        # The period before, and the day after, must be days as well.
        if not date(2000, 1, 1) <= day <= date(2200, 1, 1):
            raise ValueError("no day of a record")
    except ValueError as error:
        raise _unusable(name) from error
    return day


def _unusable(name: str) -> InvalidInput:
    shown = name[:40] if name.isprintable() else "a field"
    return InvalidInput(
        "a field that cannot be used", code="desk.filter", sentence=f"This cannot be used: {shown}."
    )
