"""An answer that comes piece by piece: each piece is kept, then shown; the whole is recorded when it ends.

So there is no moment in which a person has seen what neither the record nor the conversation's log in Redis holds.
Pieces are gathered for `GATHER_SECONDS`: one call and one event to the browser cost less than one for each token.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from ultracore.ai.recording.turn_log import TurnLog
from ultracore.ai.screen import TurnView
from ultracore.audit import wire_time
from ultracore.audit.vocabulary import AssistantMessage, Spent, Written
from ultracore.cache.stores import AnswerHead, AnswerPieces
from ultracore.errors import CacheUnavailable
from ultracore.principal import Principal

logger = logging.getLogger(__name__)

GATHER_SECONDS = 0.03


@dataclass(slots=True)
class PieceKeeper:
    """Keeps the pieces of one turn's answers, and says whose they are."""

    pieces: AnswerPieces
    principal: Principal
    working_for: str | None = None
    answers: int = 0
    announced: bool = False
    unrecorded: bool = False
    spent: Callable[[], Spent] | None = None

    def head(self, log: TurnLog, agent: str, number: int, began_at: datetime) -> AnswerHead:
        """What is needed to write the present answer down in another process."""
        return AnswerHead(
            turn_id=log.record.turn_id,
            reference=log.record.reference,
            number=number,
            agent=agent,
            began_at=wire_time(began_at),
            tenant_id=self.principal.tenant_id,
            user_id=self.principal.user_id,
            customer_id=self.principal.customer_id,
            working_for=self.working_for,
        )


class StreamedAnswer:
    """One answer. `add` shows the first piece at once, later ones in batches; `end` closes it, once.

    If Redis does not take a piece, what there is becomes an answer of its own at once, which is on the record
    before it is shown; if neither takes it, it is not shown.
    """

    def __init__(self, view: TurnView, log: TurnLog, keeping: PieceKeeper, agent: str) -> None:
        self._view = view
        self._log = log
        self._keeping = keeping
        self._agent = agent
        self._waiting: list[str] = []
        self._shown: list[str] = []
        self._number = 0
        self._pieces = 0
        self._began_at = datetime.now(UTC)
        self._taken = False
        # Pieces are numbered: two writes at once could reach Redis, and the page, in the wrong order.
        self._one_at_a_time = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._drawing: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None

    async def add(self, piece: str) -> None:
        """The next piece."""
        self._waiting.append(piece)
        if not self._shown:
            # The first piece is not gathered: the time until something appears is what a person notices.
            await asyncio.shield(self._start_drawing())
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(GATHER_SECONDS, self._start_drawing)

    async def end(self, *, interrupted: bool) -> None:
        """Record the answer and close it on the screen. Idempotent.

        It runs to its end if its caller is cancelled.
        """
        if self._ending is None:
            # A Stop may cancel the caller at this moment; the answer still has to get on the record.
            self._ending = asyncio.get_running_loop().create_task(self._end(interrupted))
        await asyncio.shield(self._ending)

    def _start_drawing(self) -> asyncio.Task[None]:
        self._timer = None
        self._drawing = asyncio.get_running_loop().create_task(self._draw())
        return self._drawing

    async def _draw(self) -> None:
        async with self._one_at_a_time:
            text = "".join(self._waiting)
            if not text or self._taken or self._ending is not None:
                return
            if not self._shown and not text.strip():
                return  # spaces are no answer: they are shown with the first word
            # More may be added while Redis answers, so only what was kept is taken away.
            count = len(self._waiting)
            try:
                kept = await self._keep(text)
            except CacheUnavailable:
                await self._record_instead()
                return
            del self._waiting[:count]
            if kept:
                await self._show(text)
            else:
                # Another process has taken the turn and written the answer down: shown from here on, it would be
                # there twice.
                self._taken = True

    def _begin(self) -> int:
        """The answer's number in its turn, given when it is first needed."""
        if not self._number:
            self._keeping.answers += 1
            self._number, self._began_at = self._keeping.answers, datetime.now(UTC)
        return self._number

    async def _keep(self, text: str) -> bool:
        """Keep the next piece. What Redis did not take is kept later under the same number of a piece."""
        keeping, conversation_id, head = self._keeping, self._log.record.conversation_id, None
        if self._pieces == 0:
            self._begin()
            head = keeping.head(self._log, self._agent, self._number, self._began_at)
            if not keeping.announced:
                # Announced before the first piece: a crash right after that piece still leads somebody to it.
                await keeping.pieces.announce(conversation_id)
                keeping.announced = True
        kept = await keeping.pieces.keep(conversation_id, self._pieces + 1, text, head)
        self._pieces += 1
        return kept

    async def _show(self, text: str) -> None:
        self._shown.append(text)
        await self._view.text(text)

    async def _record_instead(self) -> None:
        """Redis did not take the piece: what was shown and what waits is an answer of its own, if the record does.

        Its pieces stay: a process that finds them sees by the answer's number that it is on the record.
        """
        text, waiting = "".join([*self._shown, *self._waiting]), "".join(self._waiting)
        if not text.strip() or not await self._record(text, interrupted=False):
            return
        self._waiting.clear()
        await self._show(waiting)
        await self._view.text_done()
        self._shown.clear()
        self._number = self._pieces = 0

    async def _end(self, interrupted: bool) -> None:
        if self._timer is not None:
            # A timer that fires later would draw a piece behind the end of the answer.
            self._timer.cancel()
        async with self._one_at_a_time:
            waiting, text = "".join(self._waiting), "".join([*self._shown, *self._waiting])
            self._waiting.clear()
            if text.strip() and not await self._was_taken(interrupted):
                safe = await self._record(text, interrupted=interrupted)
                if safe:
                    await self._drop()
                else:
                    safe = await self._keep_rest(waiting, interrupted=interrupted)
                if waiting and safe:
                    await self._show(waiting)
            if self._shown:
                await self._view.text_done()

    async def _record(self, text: str, *, interrupted: bool) -> bool:
        """Write the answer down; False if the record is away, and then the turn's pieces stay."""
        written = Written(self._begin(), self._began_at, interrupted)
        spent = self._keeping.spent() if self._keeping.spent is not None else None
        message = AssistantMessage(text, agent=self._agent, written=written, spent=spent)
        event = await self._log.best_effort(message)
        self._keeping.unrecorded |= event is None
        return event is not None

    async def _drop(self) -> None:
        """The pieces of what is on the record are not needed any more."""
        # An earlier answer of the turn is only in its pieces, and they are dropped together.
        if self._pieces == 0 or self._keeping.unrecorded:
            return
        try:
            await self._keeping.pieces.close(self._log.record.conversation_id)
        except CacheUnavailable as error:
            logger.info("pieces of an answer are left to be found on the record: %s", error.code)

    async def _was_taken(self, interrupted: bool) -> bool:
        """True if another process found the answer without its turn, and has written it down."""
        if not interrupted or self._taken or not self._pieces:
            return self._taken
        try:
            return not await self._keeping.pieces.held(self._log.record.conversation_id)
        except CacheUnavailable:
            return False

    async def _keep_rest(self, waiting: str, *, interrupted: bool) -> bool:
        """The record is away: the rest may be shown if Redis has the whole of it, until the record has."""
        try:
            kept = not waiting or await self._keep(waiting)
            if not interrupted:
                await self._keeping.pieces.whole(self._log.record.conversation_id)
        except CacheUnavailable:
            return False
        return kept
