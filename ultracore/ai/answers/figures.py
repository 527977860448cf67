"""Finds the figures of a text as a person reads them: amounts of money, shares, terms and plain numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from ultracore.ai.answers.numerals import SCALES, spoken, values_of, with_plain_digits

FigureKind = Literal["money", "percent", "term", "plain"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and its place. `values` is what it may be read as, never negative."""

    start: int
    end: int
    values: frozenset[Decimal]
    kind: FigureKind
    words: bool = False

    @property
    def is_small_count(self) -> bool:
        """True for a whole number below 100 that is no money, share or term."""
        return self.kind == "plain" and all(
            value < 100 and value == value.to_integral_value() for value in self.values
        )


_CODES: Final = "AUD|USD|NZD|EUR|GBP|JPY|CNY|RMB|INR|SGD|CAD|HKD|CHF|A\\$|US\\$|NZ\\$"
_CURRENCY_WORDS: Final = (
    "dollars?|bucks?|quid|euros?|pounds?|cents?|grand|rupees?|yuan|yen|dólares|pesos|dolares|aussie dollars?|"
    "元|块|澳元|美元|دولار|डॉलर|đô la|đồng|đô"
)
_SIGNS: Final = "$€£¥₹₩₫₽¢₿"
_BEFORE: Final = re.compile(rf"(?:[{_SIGNS}]|(?<![^\W\d_])(?:{_CODES}))[\s:(]{{0,3}}[-–−+]?\s?$", re.IGNORECASE)
_AFTER: Final = re.compile(
    rf"[\s\-)(]{{0,2}}(?:(?:australian|aussie|us|american|new zealand)\s)?(?:[{_SIGNS}](?!\s?\d)|"
    rf"(?:{_CODES})(?![^\W\d_]|\s?[$€£]?\d)|(?:{_CURRENCY_WORDS})(?![^\W\d_]))",
    re.IGNORECASE,
)
_CENTS: Final = re.compile(r"[\s\-]{0,2}(?:cents?\b|¢|c\b)", re.IGNORECASE)
_UNTIL_CENTS: Final = re.compile(
    r"[\s\-]{0,2}(?:(?:australian|us|new zealand) )?(?:dollars?|dólares|euros?|pounds?)\s?(?:,|and|y|con)?\s?",
    re.IGNORECASE,
)
_SCALE_WORDS: Final = "|".join(sorted(map(re.escape, SCALES), key=len, reverse=True))
_SCALE: Final = re.compile(
    rf"[\s\-\u00a0]{{0,2}}(?P<scale>{_SCALE_WORDS})(?:(?<=[百千万萬亿億])|(?![^\W\d_]|'))", re.IGNORECASE
)
_PERCENT: Final = re.compile(
    r"[\s\-]{0,2}(?:[%٪‰]|per\s?cent(?:age)?\b|pct\b|p\.\s?a\.|percent|basis\spoints?\b|bps\b|por\s?ciento|"
    r"phần trăm|प्रतिशत|في المئة|بالمئة|百分)",
    re.IGNORECASE,
)
_BASIS_POINTS: Final = re.compile(r"[\s\-]{0,2}(?:basis|bps)", re.IGNORECASE)
_PERCENT_BEFORE: Final = re.compile("百分之$")
_TERM: Final = re.compile(
    r"[\s\-]{0,2}(?:years?\b|yrs?\b|months?\b|mths?\b|años?\b|meses\b|mes\b|年期|个月)", re.IGNORECASE
)
_DIGITS: Final = re.compile(
    r"\d(?:\d|[.,'’٬٫،_](?=\d)|[ \u00a0](?=\d{3}(?!\d))|(?<![\d.,]\d)[ ](?=\d(?:[ ]\d)+(?!\d)))*"
)
_SPACED: Final = re.compile(r"(?<!\d)\d(?:[ \-·•.*_/]\d){2,}(?!\d)")
_GROUPS: Final = re.compile(r"(?<![\d.,])\+?\d{1,4}(?:[ \-\u00a0]\(?\d{2,4}\)?){2,}(?![\d]|[.,]\d)")
_LIKE_DIGITS: Final = re.compile(
    r"(?<![^\W\d_])[\dOoОоlI][\dOoОоlI.,]*\d[\dOoОоlI.,]*|\d[\dOoОоlI.,]*[OoОо](?![^\W\d_])"
)
_LETTERS: Final = str.maketrans("OoОоlI", "000011")
_NO_FIGURE: Final = re.compile(
    r"\b\d{4}-\d{1,2}-\d{1,2}\b|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b|"
    r"\b\d{1,2}[:.]\d{2}(?::\d{2})?\s?(?:[ap]\.?m\b\.?|h\b)|"
    r"\b\d{1,2}:\d{2}(?::\d{2})?\b"
)


