"""A turn on a Chainlit page (`TurnView`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from ultracore.ai.screen import ApprovalCard, CardState, Chart, Choice, NoticeKind, ToolStep
from ultracore.chat.page import wire
from ultracore.chat.page.charts import chart_url, chart_words
from ultracore.chat.page.markdown import plain, table
from ultracore.chat.page.offers import Offers
from ultracore.chat.page.progress import progress_of
from ultracore.chat.page.screen import Screen
from ultracore.chat.page.stream import StreamedMessage
from ultracore.chat.page.wire import Wire

CLOSED_TITLES: dict[CardState, str] = {
    "declined": "Declined",
    "expired": "Expired",
    "void": "Withdrawn",
    "not_done": "Not done",
    "unknown": "Being checked",
    "waiting": "Waits for a second person",
}


CARD = "card"
"""The kind of a step that shows an open card."""

MOST_OPEN_ROWS = 12
"""A table with more rows waits behind its step's title."""

Named = Callable[[str], Awaitable[None]]
UNSEEN = "This request is closed. Ask again if you still want it; your accounts show what was done."


class CardOnScreen:
    """The open approval card of a page: at most one. Lives as long as the page, longer than a turn."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._step: Wire | None = None
        self._card: ApprovalCard | None = None
        self._actions: list[Wire] = []
        self._stale: list[Wire] = []

    def adopt(self, steps: Sequence[Wire]) -> None:
        """The cards that were open when the conversation was left: `open` or `retire` takes them away."""
        self._stale = [step for step in steps if (step.get("metadata") or {}).get("kind") == CARD]

    async def retire(self) -> None:
        """None of the adopted cards is open any more: each keeps its details, and says so."""
        stale, self._stale = self._stale, []
        for step in stale:
            step["output"] = unseen_card_text(step["output"])
            step["metadata"] = {**step["metadata"], "kind": "notice"}
            await self._screen.change(step)

    async def open(self, card: ApprovalCard, author: str, parent: str | None) -> None:
        """Show `card`. One that is still there is taken off: its buttons are worth nothing any more."""
        await self._withdraw()
        stale, self._stale = self._stale, []
        for step in [*stale, *([self._step] if self._step is not None else [])]:
            await self._screen.remove(step)
        self._card = card
        self._step = wire.message(card_text(card), author=author, parent=parent)
        self._step["metadata"]["kind"] = CARD
        await self._screen.put(self._step)
        payload = {"approval_id": card.approval_id}
        self._actions = [
            wire.action("approve", card.button, payload, on=self._step, icon="check"),
            wire.action("decline", "Decline", payload, on=self._step, icon="x"),
        ]
        for action in self._actions:
            await self._screen.offer(action)

    async def close(self, state: CardState, sentence: str, proposal: str = "") -> bool:
        """Take the buttons away and say how it ended. False if no card of this proposal is open."""
        if self._card is not None and proposal and proposal != self._card.proposal_id:
            return False
        await self._withdraw()
        step, card = self._step, self._card
        self._step = self._card = None
        if step is None or card is None:
            return False
        step["output"] = closed_card_text(card, state, sentence)
        step["metadata"]["kind"] = "receipt" if state == "done" else "notice"
        await self._screen.change(step)
        return True

    async def _withdraw(self) -> None:
        for action in self._actions:
            await self._screen.withdraw(action)
        self._actions = []


class ChainlitView:
    """Draws one turn. Usable after the turn has ended too, for a card that expires later."""

    def __init__(
        self,
        screen: Screen,
        card: CardOnScreen,
        offers: Offers,
        *,
        frame: str | None = None,
        named: Named | None = None,
    ) -> None:
        self._screen = screen
        self._named = named
        self._card = card
        self._offers = offers
        self._frame = frame
        self._author = wire.NAME
        self._answer: StreamedMessage | None = None
        self._steps: dict[str, Wire] = {}

    async def agent(self, name: str) -> None:
        """From here on `name` is the author."""
        await self.text_done()
        self._author = name
        if self._named is not None:
            await self._named(name)

    async def text(self, piece: str) -> None:
        """Append to the answer that is being written."""
        if not piece:
            return
        if self._answer is None:
            step = wire.message("", author=self._author, parent=self._frame)
            self._answer = StreamedMessage(self._screen, step)
            await self._answer.begin(piece)
        else:
            await self._answer.add(piece)

    async def text_done(self) -> None:
        """The answer is complete."""
        answer, self._answer = self._answer, None
        if answer is not None:
            await answer.end()

    async def step(self, step: ToolStep) -> None:
        """Show a tool call, or its end, with its chart below."""
        await self.text_done()
        known = self._steps.get(step.call_id)
        drawn = known or wire.tool_step(step.tool, "", parent=self._frame)
        self._steps[step.call_id] = drawn
        drawn["output"] = step_text(step)
        drawn["isError"] = step.status == "failed"
        drawn["end"] = None if step.status == "running" else wire.now()
        shown_open = bool(step.links) or 0 < len(step.table) <= MOST_OPEN_ROWS + 1
        drawn["autoCollapse"] = step.status == "done" and not shown_open
        await (self._screen.put(drawn) if known is None else self._screen.change(drawn))
        if step.chart is not None:
            await self._chart(step.chart)

    async def _chart(self, chart: Chart) -> None:
        url = chart_url(chart)
        if url is not None:
            below = wire.message(f"**{plain(chart.title)}**", author=self._author, parent=self._frame)
            await self._screen.put(below)
            await self._screen.attach(wire.image(chart_words(chart), url, on=below))

    async def message(self, text: str, *, kind: NoticeKind) -> None:
        """A whole message of our own wording."""
        await self.text_done()
        step = wire.message(text, author=self._author, parent=self._frame)
        step["isError"] = kind == "error"
        step["metadata"]["kind"] = kind
        await self._screen.put(step)

    async def choose(self, question: str, choices: Sequence[Choice]) -> None:
        """Ask with buttons."""
        await self.text_done()
        step = wire.message(question, author=self._author, parent=self._frame)
        await self._screen.put(step)
        await self._offers.show([wire.action("choose", one.label, {"key": one.key}, on=step) for one in choices])

    async def card(self, card: ApprovalCard) -> None:
        """Show an approval card with its two buttons."""
        await self.text_done()
        # What was looked up on the way steps back: the card is what there is to look at now.
        for step in self._steps.values():
            step["autoCollapse"] = True
            await self._screen.change(step)
        await self._card.open(card, self._author, self._frame)

    async def card_closed(self, state: CardState, sentence: str, *, proposal: str = "") -> None:
        """Take the open card's buttons away and say how it ended; a message if that card is not open here."""
        if not await self._card.close(state, sentence, proposal):
            await self.message(sentence, kind="notice")


