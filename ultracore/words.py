"""How a text falls into words, by its script.

Python's `\\w` leaves out the vowel signs of Hindi and its relatives, so that a word would fall into single
letters, and takes a whole Chinese sentence for one word, because Chinese writes no spaces.
"""

from __future__ import annotations

import re
from typing import Final

# Han, with the Japanese syllables, which are written without spaces too.
_HAN: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Signs that belong to the letter before them: accents, Hebrew and Arabic vowels, the signs of the scripts from
# Devanagari to Sinhala (without the danda, their full stop), and of those from Thai to Khmer.
_SIGNS: Final = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0963\u0966-\u0dff\u0e31-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ebc\u0ec8-\u0ecd\u0f71-\u0f84\u102b-\u103e"
    "\u17b4-\u17d3"
)
WORD: Final = rf"[{_HAN}]+|(?:(?![{_HAN}])[\w{_SIGNS}])+"
"""A regular expression for one word, or one run of a script without spaces."""

_WORD: Final = re.compile(WORD)
_HAN_START: Final = re.compile(f"[{_HAN}]")


def runs(text: str) -> list[str]:
    """Words in order; a stretch of Chinese or Japanese stays whole."""
    return _WORD.findall(text)


def is_unspaced(run: str) -> bool:
    """The run is of a script that writes no spaces between words."""
    return _HAN_START.match(run) is not None


def pairs(run: str) -> list[str]:
    """Neighbouring characters of an unspaced run, two by two; one that stands alone is itself."""
    return [run[start : start + 2] for start in range(max(len(run) - 1, 1))]
