"""`/desk/alerts`: what the rules over the record found, newest first."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from ultracore.desk.look import Look
from ultracore.desk.parts import DeskServer
from ultracore.principal import Role
from ultracore.web import PageNumber, PageTable, Visit

READERS: Final = (Role.SUPERVISOR, Role.AUDITOR)
ALERTS: Final = "/desk/alerts"
_TOLD: Final = {
    "waiting": "being sent",
    "sent": "sent",
    "given_up": "could not be sent",
    "none": "here only",
}


class AlertPages:
    """The list of alerts of a tenant, and of the whole installation."""

    def __init__(self, server: DeskServer, look: Look) -> None:
        self._server = server
        self._look = look

    def add_to(self, table: PageTable) -> None:
        """Put the route into a table of pages."""
        table.add("GET", ALERTS, self._list, READERS)

    async def _list(self, visit: Visit) -> Response:
        page, book = PageNumber.of(visit.request), self._server.parts().bank.alerts
        tenant = visit.principal.tenant_id
        found = await book.newest(tenant, limit=page.limit, offset=page.offset)
        return self._look.page(
            "alerts.html", visit, leaf=page.leaf(found), count=await book.count(tenant), told=_TOLD
        )
