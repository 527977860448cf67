"""Divides a text into sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_END: Final = re.compile(r"[.!?…]+[\"'”’)\]*]*\s+(?=[\"'“‘(\[*]*[^\sa-z])|[。！？]+\s*|\s*\n\s*")
# A cut after `approx.` would part a figure from the words that say what it is.
_NO_END: Final = re.compile(
    r"\b(?:no|nos|approx|e\.g|i\.e|p\.a|mr|mrs|ms|dr|st|vs|acct|ref|incl|max|min|a\.m|p\.m)\.\s+$", re.IGNORECASE
)


def sentences_in(text: str) -> Iterator[tuple[int, int]]:
    """Each sentence's place; together they are the whole text, with the spaces that follow."""
    start = 0
    for match in _END.finditer(text):
        if not _NO_END.search(text[start : match.end()]):
            yield start, match.end()
            start = match.end()
    if start < len(text):
        yield start, len(text)
