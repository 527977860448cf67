"""`/desk/incidents`: what customers have reported to security, and what the security desk does about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from starlette.responses import Response

from ultracore.audit.vocabulary import IncidentStep, IncidentWorked
from ultracore.banking.safety import IncidentChange, IncidentChanged, IncidentFile, IncidentLink
from ultracore.errors import InvalidInput
from ultracore.principal import Role
from ultracore.web import NoSuchPage, PageNumber, PageTable, Site, Visit, see_other
from ultracore.workbench.parts import Clerk, WorkbenchLook, WorkbenchServer
from ultracore.workbench.ties import require_no_tie

READERS: Final = (Role.SECURITY,)
INCIDENTS: Final = "/desk/incidents"
OUTCOMES: Final = (
    ("customer_protected", "The customer is protected"),
    ("money_recovered", "Money was brought back"),
    ("given_to_police", "Given to the police"),
    ("duplicate", "The same as another report"),
    ("false_alarm", "A false alarm"),
)
_ACTION: Final = "incident"
_NOBODY: Final = "There is nobody of that login at your bank's security desk. Nothing was changed."
_NO_TARGET: Final = "There is no such report or conversation at your bank. Nothing was changed."


class IncidentPages:
    """The lists of incidents and a page for each."""

    def __init__(self, site: Site, server: WorkbenchServer, look: WorkbenchLook) -> None:
        self._site = site
        self._server = server
        self._look = look

    def add_to(self, table: PageTable) -> None:
        """Put the routes into a table of pages."""
        table.add("GET", INCIDENTS, self._list, READERS)
        table.add("GET", INCIDENTS + "/{incident}", self._one, READERS)
        table.add("POST", INCIDENTS + "/{incident}", self._act, READERS)

    async def _list(self, visit: Visit) -> Response:
        clerk, page = self._server.clerk(visit), PageNumber.of(visit.request)
        desk, tenant = clerk.bank.security.incident_desk, clerk.tenant_id
        is_open = visit.request.query_params.get("show") != "ended"
        found = await desk.files(tenant, is_open=is_open, limit=page.limit, offset=page.offset)
        return self._look.page(
            "incidents.html",
            visit,
            leaf=page.leaf(found),
            is_open=is_open,
            waiting=await desk.count(tenant, is_open=True),
            ended=await desk.count(tenant, is_open=False),
        )

    async def _one(self, visit: Visit) -> Response:
        return await self._page(visit, self._server.clerk(visit))

    async def _page(self, visit: Visit, clerk: Clerk, problem: str = "") -> Response:
        file = await _file(clerk, visit.named("incident"))
        await clerk.opens(file.customer_id, action=_ACTION, reference=file.reference)
        return self._look.page(
            "incident.html",
            visit,
            status=409 if problem else 200,
            problem=problem,
            file=file,
            customer=await clerk.bank.customers.get(clerk.tenant_id, file.customer_id),
            outcomes=OUTCOMES,
            outcome=dict(OUTCOMES).get(file.outcome or "", file.outcome),
        )

    async def _act(self, visit: Visit) -> Response:
        clerk = self._server.clerk(visit)
        try:
            await _changed(clerk, visit)
        except IncidentChanged as error:
            return await self._page(visit, clerk, error.sentence)
        return see_other(self._site, f"{INCIDENTS}/{visit.named('incident')}")


async def _file(clerk: Clerk, reference: str) -> IncidentFile:
    file = await clerk.bank.security.incident_desk.get(clerk.tenant_id, reference)
    if file is None:
        raise NoSuchPage("no such incident")
    await require_no_tie(clerk, file.customer_id, file.reported_by, action=_ACTION, reference=file.reference)
    return file


async def _changed(clerk: Clerk, visit: Visit) -> None:
    file = await _file(clerk, visit.named("incident"))
    if visit.form.text("version", "version", longest=9) != str(file.version) or file.status != "open":
        raise IncidentChanged("the incident has changed")
    match visit.form.text("act", "what to do", longest=20):
        case "take":
            await _do(clerk, file, "assigned", clerk.user_id, IncidentChange(assigned_to=clerk.user_id))
        case "assign":
            colleague = await _colleague(clerk, visit.form.text("colleague", "colleague", longest=64))
            await _do(clerk, file, "assigned", colleague, IncidentChange(assigned_to=colleague))
        case "release":
            await _do(clerk, file, "released", None, IncidentChange(assigned_to=None))
        case "link":
            link = await _target(clerk, file, visit.form.text("target", "report or conversation", longest=128))
            change = IncidentChange(assigned_to=file.assigned_to, link=link)
            await _do(clerk, file, "linked", link.target, change)
        case "close":
            outcome = visit.form.text("outcome", "outcome", longest=32)
            if outcome not in dict(OUTCOMES):
                raise InvalidInput("no such outcome", code="page.field", sentence="Please choose an outcome.")
            change = IncidentChange(assigned_to=file.assigned_to, outcome=outcome)
            await _do(clerk, file, "closed", outcome, change)
        case _:
            raise InvalidInput("unknown act", code="page.field", sentence="This cannot be done with a report.")


async def _do(
    clerk: Clerk, file: IncidentFile, step: IncidentStep, target: str | None, change: IncidentChange
) -> None:
    told: Callable[..., IncidentWorked] = partial(
        IncidentWorked, by=clerk.user_id, reference=file.reference, step=step, target=target
    )
    desk = clerk.bank.security.incident_desk
    await clerk.recorded(lambda _: desk.change(file, change), told, file.customer_id)


async def _colleague(clerk: Clerk, login: str) -> str:
    user = await clerk.bank.users.get(login)
    if user is None or user.tenant_id != clerk.tenant_id or Role.SECURITY not in user.roles:
        raise InvalidInput("no colleague", code="incident.no_colleague", sentence=_NOBODY)
    return user.user_id


async def _target(clerk: Clerk, file: IncidentFile, target: str) -> IncidentLink:
    other = await clerk.bank.security.incident_desk.get(clerk.tenant_id, target.upper())
    if other is not None and other.incident_id != file.incident_id:
        return IncidentLink("incident", other.reference)
    if not target.startswith("system:"):
        stream = await (await clerk.trail.store()).stream(target)
        if stream is not None and stream.tenant_id == clerk.tenant_id:
            return IncidentLink("conversation", stream.stream_id)
    raise InvalidInput("no such target", code="incident.no_target", sentence=_NO_TARGET)
