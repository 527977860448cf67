"""Conversations of the visitor's tenant, and the mark of one that was opened with a reason."""

from __future__ import annotations

import time
from typing import Final

from ultracore.audit import StreamInfo
from ultracore.audit.vocabulary import ConversationViewed
from ultracore.banking.access import RecordView
from ultracore.desk.parts import DeskServer
from ultracore.desk.searching import LONGEST_REASON, SHORTEST_REASON
from ultracore.desk.work import Worker, origin_of
from ultracore.errors import InvalidInput
from ultracore.web import Forbidden, NoSuchPage, Site, Visit

_VIEWING_SECONDS: Final = 3_600
NO_REASON: Final = f"Please say why, in {SHORTEST_REASON} to {LONGEST_REASON} characters: it goes on the record."


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

    async def open(self, visit: Visit, stream: StreamInfo, *, how: str = "") -> None:
        """Put the viewing and its reason, from the form, on the record. Raises `InvalidInput` without one.

        `how` it is viewed stands before the reason.
        """
        reason = " ".join(visit.form.text("reason", "reason", longest=LONGEST_REASON).split())
        if len(reason) < SHORTEST_REASON:
            raise InvalidInput("no reason", code="desk.reason", sentence=NO_REASON)
        await self.viewed(visit, stream.stream_id, f"{how}{reason}", events=stream.events)

    async def viewed(self, visit: Visit, conversation_id: str, reason: str, *, events: int) -> None:
        """Put a look at so many events of a conversation on the record: the customer is told of it."""
        view, worker = self.view(visit), self.worker(visit)
        event = ConversationViewed(
            by=worker.principal.user_id,
            conversation_id=conversation_id,
            reason=reason,
            projection=view,
            events=events,
        )
        await self._server.parts().trail.write(event, origin_of(worker))

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
