"""Answers that a crash has cut: what was seen of them is written down, and shown again when its person comes back.

A log of pieces whose conversation's turn is free belongs to a process that died, or that lost its turn. The
next holder of the turn writes it down: the next message, a person who comes back, or housekeeping.
"""

from __future__ import annotations

import logging

from ultracore.ai import sentences as wording
from ultracore.ai.recording import PieceKeeper, RecordingView, TurnLog
from ultracore.ai.screen import TurnView
from ultracore.audit import AuditEvent, AuditEventType, AuditTrail, ConversationRecord, TurnRecord
from ultracore.audit.vocabulary import AssistantMessage, TurnFailed, Written
from ultracore.cache.stores import AnswerHead, AnswerPieces, CutAnswer, OpenAnswer, TurnLock
from ultracore.errors import AuditUnavailable, CacheUnavailable, RateLimited
from ultracore.principal import Principal

logger = logging.getLogger(__name__)

SETTLED_SECONDS = 15.0
"""How long after its first piece a turn is looked at by others: most are over by then."""


class CutAnswers:
    """Finds and closes what was left. Running it twice, or in two processes, records nothing twice."""

    def __init__(self, trail: AuditTrail, pieces: AnswerPieces, locks: TurnLock) -> None:
        self._trail = trail
        self._pieces = pieces
        self._locks = locks

    def keeping(self, principal: Principal) -> PieceKeeper:
        """The place for the pieces of a turn's answers, until they are on the record."""
        return PieceKeeper(self._pieces, principal)

    async def sweep(self, *, alone: bool = False) -> int:
        """One pass over all conversations. Returns how many answers were written down.

        A process that is `alone` on its data needs no turn: the holder of a taken one has died. What Redis or the
        record does not answer is left to the next pass.
        """
        found = 0
        try:
            for conversation_id in await self._pieces.announced(0.0 if alone else SETTLED_SECONDS):
                found += await self._settle(conversation_id, alone=alone)
        except (CacheUnavailable, AuditUnavailable) as error:
            logger.warning("cut answers are left to the next pass: %s", error.code)
        return found

    async def recover_if_free(self, conversation_id: str) -> int:
        """As `recover`, if no turn is running; 0 otherwise."""
        try:
            # Without waiting: a turn that is taken is being worked on, and its owner writes its own answer down.
            async with self._locks.hold(conversation_id, wait=0.0):
                return await self.recover(conversation_id)
        except RateLimited:
            return 0

    async def recover(self, conversation_id: str) -> int:
        """Write down what is left of a conversation whose turn the caller has. Returns how many answers that were.

        Raises `CacheUnavailable` and `AuditUnavailable`; then everything is left as it is.
        """
        left = {(one.head.turn_id, one.head.number): one for one in await self._pieces.left(conversation_id)}
        if not left:
            return 0
        # The record is asked first: a process may have died after it wrote the answer and before it dropped the
        # pieces.
        recorded = _recorded(await (await self._trail.store()).events(conversation_id))
        missing = [one for key, one in left.items() if key not in recorded and one.text.strip()]
        for answer in missing:
            await self._write(conversation_id, answer)
        # An answer that was complete only missed the record. Its person has seen all of it, so it is not shown
        # again.
        cut = [CutAnswer(one.head.agent, one.text) for one in missing if not one.whole]
        # After the writes: a crash in between leaves the pieces, and the next pass finds the answers on the
        # record.
        await self._pieces.close(conversation_id, cut)
        return len(missing)

    async def show_again(self, conversation_id: str, view: TurnView, log: TurnLog) -> int:
        """Show what was cut, which is on the record, and say that it was; that sentence goes on the record.

        Returns how many answers that were.
        """
        cut = await self._pieces.take_cut(conversation_id)
        for answer in cut:
            await view.agent(answer.agent)
            await view.text(answer.text)
            await view.text_done()
            await RecordingView(view, log, answer.agent).message(wording.CUT_SHORT, kind="notice")
        return len(cut)

    async def _settle(self, conversation_id: str, *, alone: bool) -> int:
        if alone:
            found = await self.recover(conversation_id)
            await self._pieces.settled(conversation_id)
            return found
        try:
            async with self._locks.hold(conversation_id, wait=0.0):
                found = await self.recover(conversation_id)
                await self._pieces.settled(conversation_id)
                return found
        except RateLimited:
            return 0

    async def _write(self, conversation_id: str, answer: OpenAnswer) -> None:
        head = answer.head
        record = self._record_of(conversation_id, head)
        written = Written(head.number, head.began, interrupted=not answer.whole)
        await record.write(AssistantMessage(answer.text, agent=head.agent, written=written))
        if not answer.whole:
            await record.write(TurnFailed(reason="turn.interrupted"))
        logger.info("an answer was written down from its pieces", extra={"turn": head.turn_id})

    def _record_of(self, conversation_id: str, head: AnswerHead) -> TurnRecord:
        who = Principal(
            tenant_id=head.tenant_id,
            user_id=head.user_id,
            # The login may have ended long ago. Whose words these are is enough to seal them, and grants nothing.
            login_id="",
            roles=frozenset(),
            customer_id=head.customer_id,
        )
        record = ConversationRecord(self._trail, who, conversation_id).turn(head.turn_id, head.reference)
        if head.working_for is not None:
            record.about(head.working_for)
        return record


def _recorded(events: list[AuditEvent]) -> set[tuple[str | None, object]]:
    """Turn and number of every answer on the record."""
    return {
        (event.turn_id, (event.metadata or {}).get("answer"))
        for event in events
        if event.event_type is AuditEventType.ASSISTANT_MESSAGE
    }
