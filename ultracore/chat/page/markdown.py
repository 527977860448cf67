"""Markdown as the page draws it, for text that did not come from a model."""

from __future__ import annotations

import re
from collections.abc import Sequence

# A sum, a share or a count, as tools and charts write them.
_FIGURE = re.compile(r"[-+]?(?:[A-Z]{3} )?\d[\d,]*(?:\.\d+)? ?%?")
# What could open Markdown or end a table's cell. Money, dates and names stay readable on the wire.
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~#])")


def plain(text: str) -> str:
    """`text` so that Markdown shows it as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def table(rows: Sequence[Sequence[str]]) -> str:
    """A table whose first row is its header; columns of figures stand at the right. Rows may differ in length."""
    width = max(len(row) for row in rows)
    full = [[*row, *[""] * (width - len(row))] for row in rows]
    rules = ["---:" if full[0][column] and _figures(full[1:], column) else "---" for column in range(width)]
    lines = [_line(row) for row in full]
    return "\n".join([lines[0], _line(rules, escape=False), *lines[1:]])


def _figures(rows: Sequence[Sequence[str]], column: int) -> bool:
    cells = [row[column] for row in rows if row[column]]
    return bool(cells) and all(_FIGURE.fullmatch(cell) for cell in cells)


def _line(cells: Sequence[str], *, escape: bool = True) -> str:
    return "| " + " | ".join(plain(cell) if escape else cell for cell in cells) + " |"
