"""A person at a desk: signs in, writes, presses, and sees what a browser would show."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from tests.support.scripted_model import ScriptedModel
from ultracore.ai.screen import ApprovalCard, CardState, Choice, Inbound, NoticeKind, Press, ToolStep
from ultracore.audit import AuditEvent
from ultracore.container import App, open_app
from ultracore.principal import Connection, Principal, Role
from ultracore.settings import Settings

BROWSER = Connection("203.0.113.7", "Test browser")


@dataclass
class Screen:
    """A `TurnView` that keeps what it was shown."""

    answers: list[str] = field(default_factory=list)
    steps: list[ToolStep] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)
    cards: list[ApprovalCard] = field(default_factory=list)
    closed: list[tuple[CardState, str]] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)
    again: bool = False
    author: str = ""
    _writing: str = ""

    @property
    def shown(self) -> str:
        """Everything in words, finished or not."""
        return "\n".join([*self.answers, self._writing, *(text for _, text in self.messages)])

    def ended(self, tool: str) -> list[str]:
        """How the calls of a tool ended, in order."""
        return [step.status for step in self.steps if step.tool == tool and step.status != "running"]

    async def agent(self, name: str) -> None:
        self.author = name

    async def text(self, piece: str) -> None:
        self._writing += piece

    async def text_done(self) -> None:
        self.answers.append(self._writing)
        self._writing = ""

    async def step(self, step: ToolStep) -> None:
        self.steps.append(step)

    async def message(self, text: str, *, kind: NoticeKind) -> None:
        self.messages.append((kind, text))

    async def choose(self, question: str, choices: Sequence[Choice]) -> None:
        self.choices = [choice.key for choice in choices]

    async def hold(self, text: str, seconds: float) -> None:
        self.messages.append(("notice", text))

    async def offer(self, texts: Sequence[str]) -> None:
        self.offered = list(texts)

    async def offer_again(self) -> None:
        self.again = True

    async def card(self, card: ApprovalCard) -> None:
        self.cards.append(card)

    async def card_closed(self, state: CardState, sentence: str, *, proposal: str = "") -> None:
        self.closed.append((state, sentence))


def principal(user: str = "customer1", customer: str = "cust_1", tenant: str = "tenant_1") -> Principal:
    """A signed-in customer of the demo world."""
    return Principal(
        tenant_id=tenant,
        user_id=user,
        login_id=uuid4().hex,
        roles=frozenset({Role.CUSTOMER}),
        customer_id=customer,
        display_name="Alex Morgan",
    )


def staff(user: str, role: Role, tenant: str = "tenant_1") -> Principal:
    """A signed-in member of staff."""
    return Principal(
        tenant_id=tenant, user_id=user, login_id=uuid4().hex, roles=frozenset({role}), display_name=user
    )


@dataclass
class Desk:
    """One signed-in person with one conversation."""

    app: App
    model: ScriptedModel
    who: Principal
    conversation_id: str
    greeting: str
    notices: tuple[str, ...]
    screen: Screen = field(default_factory=Screen)

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings, model: ScriptedModel) -> AsyncIterator[Desk]:
        """Open the app and sign `customer1` in."""
        async with open_app(settings) as app:
            yield await cls.sign_in(app, model, principal())

    @classmethod
    async def sign_in(cls, app: App, model: ScriptedModel, who: Principal) -> Desk:
        """Begin a conversation of somebody."""
        await app.logins.create(who)
        greeting = await app.desk.begin(who.login_id, BROWSER)
        return cls(app, model, who, greeting.conversation_id, greeting.text, greeting.notices)

    async def say(self, text: str, *, message_id: str | None = None) -> Screen:
        """Write a message and wait for the end of the turn; the screen is what this turn showed."""
        self.screen = Screen()
        inbound = Inbound(self.who.login_id, self.conversation_id, message_id or str(uuid4()), text, BROWSER)
        await self.app.desk.message(inbound, self.screen)
        return self.screen

    async def press(self, *, approve: bool, approval_id: str | None = None) -> Screen:
        """Press a button of the card on the screen, or one with another id."""
        if approval_id is None:
            approval_id = self.screen.cards[-1].approval_id
        self.screen.closed.clear()
        press = Press(self.who.login_id, self.conversation_id, approval_id, approve, BROWSER)
        await self.app.desk.press(press, self.screen)
        return self.screen

    async def choose(self, key: str) -> Screen:
        """Press one of the buttons of a question."""
        self.screen = Screen()
        await self.app.desk.choose(self.who.login_id, self.conversation_id, key, BROWSER, self.screen)
        return self.screen

    async def balance(self, account: str = "acc_1", customer: str = "cust_1", tenant: str = "tenant_1") -> str:
        """What the ledger says."""
        return str((await self.app.bank.accounts.get(tenant, customer, account)).balance)

    async def record(self) -> list[AuditEvent]:
        """The conversation's events, in order."""
        store = await self.app.trail.store()
        return await store.events(self.conversation_id)

    async def types(self) -> list[str]:
        """The types of the conversation's events, decisions with their result."""
        return [
            f"{event.event_type.value}:{event.result}"
            if event.event_type.value == "tool_decided"
            else event.event_type.value
            for event in await self.record()
        ]

    async def denials(self) -> list[str]:
        """The stable reasons of the denied decisions, in order."""
        return [
            (event.metadata or {})["reason"]
            for event in await self.record()
            if event.event_type.value == "tool_decided" and event.result == "denied"
        ]
