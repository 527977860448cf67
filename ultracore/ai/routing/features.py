"""Text features of the router: what training and inference both count in a message.

One implementation for both sides, so that a coefficient means the same in training and in use.
Standard library only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from ultracore.words import WORD, is_unspaced, pairs

MAX_CHARS = 2_000
"""A longer message is read by its first and last `MAX_CHARS // 2` characters: cost is bounded, and a question at
either end still counts."""

_WORD = re.compile(rf"{WORD}|[$€£?!]|[^\w\s]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_APOSTROPHES = re.compile("['\u2019\u2018`\u00b4\u02bc]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_LONG_RUN = re.compile(r"([^\W\d_])\1{2,}")
# Arabic writes some letters in two ways, and stretches words; three Latin letters have no accent to take off.
_ONE_SPELLING: Final = str.maketrans(
    {"\u0640": None, "\u0649": "\u064a", "\u0629": "\u0647", "\u0111": "d", "\u0131": "i", "\u0142": "l"}
)
# The scripts from Devanagari to Lao need their signs: without them words of different meaning are one.
_SIGNS_KEPT = ("\u0900", "\u0eff")
# Pieces of a word still fit when it is misspelt or has another ending.
_GRAMS = (3, 4, 5)


def words(text: str) -> list[str]:
    """The words of a message, in order, in one spelling: lower case, without accents, apostrophes, invisible and
    control characters; every digit as `0`, thousands separators dropped, a letter at most twice in a row. Hindi
    keeps its vowel signs, a stretch of Chinese stays whole.

    Any `str` is accepted, lone surrogates too.
    """
    return _plain_words(_bounded(text))


def features(text: str) -> list[str]:
    """What is counted in a message. Repeats stay in the list. Empty if nothing is left to read.

    Each word, each pair of neighbouring words, and the 3 to 5 letter pieces of each word with its borders marked
    by a space; of Chinese each character and each two and three neighbours. Words with accents count
    as written too.
    """
    shown = _bounded(text)
    found = _plain_words(shown)
    counted = [f"p:{left} {right}" for left, right in pairwise(found)]
    for word in found:
        counted += _of_unspaced(word) if is_unspaced(word) else _of_word(word)
    if not shown.isascii():
        counted += _with_accents(shown)
    return counted


def _bounded(text: str) -> str:
    return text if len(text) <= MAX_CHARS else f"{text[: MAX_CHARS // 2]} {text[-(MAX_CHARS // 2) :]}"


def _plain_words(text: str) -> list[str]:
    visible = _visible(text)[: 2 * MAX_CHARS]  # one character may stand for eighteen
    plain = _THOUSANDS.sub("", _APOSTROPHES.sub("", visible.casefold()))
    if not plain.isascii():
        plain = plain.translate(_ONE_SPELLING)
    return [_one_form(word) for word in _WORD.findall(plain)]


def _visible(text: str) -> str:
    """The text in compatible form; marks, format characters and surrogates dropped, controls blanked."""
    if text.isascii():
        return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
    # Compatible form: full-width letters, ligatures and accents become the letters that were trained on.
    return "".join(_shown(unicodedata.normalize("NFKD", text)))


def _shown(text: str) -> Iterator[str]:
    for char in text:
        category = unicodedata.category(char)
        if category in ("Cf", "Cs"):
            continue
        if category in ("Mn", "Me") and not _SIGNS_KEPT[0] <= char <= _SIGNS_KEPT[1]:
            continue
        yield " " if category[0] in "CZ" else char


def _one_form(word: str) -> str:
    """Digits as zero in what has one; letters at most twice in a row in what has letters only."""
    if word.isalpha():
        return _LONG_RUN.sub(r"\1\1", word)
    return "".join("0" if char.isdigit() else char for char in _LONG_RUN.sub(r"\1\1", word))


def _of_word(word: str) -> list[str]:
    marked = f" {word} "
    length = len(marked)
    return [f"w:{word}", *(marked[at : at + size] for size in _GRAMS for at in range(length - size + 1))]


def _of_unspaced(run: str) -> list[str]:
    neighbours = [f"c:{run[at : at + 3]}" for at in range(len(run) - 2)]
    return [*(f"w:{char}" for char in run), *(f"c:{pair}" for pair in pairs(run)), *neighbours]


def _with_accents(text: str) -> list[str]:
    """Latin words as written, alone and beside their neighbour: in Vietnamese the accents are half the word."""
    written = _LETTERS.findall(unicodedata.normalize("NFC", text).casefold())
    alone = [f"a:{word}" for word in written if _is_accented(word)]
    beside = [
        f"b:{left} {right}"
        for left, right in pairwise(written)
        if (_is_accented(left) or _is_accented(right)) and _is_latin(left) and _is_latin(right)
    ]
    return alone + beside


def _is_accented(word: str) -> bool:
    return not word.isascii() and _is_latin(word)


def _is_latin(word: str) -> bool:
    """Of the Latin blocks that hold accented letters, Vietnamese ones among them."""
    highest = max(word)
    return highest < "\u0250" or "\u1e00" <= highest < "\u1f00"
