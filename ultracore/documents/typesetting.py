"""Makes a PDF of a document: tagged for screen readers, with our own fonts, and nothing read as markup."""

from __future__ import annotations

import asyncio
import json
import logging
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, assert_never

import typst

from ultracore.documents.glyphs import FAMILIES, FONTS, GlyphText
from ultracore.documents.layout import BANK_NAME, Document, FactList, Lines, Note, Part, SaidPart, Words
from ultracore.wording import when_text

logger = logging.getLogger(__name__)
LAYOUT: Final = Path(__file__).parent / "layouts" / "document.typ"
# A document of the most lines takes half a second of a core and up to 200 MB, so few are made at a time.
AT_ONCE: Final = 2
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
_STRONG: Final = _RIGHT_TO_LEFT | {"L"}
_LACKING: Final = (
    "This document's fonts have no sign for {count} of its characters: in their place stands the number of the "
    "character, such as [U+1F600]."
)


class Typesetter:
    """Makes documents in threads, a few at a time; the compiler releases the interpreter's lock."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(AT_ONCE)

    async def pdf(self, document: Document) -> bytes:
        """The document as PDF."""
        async with self._room:
            return await asyncio.to_thread(typeset, document)


def typeset(document: Document) -> bytes:
    """The document as PDF/UA-1. Texts stand in it whole; for a character without a glyph stands its number."""
    shown = GlyphText()
    parts = [_part(part, shown) for part in document.parts]
    if shown.lacking:
        parts.append({"kind": "note", "text": _LACKING.format(count=shown.lacking)})
    values = {
        "title": shown(document.title),
        "bank": BANK_NAME,
        "foot": f"{BANK_NAME} · made on {when_text(document.made_at)}",
        "fonts": list(FAMILIES),
        "parts": parts,
    }
    try:
        # The standard refuses what a screen reader could not read, a missing glyph included.
        return _compiled(values, document.made_at, "ua-1")
    except typst.TypstError as error:
        # Marks on letters that no script puts them on have no glyph together: a box stands there instead.
        logger.warning("a document is made without the standard for screen readers: %s", error.message)
        return _compiled(values, document.made_at, "1.7")


def _compiled(values: Mapping[str, Any], made_at: datetime, standard: Literal["ua-1", "1.7"]) -> bytes:
    made = typst.compile(
        LAYOUT,
        root=LAYOUT.parent,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"document": json.dumps(values)},
        pdf_standards=standard,
        timestamp=made_at.replace(microsecond=0),
    )
    assert isinstance(made, bytes)  # noqa: S101 - a PDF is one file, whatever the number of its pages
    return made


@cache
def _fonts() -> typst.Fonts:
    """Our own alone, so that a document looks the same on every machine."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


def _part(part: Part, shown: GlyphText) -> Mapping[str, Any]:
    match part:
        case FactList():
            rows = [(shown(label), shown(value)) for label, value in part.rows]
            return {"kind": "facts", "rows": rows}
        case Lines():
            return _lines(part, shown)
        case SaidPart():
            pieces = [_piece(piece, shown) for piece in part.pieces]
            author = shown(part.author)
            return {"kind": "said", "author": author, "time": part.time, "own": part.own, "pieces": pieces}
        case Note():
            return {"kind": "note", "text": shown(part.text)}
        case _:
            assert_never(part)


def _lines(part: Lines, shown: GlyphText) -> Mapping[str, Any]:
    columns = [{"name": one.name, "right": one.right, "wide": one.wide} for one in part.columns]
    rows = [[shown(cell) for cell in row] for row in part.rows]
    return {"kind": "table", "caption": shown(part.caption), "columns": columns, "rows": rows}


def _piece(piece: Words | Lines, shown: GlyphText) -> Mapping[str, Any]:
    if isinstance(piece, Lines):
        return _lines(piece, shown)
    text = shown(piece.text)
    return {"kind": "words", "text": text, "rtl": _is_rtl(piece.text), "indent": piece.indent}


def _is_rtl(text: str) -> bool:
    """True if the first letter with a direction is of a script that is read from the right."""
    strong = (way for way in map(unicodedata.bidirectional, text) if way in _STRONG)
    return next(strong, "L") in _RIGHT_TO_LEFT
