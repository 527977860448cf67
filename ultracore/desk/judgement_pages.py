"""Judging a conversation on the page of its replay, `/desk/judgements`, and judged ones as evaluation cases."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from ultracore.audit import AuditEvent, AuditEventType, StreamInfo, Subject
from ultracore.audit.replay import in_order
from ultracore.audit.vocabulary import ConversationJudged
from ultracore.desk.judgements import LONGEST_COMMENT, MARKS, Judgement, agreements, case_text, judgements
from ultracore.desk.look import Look
from ultracore.desk.opened import OpenedConversations
from ultracore.desk.parts import DeskServer
from ultracore.desk.queue_pages import READERS
from ultracore.desk.work import origin_of
from ultracore.errors import InvalidInput
from ultracore.web import PageNumber, PageTable, Site, Visit, see_other

JUDGEMENTS: Final = "/desk/judgements"
CONVERSATION: Final = "/desk/conversations/{conversation}"
MOST_EXPORTED: Final = 50
NOTHING: Final = "Please answer at least one question."
NOT_JUDGED: Final = "No conversation was judged yet: there is nothing to take away."


class JudgementPages:
    """Judges what was opened with a reason, and shows how far people agree."""

    def __init__(self, site: Site, server: DeskServer, look: Look) -> None:
        self._site = site
        self._server = server
        self._look = look
        self._opened = OpenedConversations(site, server)

    def add_to(self, table: PageTable) -> None:
        """Put the routes into a table of pages."""
        table.add("POST", CONVERSATION + "/judge", self._judge, READERS)
        table.add("GET", JUDGEMENTS, self._list, READERS)
        table.add("POST", JUDGEMENTS, self._export, READERS)

    async def _judge(self, visit: Visit) -> Response:
        stream = await self._opened.stream(visit)
        mark = visit.form.text("viewing", "viewing", longest=128)
        if not self._opened.is_open(visit, stream, mark):
            return see_other(self._site, f"/desk/conversations/{stream.stream_id}")
        event = self._judged(visit, stream)
        subject = Subject.of_user(stream.tenant_id, stream.user_id or "", stream.customer_id)
        origin = origin_of(self._opened.worker(visit))
        await self._server.parts().trail.write(event, origin, subject)
        return see_other(self._site, f"/desk/conversations/{stream.stream_id}?viewing={mark}#judgements")

    def _judged(self, visit: Visit, stream: StreamInfo) -> ConversationJudged:
        """What the form says. Raises `InvalidInput` for marks that there are not, or none at all."""
        marks: dict[str, str] = {}
        for criterion in self._server.parts().scorecard.criteria:
            given = visit.form.optional(f"mark_{criterion.name}", criterion.asks, longest=20)
            if given not in dict(MARKS):
                raise InvalidInput(
                    "no such mark", code="page.field", sentence=f"This cannot be used: {criterion.asks}"
                )
            marks |= {criterion.name: given} if given else {}
        if not marks:
            raise InvalidInput("nothing judged", code="desk.nothing_judged", sentence=NOTHING)
        about = visit.form.optional("about", "about", longest=9)
        if about and not (about.isascii() and about.isdecimal() and 0 < int(about) <= stream.events):
            raise InvalidInput("no such event", code="page.field", sentence="There is no such line.")
        return ConversationJudged(
            by=visit.principal.user_id,
            conversation_id=stream.stream_id,
            sequence=int(about) if about else None,
            marks=marks,
            comment=visit.form.optional("comment", "comment", longest=LONGEST_COMMENT),
        )

    async def _list(self, visit: Visit) -> Response:
        parts, number = self._server.parts(), PageNumber.of(visit.request)
        given = await judgements(parts.trail, visit.principal.tenant_id)
        return self._look.page(
            "judgements.html",
            visit,
            leaf=number.leaf(given[number.offset : number.offset + number.limit]),
            total=len(given),
            agreements=agreements(parts.scorecard, given),
            scorecard=parts.scorecard,
            most=MOST_EXPORTED,
        )

    async def _export(self, visit: Visit) -> Response:
        """The conversations that were judged last, each of which is a viewing that its customer is told of."""
        parts = self._server.parts()
        given = await judgements(parts.trail, visit.principal.tenant_id)
        of: dict[str, list[Judgement]] = {}
        for one in given:
            if not one.erased and (one.conversation_id in of or len(of) < MOST_EXPORTED):
                of.setdefault(one.conversation_id, []).append(one)
        if not of:
            raise InvalidInput("nothing judged", code="desk.nothing_judged", sentence=NOT_JUDGED)
        cases = [await self._case(visit, conversation, said) for conversation, said in of.items()]
        text = "\n".join(case for case in cases if case)
        headers = {"Content-Disposition": 'attachment; filename="judged.toml"'}
        return Response(text, media_type="application/toml; charset=utf-8", headers=headers)

    async def _case(self, visit: Visit, conversation_id: str, said: list[Judgement]) -> str:
        stream = await self._opened.of_tenant(visit, conversation_id)
        if not await self._opened.may_open(visit, stream):
            return ""
        await self._opened.open(visit, stream)
        store = await self._server.parts().trail.store()
        events = in_order(await store.events(conversation_id))
        turns = [text for event in events if (text := _asked(event))]
        if not turns:
            # Erased meanwhile: a case without turns is none.
            return ""
        ran = [event for event in events if event.event_type is AuditEventType.TOOL_EXECUTED]
        tools = dict.fromkeys(str(event.action) for event in ran)
        marks = [f"{one.by}: {', '.join(f'{k}={v}' for k, v in one.marks.items())} {one.comment}" for one in said]
        return case_text(stream, turns, tools, marks)


def _asked(event: AuditEvent) -> str:
    """What a person wrote; empty for any other event, and for words that were erased."""
    is_message = event.event_type is AuditEventType.USER_MESSAGE
    return str((event.metadata or {}).get("text", "")) if is_message else ""