def step_text(step: ToolStep) -> str:
    """A tool call's summary and table, or that it is at work."""
    parts = [plain(progress_of(step.tool) if step.status == "running" else step.summary)]
    if step.table:
        parts.append(table(step.table))
    if step.links:
        parts.append(" · ".join(f"[{plain(label)}]({path})" for label, path in step.links))
    return "\n\n".join(parts)


def card_text(card: ApprovalCard) -> str:
    """An open card. Our script counts its last line down, and finds the card by its buttons."""
    remaining = round((card.expires_at - datetime.now(UTC)).total_seconds())
    left = max(0, min(card.seconds, remaining))
    return f"**{plain(card.title)}**\n\n{_details(card)}\n\nTime left to decide: {clock_text(left)}"


def clock_text(seconds: int) -> str:
    """`1:59`, or `3:59:51` from an hour on."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def closed_card_text(card: ApprovalCard, state: CardState, sentence: str) -> str:
    """The same card when nothing can be pressed any more."""
    title = CLOSED_TITLES.get(state, card.result)
    return f"**{title}**\n\n{_details(card)}\n\n{plain(sentence)}"


def unseen_card_text(open_text: str) -> str:
    """A card whose end nobody was there to see, made from what it showed."""
    _, *details = open_text.split("\n\n")[:-1]
    return "\n\n".join(["**Closed**", *details, UNSEEN])


def _details(card: ApprovalCard) -> str:
    return table([("", ""), *card.lines])
