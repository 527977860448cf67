"""Divides a text into sentences, and these into parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_END: Final = re.compile(r"[.!?…]+[\"'”’)\]*]*\s+(?=[\"'“‘(\[*]*[^\sa-z])|[。！？]+\s*|\s*\n\s*")
# A cut after `approx.` would part a figure from the words that say what it is.
_NO_END: Final = re.compile(
    r"\b(?:no|nos|approx|e\.g|i\.e|p\.a|mr|mrs|ms|dr|st|vs|acct|ref|incl|max|min|a\.m|p\.m)\.\s+$", re.IGNORECASE
)

_PARTS: Final = re.compile(
    r",(?!\d)|[;()—،؛，；（）、]|\s[–-]\s|\b(?:and|but|while|whereas|where|against|versus|vs|than|y|pero|mientras|"
    r"compared (?:with|to))\b",
    re.IGNORECASE,
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


def clauses_in(sentence: str) -> list[tuple[int, int]]:
    """The beginning and end of each part of a sentence: between commas, brackets and the words that join."""
    places, start = [], 0
    for match in _PARTS.finditer(sentence):
        if match.start() > start:
            places.append((start, match.start()))
        start = match.end()
    return [*places, (start, len(sentence))]


def clause_of(at: int, sentence: str) -> tuple[int, int]:
    """The part in which that place is; what stands in brackets belongs to the part before them."""
    before = 0
    for start, end in clauses_in(sentence):
        if start <= at < end:
            return (before if sentence[start - 1 : start] == "(" else start), end
        before = start
    return 0, len(sentence)
