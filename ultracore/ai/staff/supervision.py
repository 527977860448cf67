"""`/replay`: a tenant's conversations for its supervisors and auditors, each opened with a reason.

The opening is `conversation_viewed` on the tenant's system stream before anything is shown. What is shown goes to
the page only: the viewer's own record says which conversation it was, and does not hold its words a second time.
Conversations of another tenant look exactly like those that do not exist.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ultracore.ai.open_turn import OpenTurn
from ultracore.ai.screen import Choice
from ultracore.ai.staff import supervision_wording
from ultracore.ai.staff import wording as staff_wording
from ultracore.ai.staff.cases import CaseDesk
from ultracore.ai.staff.record_search import FIND, RecordSearch
from ultracore.ai.staff.replay_overview import overview_of, pages_of
from ultracore.ai.staff.shown_again import label_of, list_of
from ultracore.audit import AuditStore, AuditTrail, Origin, StreamInfo
from ultracore.audit.index import IndexService
from ultracore.audit.replay import ConversationReplay, in_order, items_of
from ultracore.audit.vocabulary import ConversationViewed
from ultracore.banking.access import AccessService, RecordView
from ultracore.errors import InvalidInput

REPLAY = "/replay"
MORE = f"{REPLAY} more"

MAX_LISTED = 20
MAX_BUTTONS = 8
EVENTS_A_PAGE = 200
# The overview reads whole events to count them; a record may hold tens of thousands in one conversation.
EVENTS_OF_OVERVIEW = 2_000
EVENTS_AROUND = 20
"""How many events beside a page are read along: a call's request and its end may lie on two pages."""
# A full stop is no reason; the limit only keeps out what says nothing at all.
SHORTEST_REASON = 5
LONGEST_REASON = 200
MAX_REMEMBERED = 10_000

