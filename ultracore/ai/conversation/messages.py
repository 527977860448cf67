"""Messages of signed-in people, from the browser to the turn that answers them."""

from __future__ import annotations

import logging

from ultracore.ai.agents import RoutedMessage
from ultracore.ai.conversation.admission import Admission, record_not_begun
from ultracore.ai.conversation.apologies import Apologies
from ultracore.ai.conversation.care import Attention, CareFirst
from ultracore.ai.conversation.openings import Openings
from ultracore.ai.conversation.owners import Owners
from ultracore.ai.conversation.turn_queue import TurnQueue
from ultracore.ai.faults import faults_told
from ultracore.ai.open_turn import OpenTurn
from ultracore.ai.recording import RecordingView
from ultracore.ai.screen import Inbound, TurnView
from ultracore.errors import RateLimited, SessionEnded, UltracoreError, Unavailable
from ultracore.languages import language_of
from ultracore.observability import current_reference, turn_reference
from ultracore.wording import new_reference

logger = logging.getLogger(__name__)


class Messages:
    """Answers messages. Nothing here raises for what a person or a model does: it is shown, and recorded."""

    def __init__(
        self,
        owners: Owners,
        openings: Openings,
        admission: Admission,
        queue: TurnQueue,
        care: CareFirst,
        apologies: Apologies,
    ) -> None:
        self._owners = owners
        self._openings = openings
        self._admission = admission
        self._queue = queue
        self._care = care
        self._apologies = apologies

    async def answer(self, inbound: Inbound, view: TurnView, routing: RoutedMessage | None = None) -> None:
        """Answer one message; `routing` is the person's own choice of an agent. Returns also after a Stop."""
        await self._queue.in_a_task(self._guarded(inbound, view, routing))

    async def _guarded(self, inbound: Inbound, view: TurnView, routing: RoutedMessage | None) -> None:
        """The last net under a turn: what is known is told in its own words, with a reference if it helps."""
        reference = current_reference() or new_reference()
        known = self._openings.known(inbound.conversation_id)
        staff = known is not None and known.of_staff
        # A button's message was looked at when it was typed, and staff write about other people's need.
        attention = self._care.attention(inbound, view, due=routing is None and not staff)
        if known is not None and known.login_id == inbound.login_id:
            await attention.give()  # before anybody is asked who this is: Redis may hang
        try:
            with turn_reference(reference), faults_told():
                await self._turn(inbound, view, reference, routing, attention)
        except UltracoreError as error:
            # The error may have come before the message was looked at; the numbers to call are shown to anybody
            # in need.
            await attention.give()
            await self._apologies.tell(error, view, reference, language_of(inbound.text))

    async def _turn(
        self, inbound: Inbound, view: TurnView, reference: str, routing: RoutedMessage | None, attention: Attention
    ) -> None:
        principal, state = await self._owners.owned(inbound.login_id, inbound.conversation_id)
        agent = state.agent
        # A browser sends a message again after a dropped connection; the turn that it began may still be running.
        if not await self._owners.conversations.first_seen(inbound.conversation_id, inbound.message_id):
            logger.info("a message id came twice and was dropped")
            return
        entry = self._openings.remembered(inbound, principal)
        log = self._openings.log(principal, inbound.conversation_id, inbound.connection, reference)
        shown = RecordingView(view, log, agent or "Anya", self._queue.keeping(principal))
        turn = OpenTurn(inbound, principal, agent, log, view, shown, language=language_of(inbound.text))
        try:
            # Before the limits and the record: somebody in need is answered even if they write too fast.
            await self._give(attention, turn)
            await self._openings.start(log, entry)
            text = await self._admission.admit(turn)
            if text is not None:
                await self._queue.run(turn, text, routing)
        except UltracoreError as error:
            if isinstance(error, Unavailable | RateLimited | SessionEnded):
                await record_not_begun(turn, error)
            await self._apologies.tell(error, turn.view, reference, turn.language)
        await self._care.record(turn)

    async def _give(self, attention: Attention, turn: OpenTurn) -> None:
        if not turn.principal.is_staff:
            await attention.give()
        turn.care = attention.care
        await self._care.stop_payment(turn)
