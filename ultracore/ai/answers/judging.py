"""Judges whether a figure may be shown at its place, on the words as they will be read, by the sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from ultracore.ai.answers.counts import miscounted
from ultracore.ai.answers.derived import counts_in, is_rounded, is_worked_out, workings
from ultracore.ai.answers.fields import misnamed
from ultracore.ai.answers.figures import Figure, figures_in
from ultracore.ai.answers.ownership import OwnerJudge
from ultracore.ai.answers.persons import IDENTIFIER_BEFORE, is_example, is_persons, is_supposed
from ultracore.ai.answers.sentences import sentences_in
from ultracore.ai.answers.sources import Sources

_YEAR: Final = range(1900, 2100)
_DATED_BEFORE: Final = re.compile(
    r"(?:\b(?:in|since|until|till|by|before|after|from|to|for|during|year|fy|financial year|early|late|mid|and|or|"
    r"año|de|del|en|desde|hasta|năm|"
    r"jan\w*|feb\w*|mar\w*|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*|"
    r"(?:end|start|beginning|middle|rest|quarter|half) of|of (?:january|february|march|april|may|june|july|august|"
    r"september|october|november|december)),?|[-–/,(]|^|\b\d{1,2}(?:st|nd|rd|th)?,?)\s*$",
    re.IGNORECASE,
)
_AMOUNT_OF: Final = re.compile(
    r"\b(?:balance|available|owe|owes|owing|worth|holds?|contains?|limit|totals?|remaining|repayments?|"
    r"instalments?|"
    r"refund|saldo)\b(?:\s+(?:is|are|was|of|has|have|stands|now|at|to|about|currently|only|just|exactly|your|"
    r"es|de))*[\s:=]*$",
    re.IGNORECASE,
)
_HAVE: Final = re.compile(r"\b(?:have|has|had|holds?|own|got|is|are|of)\b[\s:=]*$", re.IGNORECASE)
_NO_AMOUNT_AFTER: Final = re.compile(
    r"\s*(?:accounts?|payments?|transactions?|cards?|loans?|payees?|days?|times|items?|steps?|(?:st|nd|rd|th)\b)"
)
_ABOUT: Final = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|approx\.?|nearly|almost|just over|just under|a little over|"
    r"a little under|"
    r"close to|some|circa|ca\.|over|under|more than|less than|well over|slightly over|slightly under)|"
    r"[~≈])\s*(?:[A-Z]{3}\s?|[$€£]\s?)?$",
    re.IGNORECASE,
)
_SURE: Final = re.compile(
    r"\s?(?:%|per\s?cent)\s+(?:sure|certain|clear|safe|free|secure|honest|confident|correct|guaranteed)",
    re.IGNORECASE,
)
_YEARS: Final = re.compile(r"[\s\-]{0,2}(?:years?|yrs?|años?|年|năm|साल|वर्ष|سنوات|سنة|عام)", re.IGNORECASE)
_LENT: Final = re.compile(
    r"\b(?:term|repay\w*|borrow\w*|loan|mortgage|instalments?|préstamo|vay)\b|贷款|期限|قرض|ऋण", re.IGNORECASE
)
_PAST: Final = re.compile(
    r"\b(?:last|past|previous|ago|since|so far|últimos|hace|qua)\b|过去|最近|الماضية|पिछले", re.IGNORECASE
)
_LINE: Final = 60
_REMEMBERED: Final = 24
_WORD_BEFORE: Final = re.compile(r"([^\W\d_]{3,}) $")
_OF_A_NAME: Final = 1000
# `cust_1`, and as Markdown has it `cust\\_1`.
_OF_AN_ID: Final = re.compile(r"[^\W\d_]\\?_$")
_BEGINS: Final = re.compile(r"\W*[^\W\d_]{2}")


@dataclass(slots=True)
class FigureJudge:
    """Judges the figures of one answer. `withheld` may not be shown; `cited` is money that was shown."""

    sources: Sources
    phones: frozenset[str] = frozenset()
    withheld: list[str] = field(default_factory=list)
    cited: list[Decimal] = field(default_factory=list)
    _owners: OwnerJudge = field(init=False)
    _text: str = ""
    _counted: frozenset[int] | None = None
    _worked: dict[tuple[str, bool], frozenset[Decimal]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._owners = OwnerJudge(self.sources)

    def wrong(self, text: str, context: str = "") -> list[tuple[int, int]]:
        """The places in `text` of the figures that may not be shown. `context` is what is read before it, as the
        first cell of its row is.
        """
        self._text, self._counted, self._worked = f"{context} {text}", None, {}
        found: list[tuple[int, int]] = []
        for start, end in sentences_in(text):
            before = (
                context if not start or text[:start].rstrip().endswith((".", "!", "?")) else text[:start][-_LINE:]
            )
            found += [(start + at, start + to) for at, to in self._sentence(text[start:end], before)]
        self.withheld += [text[start:end] for start, end in found]
        return found

    def _sentence(self, sentence: str, context: str) -> Iterator[tuple[int, int]]:
        figures = [figure for figure in figures_in(sentence) if not self._is_name(figure, sentence)]
        mentions = self._owners.mentions(f"{context} " + sentence, -len(context) - 1)
        wrong = set(miscounted(sentence, self.sources))
        for number, figure in enumerate(figures):
            if not self._is_true(figure, sentence, context) or self._owners.is_anothers(
                number, figures, mentions, sentence
            ):
                wrong.add((figure.start, figure.end))
            elif misnaming := set(misnamed(figure, figures, sentence, context, self.sources)):
                wrong |= misnaming
            elif figure.kind == "money":
                self.cited += figure.values
        self._owners.heard(mentions)
        yield from _apart(wrong)

    def _is_name(self, figure: Figure, sentence: str) -> bool:
        """True for digits of a phone number that the bank keeps, or of a text that is given word for word."""
        where = (figure.start, figure.end)
        # A model groups the digits of a phone number as it likes, so no comparison of values would find them.
        if any(_covers(where, span) for span in self._phone_spans(sentence)) or self._is_in_a_name(
            figure, sentence
        ):
            return True
        # Money in a name is a name between quotation marks only: a payee may be called "balance 9,000".
        if figure.kind != "plain" and not figure.words:
            return _quoted_span(sentence, where) and any(
                _covers(where, span) for span in _spans(sentence.casefold(), self.sources.quoted)
            )
        return any(_covers(where, span) for span in _spans(sentence.casefold(), self.sources.quoted))

    def _is_in_a_name(self, figure: Figure, sentence: str) -> bool:
        """`customer 360` or `cust_1`, as a result has it: a number that is part of what something is called."""
        if _OF_AN_ID.search(sentence[: figure.start]):
            return sentence[figure.start : figure.end] in self.sources.identifiers
        word = _WORD_BEFORE.search(sentence[: figure.start])
        if figure.kind != "plain" or word is None or max(figure.values) >= _OF_A_NAME:
            return False
        called = f"{word[1]} {sentence[figure.start : figure.end]}".casefold()
        return any(called in quoted for quoted in self.sources.quoted)

    def _phone_spans(self, sentence: str) -> Iterator[tuple[int, int]]:
        for phone in self.phones:
            digits = re.sub(r"[^\d+]", "", phone)
            if digits:
                pattern = r"[\s()\-.·/]*".join(map(re.escape, digits))
                yield from (match.span() for match in re.finditer(rf"(?<!\d){pattern}(?!\d)", sentence))

    def _is_true(self, figure: Figure, sentence: str, context: str) -> bool:
        before, after = sentence[: figure.start], sentence[figure.end :]
        if _is_year(figure, before) or _is_idiom(figure, after) or is_example(figure, sentence):
            return True
        amount = _AMOUNT_OF.search(f"{context}: {before}" if context and not before.strip() else before)
        # Small numbers count things (two accounts, three steps) unless the words before them ask for an amount.
        if figure.is_small_count and (not amount or _NO_AMOUNT_AFTER.match(after)):
            return True
        if figure.kind == "plain" and self._is_identifier(
            figure, sentence, named=not (amount or _HAVE.search(before))
        ):
            return True
        asked = (
            Figure(figure.start, figure.end, figure.values, "money")
            if amount and figure.kind == "plain"
            else figure
        )
        return bool(
            self.sources.of(asked)
            or self._is_duration(figure, sentence)
            or self._is_derived(asked, sentence, context)
            or is_persons(figure, sentence, context, self.sources)
        )

    def _is_identifier(self, figure: Figure, sentence: str, *, named: bool) -> bool:
        digits = re.sub(r"\D", "", sentence[figure.start : figure.end])
        known = digits in self.sources.identifiers
        return known and (named or bool(IDENTIFIER_BEFORE.search(sentence[: figure.start])))

    def _is_derived(self, figure: Figure, sentence: str, context: str) -> bool:
        """True for a rounded figure that is called one, and for one that follows from those beside it."""
        near = bool(_ABOUT.search(sentence[: figure.start]))
        if near and any(is_rounded(value, self._quotable(figure)) for value in figure.values):
            return True
        if figure.kind == "term" or figure.is_small_count:
            return False
        key = (sentence, figure.kind == "percent")
        if key not in self._worked:
            beside = self._beside(sentence, share=key[1])
            self._worked[key] = workings(f"{context} {sentence}", self._text, beside, self._counts())
        return is_worked_out(figure, sentence, self._worked[key], near=near)

    def _beside(self, sentence: str, *, share: bool) -> list[Decimal]:
        """The amounts, or the shares, that are on the page with the sentence: what a reader can work with."""
        wanted = ("percent",) if share else ("money", "plain")
        found = [] if share else self.cited[-_REMEMBERED:]
        supposed = is_supposed(sentence)
        for figure in figures_in(self._text):
            if figure.kind in wanted and not figure.is_small_count:
                facts = {fact.value for fact in self.sources.of(figure)}
                found += facts or (figure.values & self.sources.persons if supposed else ())
        # "That would leave you with 150" may speak of the price in the question.
        return [*found, *(self.sources.asked if supposed and not share else ())]

    def _counts(self) -> frozenset[int]:
        if self._counted is None:
            self._counted = counts_in(self._text)
        return self._counted

    def _is_duration(self, figure: Figure, sentence: str) -> bool:
        """`seven years` of a customer since 2019: a length of time that the dates of the results span."""
        if figure.kind != "term" or (_LENT.search(sentence) and not _PAST.search(sentence)):
            return False
        months = 12 if _YEARS.match(sentence[figure.end :]) else 1
        return any(self.sources.durations.has(value * months) for value in figure.values)

    def _quotable(self, figure: Figure) -> Iterator[Decimal]:
        """The facts that a rounded figure may stand for."""
        for facts in self.sources.facts.values():
            for fact in facts:
                if fact.kind in (None, figure.kind) or figure.kind == "plain":
                    yield fact.value


def _apart(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The places in their order; what lies in another is left out."""
    reached = 0
    for start, end in sorted(spans):
        if start >= reached:
            yield start, end
            reached = end


def _is_year(figure: Figure, before: str) -> bool:
    value = next(iter(figure.values))
    return (
        figure.kind == "plain"
        and not figure.words
        and figure.end - figure.start == 4
        and value in _YEAR
        and bool(_DATED_BEFORE.search(before))
        and not _AMOUNT_OF.search(before)
    )


def _is_idiom(figure: Figure, after: str) -> bool:
    return figure.kind == "percent" and Decimal(100) in figure.values and bool(_SURE.match(after))


def _covers(where: tuple[int, int], span: tuple[int, int]) -> bool:
    return span[0] <= where[0] and where[1] <= span[1]


def _spans(folded: str, names: set[str]) -> Iterator[tuple[int, int]]:
    for name in names:
        at = folded.find(name)
        while at >= 0:
            yield at, at + len(name)
            at = folded.find(name, at + 1)


def _quoted_span(sentence: str, where: tuple[int, int]) -> bool:
    """True between quotation marks."""
    before, after = sentence[: where[0]], sentence[where[1] :]
    return any(opening in before and closing in after for opening, closing in (("“", "”"), ('"', '"'), ("‘", "’")))