def figures_in(text: str) -> list[Figure]:
    """The figures of a text, in order. Dates and times of day are none; numbers in words are figures only beside
    a currency, a percent sign, a scale or a term.
    """
    # Both replace one character by one, so that a place found here is a place in `text`.
    plain = _without_like_digits(with_plain_digits(text))
    taken = [match.span() for match in _NO_FIGURE.finditer(plain)]
    found = [*_in_digits(plain, taken), *_in_words(plain)]
    return list(_with_cents(sorted(found, key=lambda figure: figure.start), plain))


def _with_cents(figures: list[Figure], text: str) -> Iterator[Figure]:
    """`ninety-six dollars and ninety-five cents` is one amount."""
    held: Figure | None = None
    for figure in figures:
        if held is not None and _is_cents_of(held, figure, text):
            whole, cents = max(held.values), max(figure.values)
            held = Figure(held.start, figure.end, frozenset({whole + cents / 100}), "money", held.words)
            continue
        if held is not None:
            yield held
        held = figure
    if held is not None:
        yield held


def _is_cents_of(whole: Figure, cents: Figure, text: str) -> bool:
    return (
        whole.kind == cents.kind == "money"
        and bool(_UNTIL_CENTS.fullmatch(text[whole.end : cents.start]) and _CENTS.match(text[cents.end :]))
        and max(cents.values) < 100
        and all(value == value.to_integral_value() for value in whole.values)
    )


def _without_like_digits(text: str) -> str:
    """`9O,OOO` is read as a number: letters that look like digits, among digits, are taken for them."""
    return _LIKE_DIGITS.sub(
        lambda match: match.group().translate(_LETTERS) if len(match.group()) > 2 else match.group(), text
    )


def _in_digits(text: str, taken: list[tuple[int, int]]) -> Iterator[Figure]:
    spaced: list[tuple[int, int]] = []
    for pattern in (_GROUPS, _SPACED):
        spans = [match.span() for match in pattern.finditer(text)]
        spaced += [span for span in spans if not _inside(span, [*taken, *spaced])]
    for start, end in spaced:
        value = Decimal(re.sub(r"\D", "", text[start:end]))
        yield _figure(text, start, end, frozenset({value}))
    for match in _DIGITS.finditer(text):
        if not _inside(match.span(), [*taken, *spaced]):
            yield _figure(text, match.start(), match.end(), values_of(match.group()))


def _inside(span: tuple[int, int], spans: list[tuple[int, int]]) -> bool:
    return any(start < span[1] and span[0] < end for start, end in spans)


def _in_words(text: str) -> Iterator[Figure]:
    for start, end, value, scaled in spoken(text):
        if text[:start].rstrip()[-1:].isdigit():
            continue  # `98 thousand` was read with its digits
        figure = _figure(text, start, end, frozenset({value}), words=True)
        lone = re.fullmatch(r"(?:an?|one) \w+|\w+", text[start:end], re.IGNORECASE)
        if figure.kind != "plain" or (scaled and not lone):
            yield figure


def _figure(text: str, start: int, end: int, values: frozenset[Decimal], *, words: bool = False) -> Figure:
    after, scaled = text[end:], False
    while (match := _SCALE.match(after)) and not words:
        # A lone letter is a million only beside a currency: `5 m` may be metres or minutes.
        if match["scale"] in ("M", "m", "b", "B") and not _marked(text[:start], after[match.end() :]):
            break
        values = frozenset(value * SCALES[match["scale"].casefold()] for value in values)
        end, scaled = end + match.end(), True
        after = text[end:]
    kind = _kind(text[:start], after)
    if kind == "money" and _CENTS.match(after):
        # "12 dollars 50 cents" gives 50, "50 cents" alone 0.50: either reading may be the bank's.
        values |= {value / 100 for value in values}
    if kind == "percent" and _BASIS_POINTS.match(after):
        values = frozenset(value / 100 for value in values)
    if kind == "plain" and scaled:
        kind = "money"
    return Figure(start, end, values, kind, words)


def _marked(before: str, after: str) -> bool:
    return bool(_BEFORE.search(before[-12:]) or _AFTER.match(after))


def _kind(before: str, after: str) -> FigureKind:
    if _PERCENT.match(after) or _PERCENT_BEFORE.search(before[-4:]):
        return "percent"
    if _marked(before, after):
        return "money"
    return "term" if _TERM.match(after) else "plain"


_POINTED: Final = re.compile(
    r"(?i)\b(?:half|third|quarter|all of|everything|the rest|remainder|same|again|as usual|usual|double|twice|"
    r"whole|what i owe|what is left|full|maximum|instalment|repayment|bill|rent)\b"
)


def amounts_said(texts: Iterable[str]) -> frozenset[Decimal] | None:
    """The figures of these messages; None if one points at an amount ("half", "the same") without naming it."""
    found: set[Decimal] = set()
    for text in texts:
        if _POINTED.search(text):
            return None
        found.update(value for figure in figures_in(text) for value in figure.values)
    return frozenset(found)
