"""`/desk/conversations/ID/watch`: a supervisor reads a conversation while it goes on, and changes nothing."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from ultracore.audit.replay import items_of
from ultracore.desk.look import Look
from ultracore.desk.opened import OpenedConversations
from ultracore.desk.parts import DeskServer
from ultracore.desk.queue_pages import WORKERS
from ultracore.web import PageTable, Site, Visit, see_other

MOST_EVENTS: Final = 400
WATCHED_LIVE: Final = "watched live: "
_FIND: Final = "/desk/conversations"


class WatchPages:
    """What a supervisor sees of a running conversation: the customer's screen, asked for again every two seconds.

    Each asking passes the door anew, so it ends with the login, the role, or the hour of the reason.
    """

    def __init__(self, site: Site, server: DeskServer, look: Look) -> None:
        self._site = site
        self._server = server
        self._look = look
        self._opened = OpenedConversations(site, server)

    def add_to(self, table: PageTable) -> None:
        """Put the routes into a table of pages."""
        table.add("GET", _FIND + "/{conversation}/watch", self._show, WORKERS)
        table.add("POST", _FIND + "/{conversation}/watch", self._begin, WORKERS)

    async def _begin(self, visit: Visit) -> Response:
        stream, parts = await self._opened.stream(visit), self._server.parts()
        # On the record before anything is seen; if the bank wants it, the customer reads it before that too.
        await self._opened.open(visit, stream, how=WATCHED_LIVE)
        if parts.rules.tell_of_watching:
            connection = self._server.connection(visit.request)
            await parts.persons.tell_of_watching(visit.principal, stream.stream_id, connection)
        mark = self._opened.mark(visit, stream)
        return see_other(self._site, f"{_FIND}/{stream.stream_id}/watch?viewing={mark}")

    async def _show(self, visit: Visit) -> Response:
        stream = await self._opened.stream(visit)
        self._opened.view(visit)
        if not self._opened.is_open(visit, stream, visit.request.query_params.get("viewing", "")):
            # There the reason is asked.
            return see_other(self._site, f"{_FIND}/{stream.stream_id}")
        store, after = await self._server.parts().trail.store(), max(0, stream.events - MOST_EVENTS)
        events = await store.events(stream.stream_id, after=after)
        return self._look.page(
            "watch.html",
            visit,
            stream=stream,
            items=list(items_of(events, "customer", stream.first_at)),
            cut=after > 0,
        )
