"""What a document holds, apart from how it looks: facts, tables, what was said, and notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

BANK_NAME: Final = "UltraCore Bank"


@dataclass(frozen=True, slots=True)
class FactList:
    """Labels and their values."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: figures stand at the right, and a wide column takes the room that is left."""

    name: str
    right: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    """A table. Every row is as long as `columns`; a caption is a heading above it."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph, moved in by `indent` steps."""

    text: str
    indent: int = 0


@dataclass(frozen=True, slots=True)
class SaidPart:
    """One thing of a conversation; `own` if the person said it whose document this is."""

    author: str
    time: str
    pieces: Sequence[Words | Lines]
    own: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence of the bank's about the document."""

    text: str


Part = FactList | Lines | SaidPart | Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole document; `made_at` is also its date for programs."""

    title: str
    parts: Sequence[Part]
    made_at: datetime
