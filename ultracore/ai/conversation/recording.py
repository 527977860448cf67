"""The view that puts on the record what it shows: nothing is drawn for a person that the record does not get."""

from __future__ import annotations

from collections.abc import Sequence

from ultracore.ai.interfaces import ApprovalCard, CardState, Choice, NoticeKind, ToolStep, TurnView
from ultracore.ai.record import TurnLog


class RecordingView:
    """Wraps a view. A whole answer, a notice or the end of a card becomes an `assistant_message`.

    What a card shows is on the record as `approval_requested` already; steps are the tool events.
    """

    def __init__(self, view: TurnView, log: TurnLog, agent: str) -> None:
        self._view = view
        self._log = log
        self._agent = agent
        self._shown: list[str] = []

    async def agent(self, name: str) -> None:
        """Change the author."""
        self._agent = name
        await self._view.agent(name)

    async def text(self, piece: str) -> None:
        """Show a piece of an answer."""
        self._shown.append(piece)
        await self._view.text(piece)

    async def text_done(self) -> None:
        """Close the answer on screen and write it down. Idempotent."""
        if not self._shown:
            return
        text, self._shown = "".join(self._shown), []
        if text.strip():
            await self._record(text, "answer")
        await self._view.text_done()

    async def step(self, step: ToolStep) -> None:
        """Show a tool call."""
        await self._view.step(step)

    async def message(self, text: str, *, kind: NoticeKind) -> None:
        """Show a sentence of ours and write it down."""
        await self.text_done()
        await self._record(text, kind)
        await self._view.message(text, kind=kind)

    async def choose(self, question: str, choices: Sequence[Choice]) -> None:
        """Ask with buttons, and write down the question with its answers."""
        await self.text_done()
        offered = ", ".join(choice.label for choice in choices)
        await self._record(f"{question} ({offered})", "question")
        await self._view.choose(question, choices)

    async def card(self, card: ApprovalCard) -> None:
        """Show a card."""
        await self._view.card(card)

    async def card_closed(self, state: CardState, sentence: str) -> None:
        """Close the card and write down what it said."""
        await self._record(sentence, "receipt" if state == "done" else "notice")
        await self._view.card_closed(state, sentence)

    async def _record(self, text: str, kind: str) -> None:
        record, agent = self._log.record, self._agent
        await self._log.attempt(lambda: record.assistant_message(text, agent=agent, kind=kind))
