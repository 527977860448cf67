"""The beginning of conversations: the greeting, and what of it is on the record before anything else."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from ultracore.ai import sentences as wording
from ultracore.ai.conversation.desks import Desks
from ultracore.ai.programs import offered
from ultracore.ai.recording import GapBook, TurnLog
from ultracore.ai.screen import Greeting, Inbound
from ultracore.ai.staff import desk_line
from ultracore.ai.staff import starters as staff_starters
from ultracore.audit import AuditTrail, ConversationRecord, ConversationReplay, Origin, ReplayItem, Subject
from ultracore.audit.vocabulary import AssistantMessage, ConversationEnded, ConversationStarted, PressRefused
from ultracore.banking.ledger import LoginHolds
from ultracore.banking.proposals import LeftRequests
from ultracore.cache.stores import Notices
from ultracore.errors import AuditUnavailable, LedgerUnavailable
from ultracore.observability import current_reference
from ultracore.principal import Connection, Principal
from ultracore.wording import new_reference

logger = logging.getLogger(__name__)

# Chainlit tells of no reliable end of a conversation, so the oldest one is forgotten instead.
MAX_REMEMBERED = 10_000


@dataclass(slots=True)
class _OpenConversation:
    """What this process remembers of a conversation: nothing that another process could not do without.

    `begun_here` if nothing of it can be on the record yet that this process has not written.
    """

    login_id: str
    greeting: Greeting
    of_staff: bool
    begun_here: bool = False
    started: bool = False


class Openings:
    """Greets people, and begins their conversations on the record, each once."""

    def __init__(
        self,
        trail: AuditTrail,
        gaps: GapBook,
        notices: Notices,
        desks: Desks,
        holds: LoginHolds,
        left: LeftRequests,
        *,
        offline: bool,
    ) -> None:
        self._trail = trail
        self._gaps = gaps
        self._notices = notices
        self._desks = desks
        self._holds = holds
        self._left = left
        self._offline = offline
        self._open: OrderedDict[str, _OpenConversation] = OrderedDict()

    async def begin(self, principal: Principal, conversation_id: str) -> Greeting:
        """Greet, and hand over the sentences that waited. On the record with the first message."""
        notices = await self._notices.take_notices(principal.tenant_id, principal.user_id)
        held = await self._held(principal)
        greeting = self._greeting(conversation_id, principal, (*held, *notices))
        greeting = replace(greeting, requests=await offered(self._left, principal))
        # Nothing is recorded yet: each opened page would leave a conversation without a message on the record.
        entry = _OpenConversation(principal.login_id, greeting, principal.is_staff, begun_here=True)
        self._remember(conversation_id, entry)
        return greeting

    async def _held(self, principal: Principal) -> tuple[str, ...]:
        """What a customer is told while payments of their login wait: perhaps it was not they who changed it."""
        if principal.customer_id is None:
            return ()
        try:
            notice = await self._holds.notice(principal.user_id)
        except LedgerUnavailable as error:
            logger.warning("whether payments of a login wait is not known: %s", error.code)
            return ()
        return () if notice is None else (notice,)

    def known(self, conversation_id: str) -> _OpenConversation | None:
        """What this process remembers of a conversation, without asking anybody."""
        return self._open.get(conversation_id)

    async def end(self, principal: Principal, login_id: str, connection: Connection) -> None:
        """End the conversations of a login on the record, those that are there."""
        for conversation_id in [key for key, entry in self._open.items() if entry.login_id == login_id]:
            if self._open.pop(conversation_id).started:
                log = self.log(principal, conversation_id, connection)
                await log.best_effort(ConversationEnded(reason="signed_out"))

    async def started_log(
        self,
        principal: Principal,
        login_id: str,
        conversation_id: str,
        connection: Connection,
        reference: str | None = None,
    ) -> TurnLog:
        """The log of something that happens in a conversation without a message; begun if it was not."""
        entry = self.remembered(Inbound(login_id, conversation_id, "", "", connection), principal)
        log = self.log(principal, conversation_id, connection, reference)
        await self.start(log, entry)
        return log

    async def refuse_press(self, principal: Principal, connection: Connection, reason: str) -> None:
        """Put a press that belongs to no conversation of this person on their tenant's system stream."""
        browser = {"ip_address": connection.ip_address, "user_agent": connection.user_agent}
        origin = Origin(principal.tenant_id, principal.user_id, request_id=current_reference(), **browser)
        await self._trail.write(PressRefused(reason), origin, Subject.of(principal))

    async def start(self, log: TurnLog, entry: _OpenConversation) -> None:
        """Write `session_started` and what was shown with it, once, in front of the first message."""
        # A conversation whose id this process has just issued cannot be on the record, which saves asking the
        # store.
        if entry.started or (not entry.begun_here and await self._is_on_record(log, entry)):
            return
        greeting = entry.greeting
        begun = await log.required_for_staff(ConversationStarted(greeting=greeting.text, notice=greeting.notice))
        # If the store was away the next message tries again, so that the record still begins with the greeting.
        entry.started = begun is not None
        for sentence in greeting.notices if begun is not None else ():
            await log.best_effort(AssistantMessage(sentence, agent="Anya", kind="notice"))

    async def recorded(self, conversation_id: str) -> Sequence[ReplayItem]:
        """What the record has of a conversation, as its person saw it; nothing while the record is away."""
        try:
            events = await (await self._trail.store()).events(conversation_id)
        except AuditUnavailable as error:
            logger.warning("a conversation cannot be drawn from the record: %s", error.code)
            return ()
        return ConversationReplay.of(events).items if events else ()

    async def _is_on_record(self, log: TurnLog, entry: _OpenConversation) -> bool:
        """True if the conversation was begun by another process, or by this one before a restart."""
        try:
            store = await self._trail.store()
            entry.started = await store.stream(log.record.conversation_id) is not None
        except AuditUnavailable as error:
            logger.warning("a conversation's beginning is not known: %s", error.code)
            # Then the beginning is not written: twice would be wrong, and the store would not take it now anyway.
            return True
        return entry.started

    def remembered(self, inbound: Inbound, principal: Principal) -> _OpenConversation:
        """The conversation of a message, greeted again if another process or an earlier start did it."""
        entry = self._open.get(inbound.conversation_id)
        if entry is None:
            greeting = self._greeting(inbound.conversation_id, principal, ())
            entry = _OpenConversation(inbound.login_id, greeting, principal.is_staff)
            self._remember(inbound.conversation_id, entry)
        return entry

    def _greeting(self, conversation_id: str, principal: Principal, notices: tuple[str, ...]) -> Greeting:
        text = wording.greeting(principal.display_name)
        if principal.is_staff:
            text = f"{text} {desk_line(principal)}"
        starters = staff_starters(principal) if principal.is_staff else self._desks.starters(principal)
        notice = wording.notice(offline=self._offline)
        return Greeting(conversation_id, text, notice, notices, starters)

    def _remember(self, conversation_id: str, entry: _OpenConversation) -> None:
        self._open[conversation_id] = entry
        if len(self._open) > MAX_REMEMBERED:
            self._open.popitem(last=False)

    def log(
        self,
        principal: Principal,
        conversation_id: str,
        connection: Connection,
        reference: str | None = None,
    ) -> TurnLog:
        """The log of a new turn."""
        record = ConversationRecord(self._trail, principal, conversation_id, connection)
        turn = record.turn(str(uuid4()), reference or current_reference() or new_reference())
        gaps = self._gaps.of(conversation_id)
        # A customer may look at their own accounts without a record; what staff see of customers is always on it.
        return TurnLog(turn, gaps, tolerant=not principal.is_staff)
