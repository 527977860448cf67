"""`/desk/case`: the open case of a member of staff, under which they look at a customer."""

from __future__ import annotations

import re
from typing import Final

from starlette.responses import Response

from ultracore.ai.staff import case_refused
from ultracore.banking.access import CaseReason
from ultracore.errors import InvalidInput
from ultracore.principal import Role
from ultracore.web import Forbidden, PageTable, Site, Visit, see_other
from ultracore.workbench.parts import Clerk, WorkbenchLook, WorkbenchServer

LINKED: Final = (Role.TELLER, Role.LENDER, Role.SECURITY)
READERS: Final = (*LINKED, Role.SUPERVISOR, Role.AUDITOR)
CASE: Final = "/desk/case"
REASONS: Final = tuple((one.value, one.choice) for one in CaseReason)
_CUSTOMER: Final = re.compile(r"cust_[A-Za-z0-9]{1,59}")
_NO_ID: Final = "A customer's id begins with “cust_”. No case was opened."
_NO_REASON: Final = "Please choose a reason of the list. No case was opened."


class CasePages:
    """Shows, opens and ends one's own case, and no other person's."""

    def __init__(self, site: Site, server: WorkbenchServer, look: WorkbenchLook) -> None:
        self._site = site
        self._server = server
        self._look = look

    def add_to(self, table: PageTable) -> None:
        """Put the routes into a table of pages."""
        table.add("GET", CASE, self._show, READERS)
        table.add("POST", CASE, self._act, READERS)

    async def _show(self, visit: Visit) -> Response:
        clerk = self._clerk(visit)
        return self._look.page(
            "case_open.html",
            visit,
            case=await clerk.book.of(visit.principal),
            reasons=REASONS,
            cases=clerk.bank.access.cases,
        )

    async def _act(self, visit: Visit) -> Response:
        clerk = self._clerk(visit)
        match visit.form.text("act", "what to do", longest=20):
            case "open":
                await _open(clerk, visit)
            case "close":
                await clerk.book.close(clerk.principal, clerk.origin)
            case _:
                raise InvalidInput("unknown act", code="page.field", sentence="This cannot be done with a case.")
        return see_other(self._site, CASE)

    def _clerk(self, visit: Visit) -> Clerk:
        clerk = self._server.clerk(visit)
        if not clerk.book.has_use(clerk.principal):
            raise Forbidden("the policy gives this role no customers")
        return clerk


async def _open(clerk: Clerk, visit: Visit) -> None:
    customer = visit.form.text("customer", "customer", longest=64)
    reason = visit.form.text("reason", "reason", longest=20)
    if _CUSTOMER.fullmatch(customer) is None:
        raise case_refused("case.how", _NO_ID)
    if reason not in [*CaseReason]:
        raise case_refused("case.how", _NO_REASON)
    ticket = visit.form.optional("ticket", "ticket number", longest=64) or None
    await clerk.book.open(clerk.principal, clerk.origin, customer, CaseReason(reason), ticket)
