"""Conversations of the visitor's tenant, and the mark of one that was opened with a reason."""

from __future__ import annotations

import time
from typing import Final

from ultracore.ai.staff import CaseBook, case_refused
from ultracore.audit import StreamInfo
from ultracore.audit.index import IndexedConversation
from ultracore.audit.vocabulary import ConversationViewed
from ultracore.banking.access import CaseReason, RecordView, StaffCase
from ultracore.desk.parts import DeskServer
from ultracore.desk.searching import LONGEST_REASON, SHORTEST_REASON
from ultracore.desk.work import Worker, origin_of
from ultracore.errors import InvalidInput
from ultracore.web import Forbidden, NoSuchPage, Site, Visit

_VIEWING_SECONDS: Final = 3_600
NO_REASON: Final = f"Please say why, in {SHORTEST_REASON} to {LONGEST_REASON} characters: it goes on the record."

NO_CASE_REASON: Final = "Please choose a reason of the list for the case."
CASE_REASONS: Final = tuple((one.value, one.choice) for one in CaseReason)


class OpenedConversations:
    """Who may see what of which conversation."""

    def __init__(self, site: Site, server: DeskServer) -> None:
        self._site = site
        self._server = server

    async def stream(self, visit: Visit) -> StreamInfo:
        """The conversation that the address names. Raises `NoSuchPage` for any other stream."""
        return await self.of_tenant(visit, visit.named("conversation"))

    async def of_tenant(self, visit: Visit, asked: str) -> StreamInfo:
        """A conversation of the visitor's tenant. Raises `NoSuchPage` for any other stream."""
        found = None
        if not asked.startswith("system:"):
            found = await (await self._server.parts().trail.store()).stream(asked)
        if found is None or found.tenant_id != visit.principal.tenant_id:
            raise NoSuchPage("no such conversation")
        return found

    def view(self, visit: Visit) -> RecordView:
        """The projection that the visitor's role gets. Raises `Forbidden`."""
        view = self._server.parts().bank.access.record_view(visit.principal)
        if view is None:
            raise Forbidden("the policy gives this role no view of the record")
        return view

    async def case(self, visit: Visit, seen: StreamInfo | IndexedConversation) -> StaffCase | None:
        """The visitor's open case for the customer of a conversation; asking does not use it."""
        case = await self._book().of(visit.principal)
        return case if case is not None and case.customer_id == seen.customer_id else None

    async def may_open(self, visit: Visit, seen: StreamInfo | IndexedConversation) -> bool:
        """False if the policy wants a case for the customer, and the visitor has none open."""
        required = self._server.parts().bank.access.cases.required
        return not required or seen.customer_id is None or await self.case(visit, seen) is not None

    async def open(self, visit: Visit, stream: StreamInfo, *, how: str = "") -> None:
        """Put the viewing and its reason on the record: that of the open case, or the one of the form.

        The form may open the case too. `how` it is viewed stands before the reason. Raises `InvalidInput` if
        there is neither, and if the policy wants a case.
        """
        chosen = visit.form.optional("case", "case", longest=20)
        if chosen:
            await self._open_case(visit, stream, chosen)
        reason = " ".join(visit.form.optional("reason", "reason", longest=LONGEST_REASON).split())
        if len(reason) < SHORTEST_REASON and await self.case(visit, stream) is None:
            raise InvalidInput("no reason", code="desk.reason", sentence=NO_REASON)
        await self.viewed(visit, stream, reason, how=how, events=stream.events)

    async def viewed(
        self,
        visit: Visit,
        seen: StreamInfo | IndexedConversation,
        reason: str,
        *,
        events: int,
        how: str = "",
        view: RecordView | None = None,
    ) -> None:
        """Put a look at so many events of a conversation on the record: the customer is told of it.

        Under a case its reason counts and not the one that was typed: what the customer reads is of a closed list.
        Raises `InvalidInput` if the policy wants a case and there is none.
        """
        worker = self.worker(visit)
        projection, origin = view or self.view(visit), origin_of(worker)
        case = await self._book().used(worker.principal, origin, seen.customer_id)
        event = ConversationViewed(
            by=worker.principal.user_id,
            conversation_id=seen.stream_id,
            reason=how + (reason if case is None else case.reason.stated),
            projection=projection,
            events=events,
            case=None if case is None else case.case_id,
            confidential=case is not None and case.reason.told is None,
        )
        await self._server.parts().trail.write(event, origin)

    async def _open_case(self, visit: Visit, stream: StreamInfo, chosen: str) -> None:
        if stream.customer_id is None or chosen not in [*CaseReason]:
            raise case_refused("case.how", NO_CASE_REASON)
        ticket = visit.form.optional("ticket", "ticket number", longest=64) or None
        worker = self.worker(visit)
        await self._book().open(
            worker.principal, origin_of(worker), stream.customer_id, CaseReason(chosen), ticket
        )

    def _book(self) -> CaseBook:
        parts = self._server.parts()
        return CaseBook(parts.bank, parts.trail)

    def mark(self, visit: Visit, stream: StreamInfo) -> str:
        """The mark of a viewing for which a reason was given within the hour, good for this login alone."""
        return self._site.tokens.of(_named(visit, stream, 0))

    def is_open(self, visit: Visit, stream: StreamInfo, mark: str) -> bool:
        """True for a mark of this hour or the last one."""
        return any(self._site.tokens.fits(_named(visit, stream, ago), mark) for ago in (0, 1))

    def worker(self, visit: Visit) -> Worker:
        """The visitor, as the record names them."""
        return Worker(visit.principal, self._server.connection(visit.request))


def _named(visit: Visit, stream: StreamInfo, ago: int) -> str:
    hour = int(time.time() // _VIEWING_SECONDS) - ago
    return f"view:{visit.principal.login_id}:{stream.stream_id}:{hour}"
