"""Judges whether a figure may be shown at its place, on the words as they will be read, by the sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from ultracore.ai.answers.figures import Figure, figures_in
from ultracore.ai.answers.sentences import sentences_in
from ultracore.ai.answers.sources import Owner, QuotedFact, Sources

_YEAR: Final = range(1900, 2100)
_DATED_BEFORE: Final = re.compile(
    r"(?:\b(?:in|since|until|till|by|before|after|from|to|for|during|year|fy|financial year|early|late|mid|and|or|"
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
_IDENTIFIER_BEFORE: Final = re.compile(
    r"(?:·|…|\.\.|x{2,}|\*{2,}|\bending(?: in| with)?|\bending:|\bends (?:in|with)|\bnumber|\bnum|\bno\.?|#|"
    r"\bref(?:erence)?|\bid|\bbsb|"
    r"[A-Za-z][-_]|[A-Z0-9]{3,}-)\s*:?\s*$",
    re.IGNORECASE,
)
_ABOUT: Final = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|approx\.?|nearly|almost|just over|just under|a little over|"
    r"a little under|"
    r"close to|some|circa|ca\.|over|under|more than|less than|well over|slightly over|slightly under)|"
    r"[~≈])\s*(?:[A-Z]{3}\s?|[$€£]\s?)?$",
    re.IGNORECASE,
)
_SUM: Final = re.compile(
    r"\b(?:total(?:s|ling|ing)?|together|altogether|sum|combined|plus|in all|overall|both|adds? up|makes?)\b|[+=]",
    re.IGNORECASE,
)
_SURE: Final = re.compile(
    r"\s?(?:%|per\s?cent)\s+(?:sure|certain|clear|safe|free|secure|honest|confident|correct|guaranteed)",
    re.IGNORECASE,
)

_ATTRIBUTED: Final = re.compile(
    r"\b(?:you(?:'ve| have|'d| had| would)?\s+(?:\w+\s)?(?:said|say|wrote|write|mention(?:ed)?|told|tell|"
    r"typed|gave|entered|named|"
    r"ask(?:ed)?|want(?:ed)?|like|wish(?:ed)?|request(?:ed)?|need(?:ed)?|plan(?:ned)?|quoted?|describe[d]?|"
    r"think|thought|believe[d]?|"
    r"expect(?:ed)?|looking|meant|mean|chose|choose|searched|suggest(?:ed)?|report(?:ed)?|propose[d]?)|"
    r"are (?:asking|looking|thinking|hoping|planning)|your (?:request|question|message|example|search|figure|"
    r"amount|words|scenario|assumption)|"
    r"the (?:message|text|email|caller|sender|payee|description|statement text)|requested|the (?:amount|"
    r"figure|sum) (?:that )?you)\b",
    re.IGNORECASE,
)
_ONLY_AGREED: Final = re.compile(
    r"\b(?:as|like|just as) you\b|\byou(?:'re| are) (?:right|correct)\b", re.IGNORECASE
)
_ASKED_FOR: Final = re.compile(
    r"\b(?:transfer|send|pay|payment|move|borrow|loan|mortgage|deposit|withdraw|invest|quote|apply|"
    r"application|request|lend|"
    r"proposal|card|prepare[d]?|propose[d]?|limit to|purchase|schedule|repay|save|budget|search(?:ed)?|"
    r"filter)\w*\b",
    re.IGNORECASE,
)
_STATED: Final = re.compile(
    r"\b(?:balance|available|you (?:have|had|own|owe|hold|get|got|earned|received|saved|spent|paid)|owe|"
    r"owing|owed|worth|holds?|"
    r"contains?|remaining|left|received|earned|earns?|refund|credited|debited|limit is|your limit|rate|"
    r"interest|fees?|costs?|charges?|"
    r"instalments?|repayments?|approved|gained?|lost|returned?|has been|have been|was|were|gift|bonus|cash "
    r"?back|won)\b",
    re.IGNORECASE,
)
_OPEN: Final = re.compile(
    r"\?\s*$|\b(?:if|unless|suppose|for example|for instance|e\.g\.|such as|say|could|would|can|cannot|can't|"
    r"can’t|"
    r"not|no|never|none|nothing|neither|without|didn't|didn’t|doesn't|doesn’t|isn't|isn’t|wasn't|wasn’t|"
    r"won't|won’t|haven't|hasn't|unable)\b",
    re.IGNORECASE,
)
_FILTER: Final = re.compile(
    r"\b(?:over|above|under|below|more than|less than|at least|at most|up to|between|from|"
    r"than)\s*(?:[A-Z]{3}\s?|[$€£]\s?)?$",
    re.IGNORECASE,
)
_PRONOUN: Final = re.compile(r"\b(?:it|its|that account|this account|there)\b", re.IGNORECASE)


_EXAMPLE: Final = re.compile(
    r"\b(?:try|example|instance|such as|writes?|type|ask|asking|say|saying|like|or|"
    r"and)\b[^\w“\"]*(?P<quote>[“\"][^“”\"]*[”\"])",
    re.IGNORECASE,
)
_LINE: Final = 60
_BEGINS: Final = re.compile(r"\W*[^\W\d_]{2}")


@dataclass(slots=True)
class FigureJudge:
    """Judges the figures of one answer. `withheld` may not be shown; `cited` is money that was shown."""

    sources: Sources
    phones: frozenset[str] = frozenset()
    withheld: list[str] = field(default_factory=list)
    cited: list[Decimal] = field(default_factory=list)
    _last: frozenset[Owner] = frozenset()

    def wrong(self, text: str, context: str = "") -> list[tuple[int, int]]:
        """The places in `text` of the figures that may not be shown. `context` is what is read before it, as the
        first cell of its row is.
        """
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
        mentions = self._mentions(f"{context} " + sentence, -len(context) - 1)
        for number, figure in enumerate(figures):
            if not self._is_true(figure, sentence, context) or self._is_anothers(
                number, figures, mentions, sentence
            ):
                yield figure.start, figure.end
            elif figure.kind == "money":
                self.cited += figure.values
        if mentions:
            self._last = mentions[-1][1]

    def _is_name(self, figure: Figure, sentence: str) -> bool:
        """True for digits of a phone number that the bank keeps, or of a text that is given word for word."""
        where = (figure.start, figure.end)
        # A model groups the digits of a phone number as it likes, so no comparison of values would find them.
        if any(_covers(where, span) for span in self._phone_spans(sentence)):
            return True
        # Money in a name is a name between quotation marks only: a payee may be called "balance 9,000".
        if figure.kind != "plain" and not figure.words:
            return _quoted_span(sentence, where) and any(
                _covers(where, span) for span in _spans(sentence.casefold(), self.sources.quoted)
            )
        return any(_covers(where, span) for span in _spans(sentence.casefold(), self.sources.quoted))

    def _phone_spans(self, sentence: str) -> Iterator[tuple[int, int]]:
        for phone in self.phones:
            digits = re.sub(r"[^\d+]", "", phone)
            if digits:
                pattern = r"[\s()\-.·/]*".join(map(re.escape, digits))
                yield from (match.span() for match in re.finditer(rf"(?<!\d){pattern}(?!\d)", sentence))

    def _is_true(self, figure: Figure, sentence: str, context: str) -> bool:
        before, after = sentence[: figure.start], sentence[figure.end :]
        if _is_year(figure, before) or _is_idiom(figure, after) or _is_example(figure, sentence):
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
            or self._is_rounded(asked, before)
            or self._is_sum(asked, f"{context} {sentence}")
            or self._is_persons(figure, sentence, context)
        )

    def _is_identifier(self, figure: Figure, sentence: str, *, named: bool) -> bool:
        digits = re.sub(r"\D", "", sentence[figure.start : figure.end])
        known = digits in self.sources.identifiers
        return known and (named or bool(_IDENTIFIER_BEFORE.search(sentence[: figure.start])))

    def _is_rounded(self, figure: Figure, before: str) -> bool:
        """`about 2,500` of 2,503.17: near, and rounder than the figure that it stands for."""
        return bool(_ABOUT.search(before)) and any(
            fact.value and abs(fact.value - value) <= fact.value / 20
            for value in figure.values
            if _is_round(value)
            for facts in self.sources.facts.values()
            for fact in facts
            if fact.kind in (None, figure.kind) or figure.kind == "plain"
        )

    def _is_sum(self, figure: Figure, sentence: str) -> bool:
        """The sum of two figures that the answer has shown already, if it says so."""
        if not _SUM.search(sentence):
            return False
        cited = [
            *self.cited,
            *(value for one in figures_in(sentence) for value in one.values if self.sources.of(one)),
        ]
        # Of two and not of more: among the sums of many figures nearly every amount would be found.
        return any(first + second in figure.values for at, first in enumerate(cited) for second in cited[at + 1 :])

    def _is_persons(self, figure: Figure, sentence: str, context: str) -> bool:
        if not figure.values & self.sources.persons:
            return False
        before = sentence[: figure.start]
        if _ATTRIBUTED.search(sentence) and not _ONLY_AGREED.search(sentence):
            return True
        if _FILTER.search(before) or sentence.rstrip().endswith("?"):
            return True
        if figure.kind == "plain" and _IDENTIFIER_BEFORE.search(before):
            return True
        stated = _STATED.search(sentence) or _STATED.search(context)
        if figure.kind in ("term", "percent"):
            return not stated or bool(_ASKED_FOR.search(sentence))
        return bool(not stated and (_OPEN.search(sentence) or _ASKED_FOR.search(f"{context} {sentence}")))

    def _mentions(self, text: str, offset: int) -> list[tuple[int, frozenset[Owner]]]:
        """The names that stand in the text and what they name, in order; a longer name hides a shorter in it."""
        folded = text.casefold()
        found: list[tuple[int, int, frozenset[Owner]]] = []
        for name, owners in sorted(self.sources.names.items(), key=lambda one: -len(one[0])):
            for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", folded):
                if not any(start < match.end() and match.start() < end for start, end, _ in found):
                    found.append((match.start(), match.end(), frozenset(owners)))
        return [(start + offset, owners) for start, _, owners in sorted(found, key=lambda one: one[0])]

    def _is_anothers(
        self,
        number: int,
        figures: Sequence[Figure],
        mentions: Sequence[tuple[int, frozenset[Owner]]],
        sentence: str,
    ) -> bool:
        """True if the figure is one of the bank's, but of another account than the name it stands beside."""
        facts = self.sources.of(figures[number])
        families = {family for fact in facts for family, _ in fact.owners}
        return any(
            _mismatched(facts, family, self._beside(number, figures, mentions, family, sentence))
            for family in families
        )

    def _beside(
        self,
        number: int,
        figures: Sequence[Figure],
        mentions: Sequence[tuple[int, frozenset[Owner]]],
        family: str,
        sentence: str,
    ) -> frozenset[Owner]:
        """What the figure is said of: the name before it, or after it if the sentence begins with a figure."""
        ours = [(at, frozenset(o for o in owners if o[0] == family)) for at, owners in mentions]
        named = [(at, owners) for at, owners in ours if owners]
        if not named:
            # "It has 500" is said of what the sentence before was about.
            spoken_of = frozenset(o for o in self._last if o[0] == family)
            return spoken_of if _PRONOUN.search(sentence) else frozenset()
        money = [one for one in figures if self._belongs(one, family)]
        if figures[number] not in money:
            return frozenset()
        return _paired(figures[number], money, named)

    def _belongs(self, figure: Figure, family: str) -> bool:
        return any(owner[0] == family for fact in self.sources.of(figure) for owner in fact.owners)


