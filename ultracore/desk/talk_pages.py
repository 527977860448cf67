"""`/desk/talks/ID`: a supervisor talks with a customer in Anya's place, and gives the conversation back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from starlette.responses import Response

from ultracore.audit import AuditEvent, ConversationReplay, ReplayItem
from ultracore.audit.replay import items_of
from ultracore.banking.cases import Case, TalkClaim
from ultracore.desk.look import Look
from ultracore.desk.opened import OpenedConversations
from ultracore.desk.parts import DeskServer
from ultracore.desk.queue_pages import QUEUE, WORKERS
from ultracore.desk.work import QueueWork, Worker
from ultracore.web import NoSuchPage, PageTable, Site, Visit, see_other

TALKS: Final = "/desk/talks"
MOST_EVENTS: Final = 400
_MOST_LINES: Final = 12
_TELEPHONE: Final = re.compile(r"\[([+\d ]+)\]\(tel:[+\d]+\)")
"""A number that is its own link, as the chat shows it."""


@dataclass(frozen=True, slots=True)
class BriefLine:
    """One thing that a person should know before they write, and the event that says so."""

    label: str
    text: str
    sequence: int


class TalkPages:
    """What a person who talks in a conversation sees and sends."""

    def __init__(self, site: Site, server: DeskServer, look: Look) -> None:
        self._site = site
        self._server = server
        self._look = look
        self._opened = OpenedConversations(site, server)

    def add_to(self, table: PageTable) -> None:
        """Put the routes into a table of pages."""
        table.add("POST", QUEUE + "/{case}/talk", self._join, WORKERS)
        table.add("GET", TALKS + "/{conversation}", self._show, WORKERS)
        table.add("POST", TALKS + "/{conversation}", self._act, WORKERS)

    async def _join(self, visit: Visit) -> Response:
        parts, worker = self._server.parts(), self._worker(visit)
        work = QueueWork(parts.bank, parts.trail)
        case = await work.case(worker, visit.named("case"))
        await self._tell(visit, case)
        await parts.persons.join(visit.principal, case.conversation_id, worker.connection)
        if case.assigned_to is None and case.status == "open":
            await work.claim(worker, case)
        return see_other(self._site, f"{TALKS}/{case.conversation_id}")

    async def _tell(self, visit: Visit, case: Case) -> None:
        """The look into the conversation, on the record before anything of it is shown."""
        trail, rules = self._server.parts().trail, self._server.parts().rules
        stream = await (await trail.store()).stream(case.conversation_id)
        if stream is None:
            raise NoSuchPage("no such conversation")
        reason = rules.says(case.rule)
        await self._opened.viewed(
            visit, stream, reason, how="taken over from the queue: ", events=stream.events, view="staff"
        )

    async def _show(self, visit: Visit) -> Response:
        claim = await self._claim(visit)
        parts = self._server.parts()
        store = await parts.trail.store()
        stream = await store.stream(claim.conversation_id)
        after = 0 if stream is None else max(0, stream.events - MOST_EVENTS)
        events = await store.events(claim.conversation_id, after=after)
        case = await parts.bank.cases.of_conversation(claim.tenant_id, claim.conversation_id)
        return self._look.page(
            "talk.html",
            visit,
            claim=claim,
            case=case,
            customer=next((event.user_id for event in events if event.user_id), "the customer"),
            items=_shown(events),
            brief=_brief(events),
            cut=after > 0,
        )

    async def _act(self, visit: Visit) -> Response:
        conversation_id, persons = visit.named("conversation"), self._server.parts().persons
        number = visit.form.text("claim", "claim", longest=18)
        place = visit.principal, conversation_id, int(number) if number.isdecimal() else 0
        connection = self._server.connection(visit.request)
        if visit.form.optional("act", "what to do", longest=20) == "leave":
            await persons.leave(*place, connection)
            return see_other(self._site, QUEUE)
        await persons.say(*place, visit.form.text("text", "message", longest=4_000), connection)
        return see_other(self._site, f"{TALKS}/{conversation_id}")

    async def _claim(self, visit: Visit) -> TalkClaim:
        """The visitor's own claim. Raises `NoSuchPage` for anybody else, of whichever tenant."""
        claim = await self._server.parts().bank.claims.holder(visit.named("conversation"))
        mine = visit.principal.tenant_id, visit.principal.user_id
        if claim is None or (claim.tenant_id, claim.held_by) != mine:
            raise NoSuchPage("no talk of this person", sentence=NOT_TALKING)
        return claim

    def _worker(self, visit: Visit) -> Worker:
        return Worker(visit.principal, self._server.connection(visit.request))


NOT_TALKING: Final = "You are not talking in this conversation, or not any more. The queue shows what waits."


def _shown(events: Sequence[AuditEvent]) -> list[ReplayItem]:
    """The conversation as the customer has it on the screen."""
    items = items_of(list(events), "customer", events[0].timestamp) if events else iter(())
    return [replace(item, text=_TELEPHONE.sub(r"\1", item.text)) for item in items]


def _brief(events: Sequence[AuditEvent]) -> list[BriefLine]:
    """What was asked, what was tried and refused, which cards are open."""
    if not events:
        return []
    replay = ConversationReplay.of(events, "staff")
    places = {(event.timestamp, event.turn_id): event.sequence for event in events}
    asked = [BriefLine("Asked", item.text, item.sequence) for item in replay.items if item.kind == "message"]
    tried = [
        BriefLine(_of_result(one.result), f"{one.tool} {one.reason or ''}", places.get((one.time, one.turn_id), 1))
        for one in replay.decisions
    ]
    cards = [
        BriefLine("Card open", one.tool, _sequence_of(events, one.proposal))
        for one in replay.approvals
        if one.ending == "open"
    ]
    return [*cards, *_ends(asked), *tried[-_MOST_LINES:]]


def _ends(lines: Sequence[BriefLine]) -> Iterable[BriefLine]:
    """The first thing that was asked, and the last three."""
    return lines if len(lines) <= 4 else [lines[0], *lines[-3:]]


def _of_result(result: str) -> str:
    return {"allowed": "Done", "denied": "Refused", "needs_approval": "Card shown"}.get(result, "Tried")


def _sequence_of(events: Sequence[AuditEvent], proposal: str) -> int:
    return next((one.sequence for one in events if (one.metadata or {}).get("proposal") == proposal), 1)
