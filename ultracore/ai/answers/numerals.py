"""Numbers as they are read: digits of any script with separators of any custom, and numbers in words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

_SMALL: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen "
    "eighteen nineteen"
).split()
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SPANISH: Final = {
    **{
        word: value
        for value, word in enumerate(
            "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis "
            "diecisiete dieciocho diecinueve veinte".split()
        )
    },
    **dict(
        zip("treinta cuarenta cincuenta sesenta setenta ochenta noventa".split(), range(30, 100, 10), strict=True)
    ),
    "cien": 100,
    "ciento": 100,
    "doscientos": 200,
    "quinientos": 500,
}
_UNITS: Final = {
    **{word: value for value, word in enumerate(_SMALL)},
    **{word: 20 + 10 * place for place, word in enumerate(_TENS)},
    "nought": 0,
    "nil": 0,
    "fourty": 40,
    "dozen": 12,
    **_SPANISH,
}
SCALES: Final = {
    "hundred": 10**2,
    "thousand": 10**3,
    "k": 10**3,
    "grand": 10**3,
    "mil": 10**3,
    "lakh": 10**5,
    "lakhs": 10**5,
    "m": 10**6,
    "mn": 10**6,
    "mln": 10**6,
    "million": 10**6,
    "millón": 10**6,
    "millones": 10**6,
    "crore": 10**7,
    "crores": 10**7,
    "b": 10**9,
    "bn": 10**9,
    "billion": 10**9,
    "trillion": 10**12,
    "百": 10**2,
    "千": 10**3,
    "万": 10**4,
    "萬": 10**4,
    "亿": 10**8,
    "億": 10**8,
}
_CHINESE: Final = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "十": 10}
_SPOKEN_SCALES: Final = frozenset(
    ("hundred", "thousand", "million", "billion", "trillion", "mil", "millones", "millón")
)
_WORD: Final = re.compile(r"[^\W\d_]+")
_GAP: Final = re.compile(r"(?:\s?[-\u2010-\u2015]\s?|\s+|,\s)")
_CHINESE_RUN: Final = re.compile("[零〇一二两三四五六七八九十百千万萬亿億]+")
_GROUPED: Final = re.compile(r"\d{1,3}(?:[,\s\u00a0'’٬_]\d{3})+(?:[.٫]\d+)?")
_INDIAN: Final = re.compile(r"\d{1,3}(?:,\d{2})*,\d{3}(?:\.\d+)?")
_EUROPEAN: Final = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_DECIMAL_COMMA: Final = re.compile(r"\d+[,٫]\d{1,2}")
_THOUSANDS: Final = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_PLAIN: Final = re.compile(r"\d+(?:\.\d+)?")


def with_plain_digits(text: str) -> str:
    """`text`, as long as before, with the digits and separators of every script as ASCII ones."""
    return text if text.isascii() else "".join(map(_plain, text))


def _plain(char: str) -> str:
    value = unicodedata.digit(char, None)
    if value is not None:
        return str(value)
    # One character for one: a fold that gives two would move every place behind it.
    folded = unicodedata.normalize("NFKC", char)
    return folded if len(folded) == 1 and not folded.isalpha() else char


def values_of(token: str) -> frozenset[Decimal]:
    """What digits with separators may be read as. Digits that fit no custom are read in one go."""
    token = token.strip(".,'’ \u00a0_")
    joined = re.sub(r"[^\d.]", "", token.replace("٫", "."))
    # The custom of this country first: `1.234` is read with decimals, and not as the European thousand.
    if _THOUSANDS.fullmatch(
        token
    ):  # `1.500` is one thousand five hundred in Spanish and one and a half in English
        return frozenset({Decimal(token), Decimal(joined.replace(".", ""))})
    if _PLAIN.fullmatch(token):
        return frozenset({Decimal(token)})
    if _GROUPED.fullmatch(token) or _INDIAN.fullmatch(token):
        return frozenset({Decimal(joined.replace("..", "."))})
    if _EUROPEAN.fullmatch(token) and ("," in token or token.count(".") > 1):
        return frozenset({Decimal(token.replace(".", "").replace(",", "."))})
    if _DECIMAL_COMMA.fullmatch(token):
        return frozenset({Decimal(re.sub(r"[,٫]", ".", token))})
    return frozenset({Decimal(re.sub(r"\D", "", token))})


def spoken(text: str) -> Iterator[tuple[int, int, Decimal, bool]]:
    """Numbers in words: each one's beginning, end and value, and whether a scale (`hundred`, `万`) is in it."""
    yield from _latin(text)
    for match in _CHINESE_RUN.finditer(text):
        value = _chinese(match.group())
        if value is not None:
            yield match.start(), match.end(), value, any(char in SCALES for char in match.group())


def _latin(text: str) -> Iterator[tuple[int, int, Decimal, bool]]:
    run: list[re.Match[str]] = []
    for match in _WORD.finditer(text):
        if run and not _GAP.fullmatch(text[run[-1].end() : match.start()]):
            yield from _number(run)
            run = []
        word = match.group().casefold()
        if (
            word in _UNITS
            or word in _SPOKEN_SCALES
            or word in ("half", "point")
            or (word in ("a", "and", "y") and _carries(word, run))
        ):
            run.append(match)
        else:
            if run:  # most words are neither a number nor behind one
                yield from _number(run)
            run = [match] if word in ("a", "half") else []
    yield from _number(run)


def _carries(word: str, run: Sequence[re.Match[str]]) -> bool:
    """`a` after `half`, `and` inside a number."""
    return bool(run) and (word != "a" or run[-1].group().casefold() == "half")


def _number(run: Sequence[re.Match[str]]) -> Iterator[tuple[int, int, Decimal, bool]]:
    words = [match.group().casefold() for match in run]
    while words and words[-1] in ("and", "y", "a", "half", "point"):
        words.pop()
    if not words or words == ["a"]:
        return
    scaled = any(word in _SPOKEN_SCALES for word in words)
    value = _sum(words)
    if value is not None:
        yield run[0].start(), run[len(words) - 1].end(), value, scaled


def _sum(words: Sequence[str]) -> Decimal | None:
    total, part, seen = Decimal(0), Decimal(0), False
    if "point" in words:
        at = words.index("point")
        whole, digits = _sum(words[:at]) or Decimal(0), [_UNITS.get(word) for word in words[at + 1 :]]
        if digits and all(digit is not None and digit < 10 for digit in digits):
            return whole + Decimal("0." + "".join(str(digit) for digit in digits))
        return None
    for word in words:
        if word in ("and", "y", "a"):
            continue
        if word == "half":
            part, seen = Decimal("0.5"), True
        elif word in _UNITS:
            part, seen = part * 12 if word == "dozen" and part else part + _UNITS[word], True
        elif word == "hundred":
            part, seen = (part if seen and part else Decimal(1)) * 100, True
        else:
            total, part, seen = total + (part if part else Decimal(1)) * SCALES[word], Decimal(0), True
    return total + part if seen else None


def _chinese(run: str) -> Decimal | None:
    total, section, digit = 0, 0, 0
    for char in run:
        if char in "万萬亿億":
            total, section, digit = total + (section + digit or 1) * SCALES[char], 0, 0
        elif char in "十百千":
            section, digit = section + (digit or 1) * (10 if char == "十" else SCALES[char]), 0
        else:
            digit = digit * 10 + _CHINESE[char]
    return Decimal(total + section + digit)
