"""The figures of tool results with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from ultracore.ai.answers import SENTENCES, Figure, figures_in, kind_of
from ultracore.ai.tracing.values import LookUp, ResultPlace

_NUMBER: Final = re.compile(r"[-\u2212+]?(?:[A-Z]{3}\s)?[-\u2212+]?\$?\d[\d,]*(?:\.\d+)?\s?%?")
_IDENTIFIERS: Final = re.compile(r"(?:_id|number|phone|bsb|receipt|reference|digits|card|code)$")
_WORDS: Final = re.compile(r"[^\W_]{2,}")
_NAMES: Final = (
    "label name account_name description nickname payee symbol destination reference month date due_on "
    "number_last_digits last_digits"
).split()
_COUNTS: Final = frozenset(("count", "units", "times", "score"))
_MONTH: Final = (
    r"jan|feb|mar(?:zo|ch)?\b|apr|abr|may|mayo|jun|jul|aug|ago(?:sto)\b|sep|oct|nov|dec|dic|ene(?:ro)?\b|"
    r"tháng|يناير|فبراير|مارس|[أا]بريل|مايو|يونيو|يوليو|[أا]غسطس|سبتمبر|[أا]كتوبر|نوفمبر|ديسمبر|"
    r"जन|फ़?र|मार्च|अप्रैल|मई|जून|जुल|अग|सित|अक्|नव|दिस"
)
_OF_A_DAY: Final = re.compile(rf"(?:st|nd|rd|th)?\s?(?:de\s|of\s)?(?:{_MONTH})|\s?[年月日号]", re.IGNORECASE)
_NEAR_WORDS: Final = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|approx\.?|nearly|almost|just (?:over|under)|over|under|"
    r"unos|alrededor de|casi|khoảng|gần|más de)|[~≈约]|大约|将近|حوالي|تقريبا|लगभग|करीब)"
    r"\s*(?:[A-Z]{3}\s?|[$€£]\s?)?$",
    re.IGNORECASE,
)
_STEPS: Final = tuple(Decimal(step) for step in (1, 5, 10, 50, 100, 500, 1000, 10_000))


@dataclass(frozen=True, slots=True)
class ResultFigure:
    """A value of a result that can be a figure. `figure` is set if it is one of a sentence of the bank's, `digits`
    if it is a number that names something, as an account's.
    """

    place: ResultPlace
    figure: Figure | None
    whole: bool
    digits: str = ""

    @property
    def sentence(self) -> bool:
        return self.figure is not None


def leaves_of(look_up: LookUp) -> list[ResultFigure]:
    """Every figure of a result. Texts that other people wrote, as descriptions, hold none; what the call was given
    is the person's own.
    """
    found = _walk(look_up, look_up.result, (), ())
    return [leaf for leaf in found if not look_up.gives_back(leaf.place.path, str(leaf.place.value))]


def is_of_a_day(after: str) -> bool:
    """True if a number is that of a day, by the name of a month behind it."""
    return bool(_OF_A_DAY.match(after))


def matches(figure: Figure, written: str, context: str, leaf: ResultFigure) -> bool:
    """True if the answer's figure may be this value: equal, and of a kind that fits."""
    if leaf.digits:
        return figure.kind == "plain" and not figure.is_small_count and re.sub(r"\D", "", written) == leaf.digits
    value = leaf.place.value
    equal = value in figure.values
    # "2 years" of a loan that runs for 24 months; a share that the result gives as a ratio.
    equal |= figure.kind == "term" and any(one * 12 == value for one in figure.values)
    equal |= figure.kind == "percent" and any(one / 100 == value for one in figure.values)
    if figure.is_small_count:
        # Small numbers are equal by chance: only those of a count, or of a field that the sentence names.
        name = leaf.place.field
        named = name in _COUNTS or any(len(word) > 3 and word in context.casefold() for word in name.split("_"))
        return equal and leaf.whole and not leaf.sentence and named
    return equal and _fits(figure, leaf)


def is_rounded_from(figure: Figure, before: str, leaf: ResultFigure) -> bool:
    """True if the answer calls its figure a rough one, and the value rounds to it."""
    if figure.is_small_count or leaf.digits or not _NEAR_WORDS.search(before) or not _fits(figure, leaf):
        return False
    value = leaf.place.value
    return any((value / step).to_integral_value() * step in figure.values for step in _STEPS)


def fitness(leaf: ResultFigure, context: str) -> tuple[int, int, int, int]:
    """How well the words around a figure fit a place: names of what it belongs to, then of its field. What
    stands in a field of its own goes before what is quoted in a sentence, `balance` before `available_balance`.
    """
    words = set(_WORDS.findall(context.casefold()))
    names = {
        str(holder[name]).casefold() for holder in leaf.place.holders[1:] for name in _NAMES if holder.get(name)
    }
    hits = sum(any(word in words for word in _WORDS.findall(name)) for name in names)
    named = sum(word in words for word in leaf.place.field.split("_"))
    return hits, named, -int(leaf.sentence), -len(leaf.place.field)


def _fits(figure: Figure, leaf: ResultFigure) -> bool:
    kind = leaf.figure.kind if leaf.figure is not None else kind_of(leaf.place.field, whole=leaf.whole)
    if leaf.whole and kind == "money":
        kind = None
    return kind in (None, "plain", figure.kind) or figure.kind == "plain"


def _walk(
    look_up: LookUp, value: object, path: tuple[str, ...], holders: tuple[Mapping[str, Any], ...]
) -> Iterator[ResultFigure]:
    match value:
        case Mapping():
            for name, inner in value.items():
                yield from _walk(look_up, inner, (*path, str(name)), (*holders, value))
        case bool() | None:
            return
        case str():
            yield from _texts(look_up, value, path, holders)
        case int() | float() | Decimal():
            place = ResultPlace(look_up, path, holders, abs(Decimal(str(value))))
            yield ResultFigure(place, None, isinstance(value, int))
        case Sequence():
            for at, inner in enumerate(value):
                yield from _walk(look_up, inner, (*path, str(at)), holders)


def _texts(
    look_up: LookUp, text: str, path: tuple[str, ...], holders: tuple[Mapping[str, Any], ...]
) -> Iterator[ResultFigure]:
    name = next((one for one in reversed(path) if not one.isdigit()), "")
    if _IDENTIFIERS.search(name):
        digits = re.sub(r"\D", "", text)
        if digits:
            yield ResultFigure(
                ResultPlace(look_up, path, holders, Decimal(digits)), None, whole=False, digits=digits
            )
    elif _NUMBER.fullmatch(text):
        for figure in figures_in(text):
            place = ResultPlace(look_up, path, holders, max(figure.values))
            yield ResultFigure(place, None, whole="." not in text)
    elif name in SENTENCES:
        for figure in figures_in(text):
            for value in figure.values:
                yield ResultFigure(ResultPlace(look_up, path, holders, value), figure, whole=False)