_CONVERSATION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CUSTOMER = re.compile(r"cust_[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class _OpenedReplay:
    """A conversation that a viewer is opening, or reading: `after` is how far they got."""

    login_id: str
    stream: StreamInfo
    reason: str | None = None
    after: int = 0


class Supervision:
    """Shows recorded conversations. What a viewer is about to open is remembered in this process only."""

    def __init__(self, trail: AuditTrail, access: AccessService, index: IndexService, cases: CaseDesk) -> None:
        self._trail = trail
        self._cases = cases
        self._searching = RecordSearch(trail, index)
        self._access = access
        self._viewings: OrderedDict[str, _OpenedReplay] = OrderedDict()

    def waits_for_reason(self, turn: OpenTurn) -> bool:
        """True if the next words that are typed are the reason of an opening."""
        viewing = self._viewing(turn)
        return viewing is not None and viewing.reason is None

    def forget(self, turn: OpenTurn) -> None:
        """Drop what is being opened, or read, in this conversation."""
        self._viewings.pop(turn.conversation_id, None)

    async def replay(self, turn: OpenTurn, wanted: str) -> None:
        """Carry out `/replay wanted`. Raises `InvalidInput` with the sentence to show if it cannot be done."""
        view = self._view(turn)
        if wanted == "more":
            await self._more(turn, view)
        elif wanted == FIND or wanted.startswith(f"{FIND} "):
            self.forget(turn)
            await self._search(turn, wanted.removeprefix(FIND).strip())
        elif not wanted or _CUSTOMER.fullmatch(wanted):
            self.forget(turn)
            await self._list(turn, wanted or None)
        else:
            await self._ask_reason(turn, wanted)

    async def reason(self, turn: OpenTurn, text: str) -> None:
        """Take the reason of an opening, put the opening on the record, and show the beginning."""
        self._view(turn)
        viewing = self._viewing(turn)
        if viewing is None:
            raise _refused("replay.not_open", supervision_wording.NOTHING_OPEN)
        given = " ".join(text.split())
        if not SHORTEST_REASON <= len(given) <= LONGEST_REASON:
            raise _refused("replay.reason_invalid", supervision_wording.REASON_LENGTH)
        await self._begin(turn, viewing.stream, given)

    async def _begin(self, turn: OpenTurn, found: StreamInfo, given: str) -> None:
        """Open a conversation for the reason that was given, or that of the open case, and show its beginning."""
        view, store = self._view(turn), await self._trail.store()
        # Read again: the conversation may have gone on while the reason was typed, and the record says how far it
        # was.
        stream = await store.stream(found.stream_id) or found
        await self._tell(turn, stream, given, view)
        self._remember(turn, _OpenedReplay(turn.principal.login_id, stream, reason=given))
        await turn.raw_view.message(supervision_wording.opened(stream), kind="notice")
        await self._overview(turn, store, stream, view)
        await self._more(turn, view)

    async def _overview(self, turn: OpenTurn, store: AuditStore, stream: StreamInfo, view: RecordView) -> None:
        """Figures, cards and refusals, of the beginning only if the conversation is very long."""
        events = await store.events(stream.stream_id, limit=EVENTS_OF_OVERVIEW)
        await turn.raw_view.message(overview_of(ConversationReplay.of(events, view)), kind="notice")

    async def _list(self, turn: OpenTurn, customer_id: str | None) -> None:
        store, tenant_id = await self._trail.store(), turn.principal.tenant_id
        found = await store.streams(tenant_id=tenant_id, customer_id=customer_id, limit=MAX_LISTED + 1)
        await self._choose(turn, found, supervision_wording.NO_CONVERSATIONS)

    async def _search(self, turn: OpenTurn, wanted: str) -> None:
        found = await self._searching.search(turn, wanted, MAX_LISTED + 1)
        if found.note is not None:
            await turn.view.message(found.note, kind="notice")
        await self._choose(turn, found.streams, supervision_wording.NOTHING_FOUND)

    async def _choose(self, turn: OpenTurn, found: Sequence[StreamInfo], none: str) -> None:
        """Conversations but this one, or the sentence `none`."""
        # Without this one, whose newest event is always the search itself.
        streams = [one for one in found if one.stream_id != turn.conversation_id][:MAX_LISTED]
        if not streams:
            await turn.view.message(none, kind="notice")
            return
        await turn.view.message(list_of(streams), kind="notice")
        buttons = [Choice(f"{REPLAY} {one.stream_id}", label_of(one)) for one in streams[:MAX_BUTTONS]]
        await turn.view.choose(supervision_wording.WHICH, buttons)

    async def _ask_reason(self, turn: OpenTurn, wanted: str) -> None:
        self.forget(turn)
        stream = await self._find(turn, wanted)
        if stream is None:
            raise _refused("replay.not_found", supervision_wording.NO_SUCH_CONVERSATION)
        self._remember(turn, _OpenedReplay(turn.principal.login_id, stream))
        if await self._cases.is_open(turn, stream.customer_id):
            return await self._begin(turn, stream, "")
        await turn.view.message(supervision_wording.WHY, kind="notice")

    async def _find(self, turn: OpenTurn, wanted: str) -> StreamInfo | None:
        # Checked before the store is asked, so that a typed word is never an id of a system stream.
        if _CONVERSATION.fullmatch(wanted) is None:
            return None
        found = await (await self._trail.store()).stream(wanted)
        return found if found is not None and found.tenant_id == turn.principal.tenant_id else None

    async def _tell(self, turn: OpenTurn, stream: StreamInfo, reason: str, view: RecordView) -> None:
        """The viewing, durable before anything of the conversation is read."""
        connection, principal = turn.inbound.connection, turn.principal
        case = await self._cases.used(turn, stream.customer_id)
        if case is None and not reason:
            # It ended between the asking and here.
            raise _refused("replay.reason_invalid", supervision_wording.REASON_LENGTH)
        event = ConversationViewed(
            by=principal.user_id,
            conversation_id=stream.stream_id,
            reason=reason if case is None else case.reason.stated,
            projection=view,
            events=stream.events,
            case=None if case is None else case.case_id,
            confidential=case is not None and case.reason.told is None,
        )
        origin = Origin(
            principal.tenant_id,
            principal.user_id,
            ip_address=connection.ip_address,
            user_agent=connection.user_agent,
            request_id=turn.reference,
        )
        await self._trail.write(event, origin)

    async def _more(self, turn: OpenTurn, view: RecordView) -> None:
        """Show the next page of what is open, up to the last line that the conversation had when it was opened."""
        viewing = self._viewing(turn)
        if viewing is None or viewing.reason is None:
            raise _refused("replay.not_open", supervision_wording.NOTHING_OPEN)
        until = min(viewing.after + EVENTS_A_PAGE, viewing.stream.events)
        await self._show(turn, await self._trail.store(), viewing, until, view)
        left = viewing.stream.events - until
        await turn.view.message(
            supervision_wording.shown(viewing.stream.stream_id, viewing.after + 1, until), kind="notice"
        )
        if left:
            self._remember(turn, replace(viewing, after=until))
            await turn.view.choose(supervision_wording.left(left), [Choice(MORE, "Show more")])
        else:
            self.forget(turn)

    async def _show(
        self, turn: OpenTurn, store: AuditStore, viewing: _OpenedReplay, until: int, view: RecordView
    ) -> None:
        first = max(0, viewing.after - EVENTS_AROUND)
        events = await store.events(viewing.stream.stream_id, after=first, limit=until + EVENTS_AROUND - first)
        items = items_of(in_order(events), view, viewing.stream.first_at)
        for text in pages_of(item for item in items if viewing.after < item.sequence <= until):
            await turn.raw_view.message(text, kind="notice")
            await asyncio.sleep(0)  # others' turns go on between two messages of a long conversation

    def _view(self, turn: OpenTurn) -> RecordView:
        view = self._access.record_view(turn.principal)
        if view is None:
            raise _refused("access.record_not_allowed", staff_wording.NO_RECORD)
        return view

    def _viewing(self, turn: OpenTurn) -> _OpenedReplay | None:
        """What this login session has open in this conversation."""
        viewing = self._viewings.get(turn.conversation_id)
        return viewing if viewing is not None and viewing.login_id == turn.principal.login_id else None

    def _remember(self, turn: OpenTurn, viewing: _OpenedReplay) -> None:
        self._viewings[turn.conversation_id] = viewing
        if len(self._viewings) > MAX_REMEMBERED:
            self._viewings.popitem(last=False)


def _refused(code: str, sentence: str) -> InvalidInput:
    return InvalidInput("a command of supervision was refused", code=code, sentence=sentence)
