"""What crosses the borders of `ultracore.ai`: the model's stream on one side, the person's screen on the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from ultracore.principal import Connection

Message = Mapping[str, Any]
"""One message of the Chat Completions wire: `role`, `content`, and `tool_calls` or `tool_call_id`."""

ToolSchema = Mapping[str, Any]
"""One entry of the wire's `tools`: `{"type": "function", "function": {name, description, parameters}}`."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request, as the endpoint counted them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text, in order."""

    text: str


@dataclass(frozen=True, slots=True)
class ModelToolCall:
    """A tool call as the model wrote it. `arguments_json` is unchecked text, not necessarily JSON."""

    call_id: str
    name: str
    arguments_json: str


@dataclass(frozen=True, slots=True)
class ModelTurn:
    """The end of one model answer. `tool_calls` is empty unless `finish_reason` is `tool_calls`."""

    content: str
    tool_calls: tuple[ModelToolCall, ...]
    finish_reason: str
    usage: Usage


class ChatModel(Protocol):
    """A streaming chat model.

    `stream_turn` yields any number of `TextDelta` and, last, exactly one `ModelTurn`. It raises
    `ModelUnavailable` or `ModelAnswerInvalid` instead of ending early.
    """

    @property
    def model(self) -> str:
        """The model's name on the wire."""

    def stream_turn(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema] = ()
    ) -> AsyncIterator[TextDelta | ModelTurn]:
        """Ask for one answer."""


StepStatus = Literal["running", "done", "refused", "failed", "waiting"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question that is asked with buttons: a stable `key`, and the button's words."""

    key: str
    label: str


ChartKind = Literal["bar", "pie", "line"]


@dataclass(frozen=True, slots=True)
class Chart:
    """Figures that are better looked at. `values` are decimal numbers as text, one for each of `labels`.

    `unit` is a currency such as `AUD`, or `%`. A pie's values are not negative. What does not fit is not drawn.
    """

    kind: ChartKind
    title: str
    labels: tuple[str, ...]
    values: tuple[str, ...]
    unit: str = "AUD"


NoticeKind = Literal["notice", "error", "receipt", "handoff"]
CardState = Literal["done", "declined", "expired", "void", "not_done", "unknown", "waiting"]


@dataclass(frozen=True, slots=True)
class ToolStep:
    """One tool call as a person sees it: sent as `running`, then once more with its end.

    `summary` is one plain sentence, masked, fit for the signed-in person. `table` has a header row first, or is
    empty. `chart` shows figures of the table. `links` are label and path, on our own pages only.
    """

    call_id: str
    tool: str
    status: StepStatus
    summary: str
    table: tuple[tuple[str, ...], ...] = ()
    chart: Chart | None = None
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ApprovalCard:
    """The card of a sealed proposal, worded by code. `lines` are label and value, in order.

    `approval_id` is the opaque one-time id that the buttons carry, and nothing else.
    """

    approval_id: str
    title: str
    lines: tuple[tuple[str, str], ...]
    expires_at: datetime
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRequest:
    """What a member of staff has confirmed, as the second person sees it. `maker` and customer stand on the card.

    The card's `approval_id` was issued for this viewing: it works for this person's login and conversation only.
    """

    proposal_id: str
    customer_id: str
    maker: str
    asked_at: datetime
    card: ApprovalCard


class TurnView(Protocol):
    """Where a turn shows itself. All text is masked and checked already; the view only draws it.

    A view whose browser has gone must not raise: the record, not the screen, is what counts.
    """

    async def agent(self, name: str) -> None:
        """From here on `name` (as `Payments`) is the author."""

    async def text(self, piece: str) -> None:
        """Append to the answer that is being written."""

    async def text_done(self) -> None:
        """The answer is complete; the next `text` begins another message."""

    async def step(self, step: ToolStep) -> None:
        """Show a tool call, or its end (same `call_id`)."""

    async def message(self, text: str, *, kind: NoticeKind) -> None:
        """A whole message of our own wording."""

    async def choose(self, question: str, choices: Sequence[Choice]) -> None:
        """Ask with buttons. A press comes back as `ConversationDesk.choose`; typing instead is fine too."""

    async def card(self, card: ApprovalCard) -> None:
        """Show an approval card with its two buttons."""

    async def card_closed(self, state: CardState, sentence: str) -> None:
        """Take the open card's buttons away and say how it ended."""


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
    """A press of one of a card's two buttons."""

    login_id: str
    conversation_id: str
    approval_id: str
    approve: bool
    connection: Connection


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a new conversation shows first: `text`, below it `notice` (an AI, recorded), then the rest.

    `notices` are sentences left for this person, such as a payment that was resolved after a crash.
    """

    conversation_id: str
    text: str
    notice: str
    notices: tuple[str, ...]
    starters: tuple[str, ...]


class ConversationDesk(Protocol):
    """What the chat layer calls. None of these raises for anything that a person or a model can do."""

    async def begin(self, login_id: str, connection: Connection) -> Greeting:
        """Issue a conversation for the login. Raises `SessionEnded` or `CacheUnavailable`."""

    async def message(self, inbound: Inbound, view: TurnView) -> None:
        """One whole turn. Returns when it is over, also after `stop`."""

    async def press(self, press: Press, view: TurnView) -> None:
        """Approve or decline a proposal."""

    async def waiting_requests(
        self, login_id: str, conversation_id: str, connection: Connection
    ) -> Sequence[WaitingRequest]:
        """What this second person may decide, oldest first. Raises `UltracoreError` where it cannot be told."""

    async def decide_request(self, press: Press, view: TurnView) -> None:
        """The second person's yes or no to a waiting request; `press` does the same for whoever may decide."""

    async def choose(
        self, login_id: str, conversation_id: str, key: str, connection: Connection, view: TurnView
    ) -> None:
        """The answer to the question that was last asked with buttons: the message that waits is answered now."""

    async def stop(self, login_id: str, conversation_id: str) -> None:
        """End the talking of the running turn and void an open proposal. Never ends a payment."""

    async def sign_out(self, login_id: str, connection: Connection) -> None:
        """Revoke the login, void its proposals, end its conversations on the record."""

    async def resume(self, login_id: str, conversation_id: str, view: TurnView) -> None:
        """After a reconnect: show an open proposal again, with fresh one-time ids, and waiting notices."""
