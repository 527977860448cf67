"""What the chat layer hands over, and the desk that takes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from ultracore.ai.screen.values import Choice, TurnView, WaitingRequest
from ultracore.audit import ReplayItem
from ultracore.principal import Connection, Principal


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message of a signed-in person, as the gate let it through. `text` is raw."""

    login_id: str
    conversation_id: str
    message_id: str
    text: str
    connection: Connection


@dataclass(frozen=True, slots=True)
class Press:
    """A press of one of a card's two buttons.

    `shown_seconds` is how long the server has shown these buttons on that page; None if no page is drawn.
    """

    login_id: str
    conversation_id: str
    approval_id: str
    approve: bool
    connection: Connection
    shown_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class AnswerFeedback:
    """What a person thinks of an answer: `good`, `bad`, or `withdrawn`.

    `text` is the answer as it stands on the page, `shown_at` when its first piece appeared; `comment` is raw.
    """

    login_id: str
    conversation_id: str
    text: str
    shown_at: datetime
    rating: Literal["good", "bad", "withdrawn"]
    comment: str
    connection: Connection


@dataclass(frozen=True, slots=True)
class CardShown:
    """The open card that stands on a page already; `pressable` if this login has buttons there."""

    proposal_id: str
    pressable: bool


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a new conversation shows first: `text`, below it `notice` (an AI, recorded), then the rest.

    `notices` are sentences left for this person, such as a payment that was resolved after a crash. `requests` are
    buttons for what a program has asked for in their name.
    """

    conversation_id: str
    text: str
    notice: str
    notices: tuple[str, ...]
    starters: tuple[str, ...]
    requests: tuple[Choice, ...] = ()


Screens = Callable[[str, Principal, str], Awaitable[TurnView | None]]
"""The pages of a conversation of this person if the card of the proposal with this id is open there."""


class TalkBoard(Protocol):
    """The open pages of conversations, on whichever replica."""

    async def view(self, conversation_id: str, owner: Principal) -> TurnView:
        """What is shown on it reaches every page of the conversation."""

    async def stop(self, conversation_id: str, owner: Principal) -> None:
        """End the talking of the turn that runs, as the person's own Stop does."""


class ConversationDesk(Protocol):
    """What the chat layer calls. None of these raises for anything that a person or a model can do."""

    async def begin(self, login_id: str, connection: Connection) -> Greeting:
        """Issue a conversation for the login. Raises `SessionEnded` or `CacheUnavailable`."""

    async def message(self, inbound: Inbound, view: TurnView) -> None:
        """One whole turn. Returns when it is over, also after `stop`."""

    def words_in_need(self, text: str) -> str | None:
        """What somebody in need is told when their message could not be handed over: numbers to call."""

    async def press(self, press: Press, view: TurnView) -> None:
        """Approve or decline a proposal."""

    async def waiting_requests(
        self, login_id: str, conversation_id: str, connection: Connection
    ) -> Sequence[WaitingRequest]:
        """What this second person may decide, oldest first. Raises `UltracoreError` if it cannot be told."""

    async def decide_request(self, press: Press, view: TurnView) -> None:
        """The second person's yes or no to a waiting request; `press` does the same if the person may decide."""

    async def choose(
        self, login_id: str, conversation_id: str, key: str, connection: Connection, view: TurnView
    ) -> None:
        """The answer to the question that was last asked with buttons: the message that waits is answered now."""

    async def rate(self, rating: AnswerFeedback) -> str | None:
        """Put a rating on the record; numbers to call if its words are of somebody in need.

        Raises `InvalidInput` unless it is about an answer of a conversation of this customer.
        """

    async def stop(self, login_id: str, conversation_id: str) -> None:
        """End the talking of the running turn and void an open proposal. Never ends a payment."""

    async def sign_out(self, login_id: str, connection: Connection) -> None:
        """Revoke the login, void its proposals, end its conversations on the record."""

    async def resume(
        self, login_id: str, conversation_id: str, view: TurnView, *, card: CardShown | None = None
    ) -> bool:
        """A page is there (again): show what was cut meanwhile, and the open proposal under an id for this login.

        A `card` that is pressable already is left as it is. False if no card of this person's own is open.
        """

    def stop_here(self, conversation_id: str) -> None:
        """Stop was pressed on a page of another process: end the talking of the turn that runs in this one."""

    def show_on(self, screens: Screens) -> None:
        """Find cards that are drawn by other processes on these screens."""

    def show_persons_on(self, board: TalkBoard) -> None:
        """Show what the bank's own people write in a conversation on this board."""

    async def recorded(self, conversation_id: str) -> Sequence[ReplayItem]:
        """What the record has of a conversation, as its person saw it; nothing while the record is away."""

    async def turn_is_free(self, conversation_id: str) -> bool:
        """False while a turn runs. If True, what a turn whose process died has left is recorded and closed."""

    async def tell_of_cut(self, login_id: str, conversation_id: str, view: TurnView, *, turn: bool) -> None:
        """A process died at work: show again what it was writing, or say so if it was a `turn`."""
