"""Cuts an answer that comes in pieces into whole blocks: a block is read once nothing can be added to it."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 4_000
"""A block that is longer is read in parts: what a model never ends is not waited for."""

# Held to its end, a long paragraph would leave the page still for seconds.
_LONG_PARAGRAPH: Final = 500
_LIST: Final = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_MAY_BE_LIST: Final = re.compile(r"[ \t]*(?:[-*+]|\d{0,9}[.)]?)?$")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=\S)")
_MARKED: Final = re.compile(r"[|`<\[]|\*\*|__")


class BlockSplitter:
    """`feed` gives back the blocks that are complete; `flush` the rest.

    A blank line ends a paragraph or a table. A list goes on after one if an item or something indented follows.
    A long paragraph is given in parts, cut between sentences.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> list[str]:
        """Take the next piece; return the blocks that ended."""
        self._held += piece.replace("\r\n", "\n").replace("\r", "\n")
        found = []
        while (cut := self._end()) is not None:
            block, self._held = self._held[:cut], self._held[cut:]
            if block.strip():
                found.append(block)
        return found

    def flush(self) -> list[str]:
        """The answer is complete: return what was held."""
        block, self._held = self._held, ""
        return [block] if block.strip() else []

    def _end(self) -> int | None:
        """The end of the block that is being held; `None` while it may go on."""
        if "\n" in self._held or len(self._held) > _LONG_PARAGRAPH:
            ended = _ended(self._held)
            if ended is not None:
                return ended
        # A table, a tag or a bold stretch that is cut in its middle would be read as something else.
        if len(self._held) > _LONG_PARAGRAPH and not _MARKED.search(self._held):
            return _between_sentences(self._held)
        return LONGEST if len(self._held) > LONGEST else None


def _ended(text: str) -> int | None:
    fence: str | None = None
    listed = bool(_LIST.match(text))
    at = 0
    while (end := text.find("\n", at)) >= 0:
        line = text[at:end]
        if (mark := _FENCE.match(line)) and (fence is None or mark[1].startswith(fence)):
            fence = mark[1] if fence is None else None
        elif fence is None and not line.strip() and text[:at].strip() and not _goes_on(text[end + 1 :], listed):
            return end + 1
        at = end + 1
    return None


def _goes_on(rest: str, listed: bool) -> bool:
    """True if what follows a blank line may belong to a list above it, or cannot be told yet."""
    if not listed:
        return False
    line = rest.lstrip("\n").split("\n", 1)[0]
    # The next piece may turn a lone `-` or `1` into an item, so that is waited for.
    return not line.strip() or line[0] in " \t" or bool(_LIST.match(line) or _MAY_BE_LIST.fullmatch(line))


def _between_sentences(text: str) -> int | None:
    ends = [match.end() for match in _SENTENCE.finditer(text)]
    return ends[-1] if ends and not _LIST.match(text) else None
