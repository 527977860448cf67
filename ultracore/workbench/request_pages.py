"""`/desk/requests`: what a member of staff has asked for, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from starlette.responses import Response

from ultracore.ai.presses import summary_of
from ultracore.banking import Proposal, ProposalStatus
from ultracore.principal import Role
from ultracore.web import PageNumber, PageTable, Visit
from ultracore.workbench.parts import WorkbenchLook, WorkbenchServer

READERS: Final = (Role.TELLER, Role.SECURITY)
REQUESTS: Final = "/desk/requests"
_STATES: Final[Mapping[ProposalStatus, str]] = {
    ProposalStatus.OPEN: "not confirmed by you yet",
    ProposalStatus.WAITING: "waits for a supervisor",
    ProposalStatus.CLAIMED: "approved, is being done",
    ProposalStatus.DONE: "done",
    ProposalStatus.FAILED: "not done",
    ProposalStatus.DECLINED: "declined",
    ProposalStatus.EXPIRED: "ran out",
    ProposalStatus.VOID: "no longer possible",
}


@dataclass(frozen=True, slots=True)
class RequestRow:
    """What was asked for in words, and its present state."""

    request: Proposal
    what: str
    state: str
    waits: bool


class RequestPages:
    """The list of one's own requests, and of no other person's."""

    def __init__(self, server: WorkbenchServer, look: WorkbenchLook) -> None:
        self._server = server
        self._look = look

    def add_to(self, table: PageTable) -> None:
        """Put the route into a table of pages."""
        table.add("GET", REQUESTS, self._list, READERS)

    async def _list(self, visit: Visit) -> Response:
        clerk, page = self._server.clerk(visit), PageNumber.of(visit.request)
        asked = clerk.bank.two_persons.asked_by
        found = await asked(clerk.tenant_id, clerk.user_id, limit=page.limit, offset=page.offset)
        now = datetime.now(UTC)
        return self._look.page("requests.html", visit, leaf=page.leaf([_row(one, now) for one in found]))


def _row(request: Proposal, now: datetime) -> RequestRow:
    # A sweep writes it down within a minute; until then it must not look as if it still waited.
    over = request.status in (ProposalStatus.OPEN, ProposalStatus.WAITING) and request.expires_at <= now
    status = ProposalStatus.EXPIRED if over else request.status
    return RequestRow(request, summary_of(request), _STATES[status], status is ProposalStatus.WAITING)
