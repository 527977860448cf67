"""`/desk/queue`: what needs a person, the most urgent first, and what a supervisor does with each case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from starlette.responses import Response

from ultracore.banking.cases import Case
from ultracore.desk.look import Look
from ultracore.desk.parts import DeskServer
from ultracore.desk.work import OUTCOMES, SNOOZES, QueueWork, Worker
from ultracore.errors import InvalidInput
from ultracore.principal import Role
from ultracore.web import PageNumber, PageTable, Site, Visit, see_other

READERS: Final = (Role.SUPERVISOR, Role.AUDITOR)
WORKERS: Final = (Role.SUPERVISOR,)
QUEUE: Final = "/desk/queue"


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as a row: `why` is what its rules say, `waits` how long it has waited."""

    case: Case
    why: tuple[str, ...]
    waits: str
    overdue: bool
    mine: bool
    talking: bool


class QueuePages:
    """The list of cases and a page for each."""

    def __init__(self, site: Site, server: DeskServer, look: Look) -> None:
        self._site = site
        self._server = server
        self._look = look

    def add_to(self, table: PageTable) -> None:
        """Put the routes into a table of pages."""
        table.add("GET", QUEUE, self._list, READERS)
        table.add("GET", QUEUE + "/{case}", self._one, READERS)
        table.add("POST", QUEUE + "/{case}", self._act, WORKERS)

    async def _list(self, visit: Visit) -> Response:
        page, cases = PageNumber.of(visit.request), self._server.parts().bank.cases
        snoozed, tenant = visit.request.query_params.get("show") == "snoozed", visit.principal.tenant_id
        found = await cases.waiting(tenant, limit=page.limit, offset=page.offset, snoozed=snoozed)
        return self._look.page(
            "queue.html",
            visit,
            leaf=page.leaf([self._row(visit, case) for case in found]),
            waiting=await cases.count(tenant),
            sleeping=await cases.count(tenant, snoozed=True),
            snoozed=snoozed,
            **self._shared(visit),
        )

    async def _one(self, visit: Visit) -> Response:
        worker, work = self._worker(visit)
        case = await work.case(worker, visit.named("case"))
        return self._look.page("case.html", visit, row=self._row(visit, case), case=case, **self._shared(visit))

    async def _act(self, visit: Visit) -> Response:
        worker, work = self._worker(visit)
        version = visit.form.text("version", "version", longest=9)
        case = await work.case(worker, visit.named("case"), int(version) if version.isdecimal() else 0)
        match visit.form.text("act", "what to do", longest=20):
            case "claim":
                await work.claim(worker, case)
            case "release":
                await work.release(worker, case)
            case "assign":
                await work.assign(worker, case, visit.form.text("colleague", "colleague", longest=64))
            case "snooze":
                await work.snooze(worker, case, int(_chosen(visit, "minutes", SNOOZES)))
            case "close":
                await work.close(worker, case, _chosen(visit, "outcome", OUTCOMES))
            case _:
                raise InvalidInput("unknown act", code="page.field", sentence="This cannot be done with a case.")
        return see_other(self._site, f"{QUEUE}/{case.case_id}")

    def _worker(self, visit: Visit) -> tuple[Worker, QueueWork]:
        parts = self._server.parts()
        worker = Worker(visit.principal, self._server.connection(visit.request))
        return worker, QueueWork(parts.bank, parts.trail)

    def _row(self, visit: Visit, case: Case) -> CaseRow:
        rules, now = self._server.parts().rules, datetime.now(UTC)
        return CaseRow(
            case,
            tuple(rules.says(name) for name in case.rules),
            _age((now - case.opened_at).total_seconds()),
            case.due_at < now,
            case.assigned_to == visit.principal.user_id,
            case.held_by == visit.principal.user_id,
        )

    def _shared(self, visit: Visit) -> Mapping[str, Any]:
        works = bool(visit.principal.roles & set(WORKERS))
        return {"works": works, "outcomes": OUTCOMES, "snoozes": SNOOZES}


def _chosen(visit: Visit, name: str, options: tuple[tuple[str, str], ...]) -> str:
    value = visit.form.text(name, name, longest=20)
    if value not in dict(options):
        raise InvalidInput(f"no such {name}", code="page.field", sentence=f"This cannot be used: {name}.")
    return value


def _age(seconds: float) -> str:
    """`3 min`, `2 h 05 min`, `4 days`."""
    minutes = max(0, int(seconds // 60))
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d} min" if hours < 48 else f"{hours // 24} days"
