"""Figures that no result has, but that a reader can work out from what stands beside them on the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Final

from ultracore.ai.answers.figures import Figure
from ultracore.ai.answers.numerals import spoken

_DIFFERENCE: Final = re.compile(
    r"\b(?:difference|less|fewer|more|left|leav(?:es?|ing)|short(?:fall)?|missing|over|under|above|below|gr[eo]w[ns]?|fell|fallen|"
    r"r[oi]sen?|up|down|gain(?:ed)?|lost|slipped|dropped|net|by|without|after|minus|higher|lower|cheaper|dearer|"
    r"extra|saves?|saved|remain(?:s|ing)?|still|cost|worse|better|apart|gap|excess|spare|changed?|ahead|behind|"
    r"came off|took off|off|too (?:much|little)|"
    r"diferencia|menos|más|queda(?:n|r[íi]an?)?|falta(?:n|r[íi]an?)?|sobra(?:n|r[íi]an?)?|"
    r"chênh lệch|ít hơn|nhiều hơn|còn lại|thiếu)\b|"
    r"[少多剩差余减还]|الفرق|أقل|أكثر|يبقى|ينقص|يتبقى|فرق|कम|ज़्यादा|अधिक|अंतर|बचेंगे|बचते",
    re.IGNORECASE,
)
_TOGETHER: Final = re.compile(
    r"\b(?:total(?:s|ling|ing|led)?|together|altogether|sum|combined|plus|in all|overall|both|adds? up|add|makes?|"
    r"come to|comes to|between (?:the|them)|so|all told|total de|en total|juntos|juntas|suman?|en conjunto|"
    r"tổng|cộng)\b|[+=]|[共总合]计?|一共|المجموع|إجمالي|مجموع|معا|कुल|मिलाकर",
    re.IGNORECASE,
)
_EACH: Final = re.compile(
    r"\b(?:each|every|times|a month|per|apiece|cada|mỗi|so|makes?|together|altogether|total|in all)\b|[×x*每]|"
    r"प्रत्येक|كل",
    re.IGNORECASE,
)
_ON_AVERAGE: Final = re.compile(
    r"\b(?:a (?:month|week)|each|per|average|al mes|mỗi tháng)\b|每月|平均|औसत", re.IGNORECASE
)
_SHARE_OF: Final = re.compile(r"[\s\-]{0,2}(?:%|per\s?cent|percent)\s+of\b", re.IGNORECASE)
_GRANTED: Final = re.compile(
    r"\b(?:available|balance|limit|redraw|approved|credit(?:ed)?|refund(?:ed)?|interest rate)\W+"
    r"(?:(?:is|are|of|now|at|to|your|AUD|still|only)\W+){0,3}$",
    re.IGNORECASE,
)
_IS_THERE: Final = re.compile(
    r"\s*(?:dollars?\s+)?(?:(?:is|are)\s+)?(?:available|to redraw|in (?:your )?credit)\b", re.IGNORECASE
)
_COUNT: Final = re.compile(r"(?<![\d.,$€£])\d{1,2}(?![\d.,]*\d|\s?%)")
_MOST: Final = 24
_MOST_COUNT: Final = 60


def workings(sentence: str, text: str, beside: Sequence[Decimal], counts: frozenset[int]) -> frozenset[Decimal]:
    """What follows from the figures `beside` a sentence by a difference, sum or multiple that it tells of."""
    latest = list(beside)[-_MOST:]
    found = set(_results(sentence, latest))
    if _ON_AVERAGE.search(sentence):
        found.update((one / count).quantize(Decimal("0.01")) for one in set(latest) for count in counts)
    if _EACH.search(text):
        found.update(one * count for one in set(latest) for count in counts)
    if _SHARE_OF.search(sentence):
        found.update(_shares(latest))
    return frozenset(found)


def is_worked_out(figure: Figure, sentence: str, found: frozenset[Decimal], *, near: bool) -> bool:
    """True if the figure is one of the `found` ones and not said to be there to spend.

    `near` is for a figure that is called a rounded one.
    """
    before, after = sentence[: figure.start][-60:], sentence[figure.end :]
    if _GRANTED.search(before) or _IS_THERE.match(after):
        return False
    return bool(found & figure.values) or (near and any(is_rounded(value, found) for value in figure.values))


def is_rounded(value: Decimal, exact: Iterable[Decimal]) -> bool:
    """`2,500` of 2,503.17, or `405` of 404.95: near, and rounder than the figure that it stands for."""
    if _is_round(value):
        return any(one and abs(one - value) <= one / 20 for one in exact)
    return value >= 100 and value == value.to_integral_value() and any(abs(one - value) < 1 for one in exact)


def _is_round(value: Decimal) -> bool:
    """Two significant digits, or three from a thousand on."""
    digits = value.normalize().as_tuple().digits
    return len(digits) <= (3 if value >= 1000 else 2)


def _results(sentence: str, beside: Sequence[Decimal]) -> Iterator[Decimal]:
    if _DIFFERENCE.search(sentence):
        yield from (abs(one - other) for at, one in enumerate(beside) for other in beside[at + 1 :])
    if _TOGETHER.search(sentence):
        yield from _sums(beside)


def _sums(beside: Sequence[Decimal]) -> Iterator[Decimal]:
    """Of two of them, or of several that follow each other."""
    # Not of any others: among all the sums of many figures nearly every amount would be found.
    for at, one in enumerate(beside):
        yield from (one + other for other in beside[at + 1 :])
        run = one
        for other in beside[at + 1 :]:
            run += other
            yield run


def counts_in(text: str) -> frozenset[int]:
    """The small numbers of a text, in digits or words: of how many things it may speak."""
    digits = {int(match.group()) for match in _COUNT.finditer(text)}
    words = {int(value) for _, _, value, _ in spoken(text) if value == value.to_integral_value()}
    return frozenset(count for count in digits | words if 2 <= count <= _MOST_COUNT)


def _shares(beside: Sequence[Decimal]) -> Iterator[Decimal]:
    for part in beside:
        for whole in beside:
            if 0 < part < whole:
                share = 100 * part / whole
                for places in ("1", "0.1", "0.01"):
                    yield share.quantize(Decimal(places), ROUND_HALF_UP)
                    yield share.quantize(Decimal(places), ROUND_HALF_EVEN)
