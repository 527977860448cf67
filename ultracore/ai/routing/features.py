"""Text features of the router: what training and inference both count in a message.

One implementation for both sides, so that a coefficient means the same in training and in use.
Standard library only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice, pairwise

MAX_CHARS = 2_000
"""A longer message is read by its first and last `MAX_CHARS // 2` characters: cost is bounded, and a question at
either end still counts."""

_WORD = re.compile(r"\w+|[$€£?!]|[^\w\s]+")
_APOSTROPHES = re.compile("['\u2019\u2018`\u00b4\u02bc]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_LONG_RUN = re.compile(r"([^\W\d_])\1{2,}")
# Pieces of a word still fit when it is misspelt or has another ending.
_GRAMS = (3, 4, 5)


def words(text: str) -> list[str]:
    """The words of a message, in order, in one spelling: lower case, without accents, apostrophes, invisible and
    control characters; every digit as `0`, thousands separators dropped, a letter at most twice in a row.

    Any `str` is accepted, lone surrogates too.
    """
    if len(text) > MAX_CHARS:
        text = f"{text[: MAX_CHARS // 2]} {text[-(MAX_CHARS // 2) :]}"
    visible = "".join(islice(_visible(text), 2 * MAX_CHARS))  # one character may stand for eighteen
    plain = _THOUSANDS.sub("", _APOSTROPHES.sub("", visible.casefold()))
    return [_digits_as_zero(_LONG_RUN.sub(r"\1\1", word)) for word in _WORD.findall(plain)]


def features(text: str) -> list[str]:
    """What is counted in a message: each word, each pair of neighbouring words, and the 3 to 5 letter pieces of
    each word with its borders marked by a space. Repeats stay in the list. Empty if nothing is left to read."""
    found = words(text)
    counted = [f"w:{word}" for word in found]
    counted += [f"p:{left} {right}" for left, right in pairwise(found)]
    for word in found:
        counted += _pieces(f" {word} ")
    return counted


def _visible(text: str) -> Iterator[str]:
    """Characters in compatible form; marks, format characters and surrogates dropped, controls blanked."""
    if text.isascii():
        yield from (char if char.isprintable() else " " for char in text)
        return
    # Compatible form: full-width letters, ligatures and accents become the letters that were trained on.
    for char in unicodedata.normalize("NFKD", text):
        category = unicodedata.category(char)
        if category in ("Mn", "Me", "Cf", "Cs"):
            continue
        yield " " if category[0] in "CZ" else char


def _digits_as_zero(word: str) -> str:
    return "".join("0" if char.isdigit() else char for char in word) if not word.isalpha() else word


def _pieces(marked: str) -> list[str]:
    return [marked[start : start + size] for size in _GRAMS for start in range(len(marked) - size + 1)]
