"""A view for turns without a screen: those of programs, and those that are played again."""

from __future__ import annotations

from collections.abc import Sequence

from ultracore.ai.screen.values import ApprovalCard, CardState, Choice, NoticeKind, ToolStep


class SilentView:
    """A `TurnView` that draws nothing; what was said is in the turn's progress."""

    async def agent(self, name: str) -> None:
        """Nothing to draw."""

    async def text(self, piece: str) -> None:
        """Nothing to draw."""

    async def text_done(self) -> None:
        """Nothing to draw."""

    async def step(self, step: ToolStep) -> None:
        """Nothing to draw."""

    async def message(self, text: str, *, kind: NoticeKind) -> None:
        """Nothing to draw."""

    async def choose(self, question: str, choices: Sequence[Choice]) -> None:
        """Nothing to draw."""

    async def hold(self, text: str, seconds: float) -> None:
        """Nothing to draw."""

    async def offer(self, texts: Sequence[str]) -> None:
        """Nothing to draw."""

    async def offer_again(self) -> None:
        """Nothing to draw."""

    async def card(self, card: ApprovalCard) -> None:
        """Nothing to draw."""

    async def card_closed(self, state: CardState, sentence: str, *, proposal: str = "") -> None:
        """Nothing to draw."""
