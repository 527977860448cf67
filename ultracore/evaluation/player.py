"""Plays one case: what the person writes and presses, and what a browser would have shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from ultracore.ai.screen import ApprovalCard, CardState, Choice, Inbound, NoticeKind, Press, ToolStep
from ultracore.container import App
from ultracore.evaluation.cases import EvaluationCase
from ultracore.evaluation.world import principal_of
from ultracore.principal import Connection

_BROWSER = Connection("203.0.113.7", "evaluation")
PRESSES = {"!approve": True, "!decline": False}


@dataclass
class PlayedScreen:
    """A `TurnView` that keeps what it was shown over a whole conversation."""

    texts: list[str] = field(default_factory=list)
    cards: list[ApprovalCard] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)

    async def agent(self, name: str) -> None:
        """Who answers is on the record."""

    async def text(self, piece: str) -> None:
        self.texts.append(piece)

    async def text_done(self) -> None:
        self.texts.append("\n")

    async def step(self, step: ToolStep) -> None:
        """Which tools ran is read from the record."""

    async def message(self, text: str, *, kind: NoticeKind) -> None:
        self.texts.append(f"{text}\n")

    async def choose(self, question: str, choices: Sequence[Choice]) -> None:
        self.choices = [choice.key for choice in choices]

    async def hold(self, text: str, seconds: float) -> None:
        self.texts.append(f"{text}\n")

    async def offer(self, texts: Sequence[str]) -> None:
        """A played conversation goes on with its next line."""

    async def offer_again(self) -> None:
        """A played conversation goes on with its next line."""

    async def card(self, card: ApprovalCard) -> None:
        self.cards.append(card)

    async def card_closed(self, state: CardState, sentence: str, *, proposal: str = "") -> None:
        self.texts.append(f"{sentence}\n")


@dataclass(frozen=True, slots=True)
class Played:
    """A case that was played: what was shown, and the conversation's id on the record."""

    shown: PlayedScreen
    conversation_id: str


async def play(app: App, case: EvaluationCase) -> Played:
    """Play all turns. A question back about the agent is answered with its first choice."""
    who, shown = principal_of(case.person), PlayedScreen()
    await app.logins.create(who)
    greeting = await app.desk.begin(who.login_id, _BROWSER)
    conversation = greeting.conversation_id
    for turn in case.turns:
        if turn in PRESSES:
            if shown.cards:
                approval = shown.cards[-1].approval_id
                press = Press(who.login_id, conversation, approval, PRESSES[turn], _BROWSER)
                await app.desk.press(press, shown)
            continue
        shown.choices = []
        await app.desk.message(Inbound(who.login_id, conversation, str(uuid4()), turn, _BROWSER), shown)
        if shown.choices:
            await app.desk.choose(who.login_id, conversation, shown.choices[0], _BROWSER, shown)
    return Played(shown, conversation)
