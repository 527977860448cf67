"""The view that puts on the record what it shows: nothing is drawn for a person that the record does not get.

Answers come piece by piece and are in `streamed`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from ultracore.ai.recording.streamed import PieceKeeper, StreamedAnswer
from ultracore.ai.recording.turn_log import TurnLog
from ultracore.ai.screen import ApprovalCard, CardState, Choice, NoticeKind, ToolStep, TurnView
from ultracore.audit.replay import ASSISTANT
from ultracore.audit.vocabulary import AssistantMessage, Spent


class RecordingView:
    """Wraps a view. A whole answer, a notice or the end of a card becomes an `assistant_message`.

    What a card shows is on the record as `approval_requested` already; steps are the tool events.
    """

    def __init__(self, view: TurnView, log: TurnLog, agent: str, keeping: PieceKeeper | None = None) -> None:
        self._view = view
        self._log = log
        self._agent = agent
        self._keeping = keeping
        self._answer: StreamedAnswer | None = None
        self._interrupted = False
        self._named = agent == ASSISTANT
        # A notice and the end of a card may come at once; record and screen must have them in one order.
        self._in_order = asyncio.Lock()
        # An event loop holds its tasks weakly: one without a reference may vanish before it has shown anything.
        self._showing: set[asyncio.Task[None]] = set()

    def about(self, customer_id: str | None) -> None:
        """From here on a member of staff works for this customer."""
        if self._keeping is not None:
            self._keeping.working_for = customer_id

    def asks(self, spent: Callable[[], Spent]) -> None:
        """From here on answers are a model's; `spent` says what the one that has just ended took."""
        if self._keeping is not None:
            self._keeping.spent = spent

    def interrupted(self) -> None:
        """The answer that is being written will not be finished: the record is to say so."""
        self._interrupted = True

    async def agent(self, name: str) -> None:
        """Change the author."""
        await self.text_done()
        self._agent, self._named = name, True
        await self._view.agent(name)

    async def text(self, piece: str) -> None:
        """Show a piece of an answer once it is kept. Only a view with a `keeping` shows answers."""
        if self._answer is None:
            await self._name()
            if self._keeping is None:
                raise TypeError("a view without a place for the pieces shows no answer")
            self._answer = StreamedAnswer(self._view, self._log, self._keeping, self._agent)
        await self._answer.add(piece)

    async def text_done(self) -> None:
        """Close the answer on screen and write it down. Idempotent."""
        answer = self._answer
        if answer is not None:
            await answer.end(interrupted=self._interrupted)
            self._answer = None

    async def step(self, step: ToolStep) -> None:
        """Show a tool call."""
        await self.text_done()
        await self._view.step(step)

    async def message(self, text: str, *, kind: NoticeKind) -> None:
        """Show a sentence of ours and write it down."""
        await self._whole(self._write_down(text, kind, lambda: self._view.message(text, kind=kind)))

    async def unrecorded(self, text: str, *, kind: NoticeKind) -> None:
        """Show a sentence about what the record only counts, so that a flood of refusals does not fill it."""
        await self._view.message(text, kind=kind)

    async def choose(self, question: str, choices: Sequence[Choice]) -> None:
        """Ask with buttons, and write down the question with its answers."""
        offered = ", ".join(choice.label for choice in choices)
        show = partial(self._view.choose, question, choices)
        await self._whole(self._write_down(f"{question} ({offered})", "question", show))

    async def hold(self, text: str, seconds: float) -> None:
        """Say that the message has to wait, and write that down."""
        await self._whole(self._write_down(text, "notice", lambda: self._view.hold(text, seconds)))

    async def offer(self, texts: Sequence[str]) -> None:
        """Suggest what to say next; what is sent then is on the record as a message."""
        await self.text_done()
        await self._view.offer(texts)

    async def offer_again(self) -> None:
        """Offer to send the message again; what is sent then is on the record as a message."""
        await self._view.offer_again()

    async def card(self, card: ApprovalCard) -> None:
        """Show a card of this conversation, which is on its record as `approval_requested`."""
        await self.text_done()
        await self._name()
        await self._view.card(card)

    async def card_of_another(self, card: ApprovalCard, text: str) -> None:
        """Show a card that another conversation has asked for; `text` is what stands on it."""
        await self._whole(self._write_down(text, "card", partial(self._view.card, card)))

    async def card_closed(self, state: CardState, sentence: str, *, proposal: str = "") -> None:
        """Close the card and write down what it said."""
        kind = "receipt" if state == "done" else "notice"
        close = partial(self._view.card_closed, state, sentence, proposal=proposal)
        await self._whole(self._write_down(sentence, kind, close))

    async def _write_down(self, text: str, kind: str, show: Callable[[], Awaitable[None]]) -> None:
        async with self._in_order:
            await self.text_done()
            await self._name()
            # Recorded, then shown: what a person has read is on the record, also after a crash in between.
            await self._record(text, kind)
            await show()

    async def _whole(self, work: Coroutine[Any, Any, None]) -> None:
        """Run to the end, also if the turn is stopped meanwhile: what the record has got is shown."""
        task = asyncio.get_running_loop().create_task(work)
        self._showing.add(task)
        task.add_done_callback(self._showing.discard)
        await asyncio.shield(task)

    async def _name(self) -> None:
        """A view begins without an author: what the record calls this one, the screen shows."""
        if not self._named:
            self._named = True
            await self._view.agent(self._agent)

    async def _record(self, text: str, kind: str) -> None:
        agent = self._agent
        await self._log.best_effort(AssistantMessage(text, agent=agent, kind=kind))
