"""One conversation as its customer saw it, from the record: as a document, and as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from ultracore.ai.answers import Item, Line, Paragraph, Table, read, text_of
from ultracore.ai.tools.toolset import TOOLS
from ultracore.audit import AuditEvent
from ultracore.audit.replay import ASSISTANT, ReplayItem, in_order, items_of
from ultracore.documents.layout import Column, Document, FactList, Lines, Note, SaidPart, Words
from ultracore.markdown import visible
from ultracore.wording import when_text

_MARKDOWN: Final = frozenset({"answer", "care"})
_NOTE: Final = (
    "This is what was shown in the conversation, from the bank's record. Card numbers, passwords and the like are "
    "masked there."
)
_LONG: Final = 24
_FIGURE: Final = re.compile(r"-?(?:[A-Z]{3} )?[\d,]+(?:\.\d+)?%?")
_TITLES: Final = {tool.name: tool.title for tool in TOOLS}


def shown_to_customer(events: Sequence[AuditEvent]) -> list[ReplayItem]:
    """What stood on the customer's screen, in order."""
    told = in_order(events)
    return list(items_of(told, "customer", told[0].timestamp))


def conversation_document(title: str, items: Sequence[ReplayItem], made_at: datetime) -> Document:
    """The conversation with its tables, one thing said after the other."""
    facts = FactList((("Conversation", title), ("Began", when_text(items[0].time)), ("Parts", str(len(items)))))
    said = [
        SaidPart(_author(item), when_text(item.time), list(_pieces(item)), own=item.kind == "message")
        for item in items
    ]
    return Document(title="Conversation with Anya", parts=(facts, Note(_NOTE), *said), made_at=made_at)


def conversation_text(title: str, items: Sequence[ReplayItem], made_at: datetime) -> str:
    """The same as plain text, with a blank line between two things said."""
    head = f"Conversation with Anya: {' '.join(visible(title).split())}\nMade on {when_text(made_at)}\n{_NOTE}\n"
    return "\n".join([head, *(_told(item) for item in items)])


def _told(item: ReplayItem) -> str:
    lines = [visible(line) for piece in _pieces(item) for line in _written(piece)]
    # Moved in, so that no text of a person's reads like the head of another's.
    return "\n".join([f"{when_text(item.time)}  {visible(_author(item))}", *(f"    {line}" for line in lines), ""])


def _written(piece: Words | Lines) -> Iterator[str]:
    if isinstance(piece, Words):
        yield "  " * piece.indent + piece.text
    else:
        yield " | ".join(column.name for column in piece.columns)
        yield from (" | ".join(row) for row in piece.rows)


def _author(item: ReplayItem) -> str:
    match item.kind:
        case "message":
            return "You"
        case "person":
            return item.author
        case "step":
            return f"{ASSISTANT} · {_TITLES.get(item.author, item.author)}"
        case _:
            return ASSISTANT if item.author == ASSISTANT else f"{ASSISTANT} · {item.author}"


def _pieces(item: ReplayItem) -> Iterator[Words | Lines]:
    if item.kind in _MARKDOWN:
        yield from _blocks(item.text)
    else:
        yield from (Words(line) for line in item.text.splitlines() if line.strip())
    if item.table:
        yield _table(item.table)
    yield from (Words(line) for line in (item.chart or "").splitlines())
    if item.links:
        yield Words(" · ".join(label for label, _ in item.links))


def _blocks(text: str) -> Iterator[Words | Lines]:
    for block in read(text):
        match block:
            case Paragraph():
                yield from (Words(line) for line in text_of(block.line).splitlines())
            case Item():
                yield Words(_mark(block) + _flat(block.line), indent=block.depth + 1)
            case Table():
                yield _table([[_flat(cell) for cell in row] for row in block.rows])


def _mark(item: Item) -> str:
    if item.further:
        return ""
    return "• " if item.number is None else f"{item.number}. "


def _flat(line: Line) -> str:
    return text_of(line).replace("\n", " ")


def _table(rows: Sequence[Sequence[str]]) -> Lines:
    """The first row is the head; a row that is shorter is filled, since a record may hold any table."""
    width = max(map(len, rows))
    head, *body = [[*row, *[""] * (width - len(row))] for row in rows]
    cells = [[row[at] for row in body if row[at]] for at in range(width)]
    # The first column with long words takes the room that is left, figures stand under each other.
    wide = next((at for at in range(width) if any(len(cell) > _LONG for cell in cells[at])), None)
    figures = [bool(column) and all(map(_FIGURE.fullmatch, column)) for column in cells]
    return Lines([Column(name, figures[at], at == wide) for at, name in enumerate(head)], body)
