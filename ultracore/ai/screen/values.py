"""What a turn shows: steps, choices, charts, cards, and the view that draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from ultracore.languages import Language

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


NoticeKind = Literal["notice", "error", "receipt", "handoff", "care", "person"]

CardState = Literal["done", "declined", "expired", "void", "not_done", "unknown", "waiting"]


@dataclass(frozen=True, slots=True)
class ToolStep:
    """One tool call as a person sees it: sent as `running`, then once more with its end.

    `summary` is one plain sentence, masked, fit for the signed-in person. `table` has a header row first, or is
    empty. `chart` shows figures of the table. `links` are label and path, on our own pages only. `subject` is what
    the conversation is about, in the bank's words, or empty.
    """

    call_id: str
    tool: str
    status: StepStatus
    summary: str
    table: tuple[tuple[str, ...], ...] = ()
    chart: Chart | None = None
    links: tuple[tuple[str, str], ...] = ()
    subject: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalCard:
    """The card of a sealed proposal, worded by code. `lines` are label and value, in order.

    `approval_id` is the opaque one-time id that the buttons carry, and nothing else. `button` says what the first
    of them does, `result` what stands above the card once that is done. `proposal_id` never leaves the server.
    """

    approval_id: str
    title: str
    lines: tuple[tuple[str, str], ...]
    expires_at: datetime
    seconds: int
    button: str = "Approve"
    result: str = "Approved"
    proposal_id: str = ""
    language: Language = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRequest:
    """What a member of staff has confirmed, as the second person sees it. `maker` and customer stand on the card.

    `summary` tells two requests of one person apart: amount and payee, or what else was asked for.

    The card's `approval_id` was issued for this viewing: it works for this person's login and conversation only.
    """

    proposal_id: str
    customer_id: str
    maker: str
    asked_at: datetime
    summary: str
    card: ApprovalCard


class TurnView(Protocol):
    """Draws a turn. All text is masked and checked already; the view only draws it.

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

    async def hold(self, text: str, seconds: float) -> None:
        """A notice that the message was not taken up, and may be sent again after so many seconds."""

    async def offer(self, texts: Sequence[str]) -> None:
        """Under what was shown last, buttons that each send their words as if they were typed."""

    async def offer_again(self) -> None:
        """Under what was shown last, a button that sends this turn's message once more, at most once."""

    async def card(self, card: ApprovalCard) -> None:
        """Show an approval card with its two buttons."""

    async def card_closed(self, state: CardState, sentence: str, *, proposal: str = "") -> None:
        """Take the open card's buttons away and say how it ended; a message if another proposal's card is open."""
