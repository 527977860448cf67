"""The conversation runtime: takes messages and presses of signed-in people and answers them, one at a time.

`ConversationService` implements `ConversationDesk`. Its callers hand over what a browser sent; who is acting is
read from the login session every time. Nothing here raises for what a person or a model does: it is shown, and
recorded.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

from ultracore.ai import sentences as wording
from ultracore.ai.agents import Routing, chosen
from ultracore.ai.care import CareDesk
from ultracore.ai.conversation.care import Attention, CareFirst
from ultracore.ai.conversation.cut_answers import CutAnswers
from ultracore.ai.conversation.desks import is_command
from ultracore.ai.conversation.turns import Turns
from ultracore.ai.faults import faults_told
from ultracore.ai.parts import OpenTurn, Options, Parts
from ultracore.ai.presses import Presses, SecondPersons
from ultracore.ai.profiles import profile_for_domain
from ultracore.ai.recording import Keeping, RecordingView, TurnLog
from ultracore.ai.screen import CardShown, Greeting, Inbound, Press, TurnView, WaitingRequest
from ultracore.ai.staff import desk_line
from ultracore.ai.staff import starters as staff_starters
from ultracore.audit import ConversationRecord
from ultracore.audit.vocabulary import AssistantMessage, ConversationEnded, ConversationStarted
from ultracore.banking.proposals import may_check
from ultracore.cache.stores import ConversationState
from ultracore.errors import (
    AuditUnavailable,
    CacheUnavailable,
    CustomerError,
    InvalidInput,
    RateLimited,
    SessionEnded,
    UltracoreError,
    Unavailable,
)
from ultracore.observability import turn_reference
from ultracore.principal import Connection, Principal
from ultracore.wording import apology, new_reference

logger = logging.getLogger(__name__)

MAX_REMEMBERED = 10_000


def _sentence(error: UltracoreError) -> str:
    return wording.UNAVAILABLE if isinstance(error, CacheUnavailable) else error.sentence


@dataclass(slots=True)
class _Open:
    """What this process remembers of a conversation: nothing that another process could not do without.

    `begun_here` where nothing of it can be on the record yet that this process has not written.
    """

    login_id: str
    greeting: Greeting
    of_staff: bool
    begun_here: bool = False
    started: bool = False


class ConversationService:
    """See `ConversationDesk` for what each method promises."""

    def __init__(self, parts: Parts, options: Options, presses: Presses) -> None:
        self._parts = parts
        self._options = options
        self._care = CareFirst(CareDesk(options.care), presses)
        self._turns = Turns(parts, options, presses, self._care)
        self._presses = presses
        self._second_persons = SecondPersons(parts, presses)
        self._cut_answers = CutAnswers(parts.trail, parts.pieces, parts.locks)
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._stopped: set[asyncio.Task[None]] = set()

    async def begin(self, login_id: str, connection: Connection) -> Greeting:
        """Issue a conversation id, greet, and hand over the sentences that waited."""
        principal = await self._principal(login_id)
        conversation_id = str(uuid4())
        await self._parts.conversations.create(conversation_id, principal)
        notices = await self._parts.notices.take_notices(principal.tenant_id, principal.user_id)
        greeting = self._greeting(conversation_id, principal, tuple(notices))
        self._remember(conversation_id, _Open(login_id, greeting, principal.is_staff, begun_here=True))
        return greeting

    async def message(self, inbound: Inbound, view: TurnView) -> None:
        """Answer one message. Returns when the turn is over, also after `stop`."""
        await self._in_a_task(self._guarded(inbound, view))

    def words_in_need(self, text: str) -> str | None:
        """For a message that never got here."""
        return self._care.words_for(text)

    async def _in_a_task(self, turn: Coroutine[Any, Any, None]) -> None:
        """Run a turn in a task of its own, which `stop` can cancel without cancelling the caller."""
        task = asyncio.get_running_loop().create_task(turn)
        try:
            await task
        except asyncio.CancelledError:
            if task not in self._stopped:
                task.cancel()
                raise
        finally:
            self._stopped.discard(task)

    async def press(self, press: Press, view: TurnView) -> None:
        """Carry out a press. It runs to its end even when the caller is cancelled."""
        await self._parts.tasks.run(self._press(press, view))

    async def waiting_requests(
        self, login_id: str, conversation_id: str, connection: Connection
    ) -> Sequence[WaitingRequest]:
        """What this second person may decide; that they see it is on the record first."""
        checker = await self._second_persons.checker(login_id, conversation_id)
        log = await self._started_log(checker, login_id, conversation_id, connection)
        return await self._second_persons.waiting(checker, conversation_id, log)

    async def decide_request(self, press: Press, view: TurnView) -> None:
        """The second person's press."""
        await self.press(press, view)

    async def choose(
        self, login_id: str, conversation_id: str, key: str, connection: Connection, view: TurnView
    ) -> None:
        """Answer the message that waited for a choice; a command's button is that command."""
        if is_command(key):
            await self.message(Inbound(login_id, conversation_id, str(uuid4()), key, connection), view)
            return
        profile = profile_for_domain(key)
        text = self._turns.waiting_text(conversation_id, login_id)
        if profile is None or text is None:
            shown = await self._recorded(login_id, conversation_id, connection, view, new_reference())
            await shown.message(wording.CHOICE_GONE, kind="notice")
            return
        inbound = Inbound(login_id, conversation_id, str(uuid4()), text, connection)
        await self._in_a_task(self._guarded(inbound, view, chosen(profile)))

    async def stop(self, login_id: str, conversation_id: str) -> None:
        """End the talking of the running turn, and void an open proposal."""
        principal, _ = await self._owned(login_id, conversation_id)
        task = self._running.get(conversation_id)
        if task is not None:
            self._stopped.add(task)
            task.cancel()
        await self._presses.void(principal, conversation_id, reason="turn.stopped")

    async def sign_out(self, login_id: str, connection: Connection) -> None:
        """Revoke the login; its proposals become void and its conversations end on the record."""
        principal = await self._parts.logins.revoke(login_id)
        if principal is None:
            return
        await self._presses.void_login(principal)
        ours = [key for key, entry in self._open.items() if entry.login_id == login_id]
        for conversation_id in ours:
            entry = self._open.pop(conversation_id)
            if entry.started:
                log = self._log(principal, conversation_id, connection)
                await log.best_effort(ConversationEnded(reason="signed_out"))

    async def resume(
        self, login_id: str, conversation_id: str, view: TurnView, *, card: CardShown | None = None
    ) -> None:
        """Show an answer that was cut meanwhile, and an open proposal with buttons for this login."""
        principal, state = await self._owned(login_id, conversation_id)
        if (state.writing and await self._cut_answers.recover_if_free(conversation_id)) or state.cut:
            log = self._log(principal, conversation_id, Connection())
            await self._cut_answers.show_again(conversation_id, view, log)
        if may_check(principal):
            await self._show_request(principal, conversation_id, view, card)
        else:
            await self._presses.show_again(principal, conversation_id, view, card)

    async def _show_request(
        self, checker: Principal, conversation_id: str, view: TurnView, card: CardShown | None
    ) -> None:
        if card is not None and not card.pressable:
            log = await self._started_log(checker, checker.login_id, conversation_id, Connection())
            await self._second_persons.show_again(checker, conversation_id, card, view, log)

    async def _guarded(self, inbound: Inbound, view: TurnView, routing: Routing | None = None) -> None:
        """The last net under a turn: what is known is told in its own words, with a reference where it helps."""
        reference = new_reference()
        known = self._open.get(inbound.conversation_id)
        staff = known is not None and known.of_staff
        attention = self._care.attention(inbound, view, due=routing is None and not staff)
        if known is not None and known.login_id == inbound.login_id:
            await attention.give()  # before anybody is asked who this is: Redis may hang
        try:
            with turn_reference(reference), faults_told():
                await self._turn(inbound, view, reference, routing, attention)
        except UltracoreError as error:
            await attention.give()
            await self._tell(error, view, reference)

    async def _turn(
        self, inbound: Inbound, view: TurnView, reference: str, routing: Routing | None, attention: Attention
    ) -> None:
        principal, state = await self._owned(inbound.login_id, inbound.conversation_id)
        agent = state.agent
        if not await self._parts.conversations.first_seen(inbound.conversation_id, inbound.message_id):
            logger.info("a message id came twice and was dropped")
            return
        entry = self._remembered(inbound, principal)
        log = self._log(principal, inbound.conversation_id, inbound.connection, reference)
        shown = RecordingView(view, log, agent or "Anya", Keeping(self._parts.pieces, principal))
        turn = OpenTurn(inbound, principal, agent, log, view, shown)
        try:
            await self._give(attention, turn)
            await self._start(log, entry)
            text = await self._turns.admit(turn)
            if text is not None:
                await self._in_turn(turn, text, routing)
        except UltracoreError as error:
            if isinstance(error, Unavailable | RateLimited | SessionEnded):
                await self._turns.not_begun(turn, error)
            await self._tell(error, turn.view, reference)
        await self._care.record(turn)

    async def _give(self, attention: Attention, turn: OpenTurn) -> None:
        if not turn.principal.is_staff:
            await attention.give()
        turn.care = attention.care
        await self._care.stop_payment(turn)

    async def _tell(self, error: UltracoreError, view: TurnView, reference: str) -> None:
        """Say what went wrong in its own words, with a reference where that helps."""
        if isinstance(error, CustomerError):
            await view.message(error.sentence, kind="notice")
            return
        logger.warning("turn %s failed: %s", reference, error.code)
        told = apology(reference, self._options.support_phone, sentence=_sentence(error))
        await view.message(told, kind="error")

    async def _in_turn(self, turn: OpenTurn, text: str, routing: Routing | None) -> None:
        """Answer as the conversation's only turn."""
        inbound = turn.inbound
        async with self._parts.locks.hold(inbound.conversation_id):
            task = asyncio.current_task()
            if task is not None:
                self._running[inbound.conversation_id] = task
            try:
                # Read again: the turn before this one may have routed the conversation, the login have changed.
                turn.principal, state = await self._owned(inbound.login_id, inbound.conversation_id)
                if state.writing or state.cut:
                    await self._after_cut(turn)
                turn.agent = state.agent
                turn.work_for(state.working_for)
                await self._turns.run(turn, text, routing=routing, stopped=lambda: task in self._stopped)
            except asyncio.CancelledError:
                if not turn.begun:
                    ending = self._turns.ended_early(turn, text, by_person=task in self._stopped)
                    await self._parts.tasks.run(ending)
                raise
            finally:
                self._running.pop(inbound.conversation_id, None)

    async def _after_cut(self, turn: OpenTurn) -> None:
        """Write down, before anything of this turn, what an earlier one has shown and could not record."""
        await self._cut_answers.recover(turn.conversation_id)
        await self._cut_answers.show_again(turn.conversation_id, turn.raw_view, turn.log)

    async def _press(self, press: Press, view: TurnView) -> None:
        reference = new_reference()
        try:
            with turn_reference(reference), faults_told():
                if await self._second_persons.is_checker(press.login_id):
                    await self._decide(press, view, reference)
                else:
                    principal, state = await self._owned(press.login_id, press.conversation_id)
                    again = partial(self._principal, press.login_id)
                    await self._presses.carry_out(press, principal, state.agent or "Payments", view, again)
        except UltracoreError as error:
            place = press.login_id, press.conversation_id, press.connection
            await self._tell(error, await self._recorded(*place, view, reference), reference)

    async def _recorded(
        self, login_id: str, conversation_id: str, connection: Connection, view: TurnView, reference: str
    ) -> TurnView:
        """The view that records what it shows in somebody's own conversation; else the view as it is."""
        try:
            principal, state = await self._owned(login_id, conversation_id)
            log = await self._started_log(principal, login_id, conversation_id, connection, reference)
        except UltracoreError:
            return view
        return RecordingView(view, log, state.agent or "Anya")

    async def _decide(self, press: Press, view: TurnView, reference: str) -> None:
        checker = await self._second_persons.checker(press.login_id, press.conversation_id)
        log = await self._started_log(checker, press.login_id, press.conversation_id, press.connection, reference)
        await self._second_persons.decide(press, checker, view, log)

    async def _started_log(
        self,
        principal: Principal,
        login_id: str,
        conversation_id: str,
        connection: Connection,
        reference: str | None = None,
    ) -> TurnLog:
        """The log of something that happens in a conversation without a message; begun where it was not."""
        entry = self._remembered(Inbound(login_id, conversation_id, "", "", connection), principal)
        log = self._log(principal, conversation_id, connection, reference)
        await self._start(log, entry)
        return log

    async def _start(self, log: TurnLog, entry: _Open) -> None:
        """Write `session_started` and what was shown with it, once, in front of the first message."""
        if entry.started or (not entry.begun_here and await self._is_on_record(log, entry)):
            return
        greeting = entry.greeting
        begun = await log.required_for_staff(ConversationStarted(greeting=greeting.text, notice=greeting.notice))
        entry.started = begun is not None
        for sentence in greeting.notices if begun is not None else ():
            await log.best_effort(AssistantMessage(sentence, agent="Anya", kind="notice"))

    async def _is_on_record(self, log: TurnLog, entry: _Open) -> bool:
        """True where the conversation was begun by another process, or by this one before a restart."""
        try:
            store = await self._parts.trail.store()
            entry.started = await store.stream(log.record.conversation_id) is not None
        except AuditUnavailable as error:
            logger.warning("a conversation's beginning is not known: %s", error.code)
            return True
        return entry.started

    async def _principal(self, login_id: str) -> Principal:
        principal = await self._parts.logins.get(login_id)
        if principal is None:
            raise SessionEnded("the login session has ended")
        return principal

    async def _owned(self, login_id: str, conversation_id: str) -> tuple[Principal, ConversationState]:
        """Who is acting, and what is known of the conversation. Raises `InvalidInput` unless it is theirs."""
        principal = await self._principal(login_id)
        state = await self._parts.conversations.owner(conversation_id)
        if state is None or not state.belongs_to(principal):
            raise InvalidInput(
                "not this person's conversation", code="conversation.not_yours", sentence=wording.NOT_YOURS
            )
        return principal, state

    def _remembered(self, inbound: Inbound, principal: Principal) -> _Open:
        entry = self._open.get(inbound.conversation_id)
        if entry is None:
            greeting = self._greeting(inbound.conversation_id, principal, ())
            entry = _Open(inbound.login_id, greeting, principal.is_staff)
            self._remember(inbound.conversation_id, entry)
        return entry

    def _greeting(self, conversation_id: str, principal: Principal, notices: tuple[str, ...]) -> Greeting:
        text = wording.greeting(principal.display_name)
        if principal.is_staff:
            text = f"{text} {desk_line(principal)}"
        starters = staff_starters(principal) if principal.is_staff else self._turns.starters(principal)
        notice = wording.notice(offline=self._options.offline_model)
        return Greeting(conversation_id, text, notice, notices, starters)

    def _remember(self, conversation_id: str, entry: _Open) -> None:
        self._open[conversation_id] = entry
        if len(self._open) > MAX_REMEMBERED:
            self._open.popitem(last=False)

    def _log(
        self,
        principal: Principal,
        conversation_id: str,
        connection: Connection,
        reference: str | None = None,
    ) -> TurnLog:
        record = ConversationRecord(self._parts.trail, principal, conversation_id, connection)
        turn = record.turn(str(uuid4()), reference or new_reference())
        gaps = self._parts.gaps.of(conversation_id)
        return TurnLog(turn, gaps, tolerant=not principal.is_staff)
