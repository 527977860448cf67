"""Tables as the page draws them, of text that did not come from a model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ultracore.languages import Language, told
from ultracore.markdown import inert

# A sum, a share or a count, as tools and charts write them.
_FIGURE = re.compile(r"[-+]?(?:[A-Z]{3} )?\d[\d,]*(?:\.\d+)? ?%?")
# At the very end, which a receipt's sentence writes itself: before it stand names that people chose.
_RECEIPT = re.compile(
    r"(?:About the transfer that was interrupted: )?Done: .* Receipt (R-[A-Z]{5}-[A-Z]{5})\.", re.DOTALL
)
AS_FILE = "Receipt as PDF"
_LAST_RECEIPT = re.compile(r"(R-[A-Z]{5}-[A-Z]{5})\W*\Z")


def table(rows: Sequence[Sequence[str]]) -> str:
    """A table whose first row is its header; columns of figures stand at the right. Rows may differ in length."""
    width = max(len(row) for row in rows)
    full = [[*row, *[""] * (width - len(row))] for row in rows]
    rules = ["---:" if full[0][column] and _figures(full[1:], column) else "---" for column in range(width)]
    lines = [_line(row) for row in full]
    return "\n".join([lines[0], _line(rules, escape=False), *lines[1:]])


def receipt_link(sentence: str, language: Language = "en") -> str:
    """The link to the file of the receipt that a customer's payment ended with; empty if there is none."""
    # A sentence in another language may end in other words; the number is its only one of that form.
    found = _RECEIPT.fullmatch(sentence) if language == "en" else _LAST_RECEIPT.search(sentence)
    return f"[{told(AS_FILE, language)}](/documents/receipts/{found[1]}.pdf)" if found else ""


def _figures(rows: Sequence[Sequence[str]], column: int) -> bool:
    cells = [row[column] for row in rows if row[column]]
    return bool(cells) and all(_FIGURE.fullmatch(cell) for cell in cells)


def _line(cells: Sequence[str], *, escape: bool = True) -> str:
    return "| " + " | ".join(inert(cell) if escape else cell for cell in cells) + " |"