def _mismatched(facts: Sequence[QuotedFact], family: str, beside: frozenset[Owner]) -> bool:
    if not beside:
        return False
    theirs = [{owner for owner in fact.owners if owner[0] == family} for fact in facts]
    return all(theirs) and not any(owners & beside for owners in theirs)


def _paired(
    figure: Figure, figures: Sequence[Figure], named: Sequence[tuple[int, frozenset[Owner]]]
) -> frozenset[Owner]:
    """Runs of names and of figures alternate: a run belongs to the one before it, or, if a figure comes first,
    to the one after it.
    """
    marks: list[tuple[int, frozenset[Owner], Figure | None]] = sorted(
        [(at, owners, None) for at, owners in named] + [(one.start, frozenset(), one) for one in figures],
        key=lambda mark: mark[0],
    )
    runs: list[list[tuple[int, frozenset[Owner], Figure | None]]] = []
    for mark in marks:
        if runs and (runs[-1][-1][2] is None) == (mark[2] is None):
            runs[-1].append(mark)
        else:
            runs.append([mark])
    mine = next(at for at, run in enumerate(runs) if any(mark[2] is figure for mark in run))
    names_first = runs[0][0][2] is None
    at = mine - 1 if names_first or mine + 1 >= len(runs) else mine + 1
    names = [owners for _, owners, _ in runs[at]]
    if len(names) == len(runs[mine]) > 1:
        return names[[mark[2] is figure for mark in runs[mine]].index(True)]
    return frozenset().union(*names)


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


def _is_example(figure: Figure, sentence: str) -> bool:
    """`Try “Transfer fifty dollars to City Power”`: words for a person to write, which ask for something."""
    return any(
        _covers((figure.start, figure.end), match.span("quote"))
        and _ASKED_FOR.search(match["quote"])
        and not _STATED.search(match["quote"])
        for match in _EXAMPLE.finditer(sentence)
    )


def _is_round(value: Decimal) -> bool:
    """Two significant digits, or three from a thousand on."""
    digits = value.normalize().as_tuple().digits
    return len(digits) <= (3 if value >= 1000 else 2)


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
