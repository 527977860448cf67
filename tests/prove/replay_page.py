"""A browser page of the proof: every view of one conversation draws on it, and it keeps what stands there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ultracore.ai.screen import ApprovalCard, CardState, Choice, NoticeKind, ToolStep
from ultracore.audit.masking import mask_recorded
from ultracore.audit.replay import ReplayItem

Row = tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """One thing on the page. `number` is that of a tool call, or of a card by its words: drawn again, it stays."""

    author: str
    kind: str
    text: str
    status: str | None = None
    table: tuple[Row, ...] = ()
    chart: str | None = None
    links: tuple[Row, ...] = ()
    number: str = field(default="", compare=False)


@dataclass
class Page:
    """What stands on the page, in order. `watching` is False while the browser is away: the page goes on."""

    items: list[Item] = field(default_factory=list)
    cards: list[ApprovalCard] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    pieces: int = 0

    def view(self) -> View:
        """A view of one turn, press or return."""
        return View(self)

    def put(self, item: Item) -> None:
        """Draw something; what has a number that is there already is drawn in its place."""
        for place, known in enumerate(self.items):
            if item.number and known.number == item.number:
                self.items[place] = item
                return
        self.items.append(item)

    def said(self, author: str, text: str) -> None:
        """The person's own message, as it was taken."""
        self.items.append(Item(author, "message", text))

    def shown(self) -> list[Item]:
        """Everything on it, masked."""
        return [masked(item) for item in self.items]


class View:
    """A `TurnView`. It begins without a name, as a view of the real page does."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._author = "Anya"
        self._place: int | None = None

    async def agent(self, name: str) -> None:
        self._author = name

    async def text(self, piece: str) -> None:
        items = self._page.items
        self._page.pieces += 1
        if self._place is None:
            self._place = len(items)
            items.append(Item(self._author, "answer", ""))
        before = items[self._place]
        items[self._place] = Item(before.author, "answer", before.text + piece)

    async def text_done(self) -> None:
        self._place = None

    async def step(self, step: ToolStep) -> None:
        chart = None if step.chart is None else step.chart.title
        self._page.put(
            Item(step.tool, "step", step.summary, step.status, step.table, chart, step.links, step.call_id)
        )

    async def message(self, text: str, *, kind: NoticeKind) -> None:
        self._page.items.append(Item(self._author, kind, text))

    async def choose(self, question: str, choices: Sequence[Choice]) -> None:
        offered = ", ".join(choice.label for choice in choices)
        self._page.choices = [choice.key for choice in choices]
        self._page.items.append(Item(self._author, "question", f"{question} ({offered})"))

    async def hold(self, text: str, seconds: float) -> None:
        await self.message(text, kind="notice")

    async def offer(self, texts: Sequence[str]) -> None:
        """Buttons that nobody presses here."""

    async def offer_again(self) -> None:
        """A button that nobody presses here."""

    async def card(self, card: ApprovalCard) -> None:
        text = "\n".join([card.title, *(f"{label}: {value}" for label, value in card.lines)])
        self._page.cards.append(card)
        self._page.put(Item(self._author, "card", text, number=f"{text} {card.expires_at}"))

    async def card_closed(self, state: CardState, sentence: str, *, proposal: str = "") -> None:
        self._page.items.append(Item(self._author, "receipt" if state == "done" else "notice", sentence))


def masked(item: Item) -> Item:
    """As the record keeps it."""
    table = tuple(tuple(mask_recorded(cell) for cell in row) for row in item.table)
    links = tuple((mask_recorded(label), mask_recorded(path)) for label, path in item.links)
    return Item(item.author, item.kind, mask_recorded(item.text), item.status, table, item.chart, links)


def of_replay(item: ReplayItem) -> Item:
    """The same of a replay."""
    return Item(item.author, item.kind, item.text, item.status, item.table, item.chart, item.links)
