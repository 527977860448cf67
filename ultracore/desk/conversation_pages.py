"""`/desk/conversations`: found by fields, as a list and as CSV, and each conversation as it was seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from starlette.responses import Response

from ultracore.audit import ReplayItem, StreamInfo, Subject, wire_time
from ultracore.audit.index import IndexedConversation
from ultracore.audit.replay import RECORD, in_order, items_of
from ultracore.audit.vocabulary import ConversationListExported, RecordSearched
from ultracore.desk.finding import KeptSearches, snippets
from ultracore.desk.judgements import MARKS, judgements
from ultracore.desk.look import Look
from ultracore.desk.opened import CASE_REASONS, NO_REASON, OpenedConversations
from ultracore.desk.parts import DeskServer
from ultracore.desk.queue_pages import READERS, WORKERS
from ultracore.desk.searching import (
    DECISIONS,
    EVENTS,
    LONGEST_REASON,
    RATINGS,
    SEVERITIES,
    SORTS,
    Search,
    read_search,
)
from ultracore.desk.work import origin_of
from ultracore.errors import InvalidInput
from ultracore.web import PageNumber, PageTable, Site, Visit, see_other, sheet

FIND: Final = "/desk/conversations"
MOST_EXPORTED: Final = 10_000
EVENTS_A_PAGE: Final = 200
_EVENTS_AROUND: Final = 20
_COLUMNS: Final = ("conversation", "user", "customer", "first", "last", "events", "agents", "denials", "alerts")


@dataclass(frozen=True, slots=True)
class SeenLine:
    """One thing on the customer's screen, and beside it what the record says of the same event."""

    item: ReplayItem
    beside: tuple[ReplayItem, ...] = ()


class ConversationPages:
    """Finds conversations, and shows them again."""

    def __init__(self, site: Site, server: DeskServer, look: Look) -> None:
        self._site = site
        self._server = server
        self._look = look
        self._opened = OpenedConversations(site, server)

    def add_to(self, table: PageTable) -> None:
        """Put the routes into a table of pages."""
        table.add("GET", FIND, self._list, READERS)
        table.add("GET", FIND + ".csv", self._csv, READERS)
        table.add("GET", FIND + "/{conversation}", self._show, READERS)
        table.add("POST", FIND + "/{conversation}", self._open, READERS)

    async def _list(self, visit: Visit) -> Response:
        search, number = self._search(visit), PageNumber.of(visit.request)
        found: Sequence[IndexedConversation] = ()
        total = 0
        if not search.lacks_reason:
            index = self._server.parts().index
            found, total = await index.find(search.page(number)), await index.count(search.query)
            await self._tell(visit, search, total)
        leaf = number.leaf(found)
        return self._look.page(
            "conversations.html",
            visit,
            leaf=leaf,
            said_there=await snippets(self._server, self._opened, visit, search, leaf.rows),
            total=total,
            search=search.fields,
            kept=await KeptSearches.of(self._server, visit.principal, search),
            said=NO_REASON if search.lacks_reason else "",
            decisions=[(one, one.replace("_", " ") or "any") for one in DECISIONS],
            severities=[(one, one or "any") for one in SEVERITIES],
            events=EVENTS,
            ratings=RATINGS,
            sorts=SORTS,
            query=visit.request.url.query,
        )

    async def _csv(self, visit: Visit) -> Response:
        search = self._search(visit)
        if search.lacks_reason:
            raise InvalidInput("no reason", code="desk.reason", sentence=NO_REASON)
        found = await self._server.parts().index.find(replace(search.query, limit=MOST_EXPORTED))
        worker = self._opened.worker(visit)
        event = ConversationListExported(by=worker.principal.user_id, search=search.told, found=len(found))
        await self._server.parts().trail.write(event, origin_of(worker), Subject.of(worker.principal))
        headers = {"Content-Disposition": 'attachment; filename="conversations.csv"'}
        return Response(_csv_of(found), media_type="text/csv; charset=utf-8", headers=headers)

    async def _show(self, visit: Visit) -> Response:
        stream, view = await self._opened.stream(visit), self._opened.view(visit)
        token = visit.request.query_params.get("viewing", "")
        if not self._opened.is_open(visit, stream, token):
            return await self._why(visit, stream)
        number = PageNumber.of(visit.request, size=EVENTS_A_PAGE)
        store = await self._server.parts().trail.store()
        after = max(0, number.offset - _EVENTS_AROUND)
        events = await store.events(stream.stream_id, after=after, limit=EVENTS_A_PAGE + 2 * _EVENTS_AROUND)
        items = items_of(in_order(events), view, stream.first_at)
        shown = [item for item in items if number.offset < item.sequence <= number.offset + EVENTS_A_PAGE]
        more = stream.events > number.offset + EVENTS_A_PAGE
        leaf = number.leaf([None] * (number.limit if more else 1))
        parts = self._server.parts()
        given = await judgements(parts.trail, stream.tenant_id)
        return self._look.page(
            "replay.html",
            visit,
            stream=stream,
            lines=_beside(shown),
            leaf=leaf,
            view=view,
            viewing=token,
            may_watch=not visit.principal.roles.isdisjoint(WORKERS),
            scorecard=parts.scorecard,
            marks=MARKS,
            case=await self._opened.case(visit, stream),
            judged=[one for one in given if one.conversation_id == stream.stream_id],
        )

    async def _why(self, visit: Visit, stream: StreamInfo) -> Response:
        """The question for a reason; an open case for the customer is one."""
        cases = self._server.parts().bank.access.cases
        return self._look.page(
            "reason.html",
            visit,
            stream=stream,
            longest=LONGEST_REASON,
            case=await self._opened.case(visit, stream),
            reasons=CASE_REASONS,
            cases=cases,
        )

    async def _open(self, visit: Visit) -> Response:
        stream = await self._opened.stream(visit)
        # Before anything of it is shown; the customer is told of it with their own data.
        await self._opened.open(visit, stream)
        return see_other(self._site, f"{FIND}/{stream.stream_id}?viewing={self._opened.mark(visit, stream)}")

    def _search(self, visit: Visit) -> Search:
        return read_search(dict(visit.request.query_params), visit.principal.tenant_id)

    async def _tell(self, visit: Visit, search: Search, found: int) -> None:
        """The search, on the record before what it found is shown. The bare list of the newest is none."""
        if not any(value for name, value in search.fields.items() if name != "sort"):
            return
        worker, customer = self._opened.worker(visit), search.query.customer_id
        event = RecordSearched(by=worker.principal.user_id, customer_id=customer, search=search.told, found=found)
        await self._server.parts().trail.write(event, origin_of(worker))


def _beside(items: Iterable[ReplayItem]) -> list[SeenLine]:
    """What the record says stands beside what was last shown of the same event, or on a line of its own."""
    lines: list[SeenLine] = []
    for item in items:
        last = lines[-1] if lines else None
        if item.author == RECORD and last is not None and last.item.sequence == item.sequence:
            lines[-1] = SeenLine(last.item, (*last.beside, item))
        else:
            lines.append(SeenLine(item))
    return lines


def _csv_of(found: Iterable[IndexedConversation]) -> str:
    return sheet([_COLUMNS, *map(_sheet_row, found)])


def _sheet_row(one: IndexedConversation) -> tuple[object, ...]:
    times = wire_time(one.first_at), wire_time(one.last_at)
    counts = one.events, " ".join(one.agents), one.denials, one.alerts
    return (one.stream_id, one.user_id, one.customer_id, *times, *counts)
