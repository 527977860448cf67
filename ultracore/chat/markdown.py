"""Markdown as the page draws it, for text that did not come from a model."""

from __future__ import annotations

import re
from collections.abc import Sequence

# What could open Markdown or end a table's cell. Money, dates and names stay readable on the wire.
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~#])")


def plain(text: str) -> str:
    """`text` so that Markdown shows it as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def table(rows: Sequence[Sequence[str]]) -> str:
    """A table whose first row is its header. Rows may be of different lengths."""
    width = max(len(row) for row in rows)
    lines = [_line([*row, *[""] * (width - len(row))]) for row in rows]
    return "\n".join([lines[0], _line(["---"] * width, escape=False), *lines[1:]])


def _line(cells: Sequence[str], *, escape: bool = True) -> str:
    return "| " + " | ".join(plain(cell) if escape else cell for cell in cells) + " |"
