"""Gives each figure of an answer its source. Reads only text and results: no model is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from ultracore.ai.answers import Figure, Item, Paragraph, Table, figures_in, read, sentences_in, text_of
from ultracore.ai.tracing.places import ResultFigure, fitness, is_of_a_day, is_rounded_from, leaves_of, matches
from ultracore.ai.tracing.values import FigureOrigin, LookUp, OwnMessage, TracedFigure

_YEARS: Final = range(1900, 2100)
MINUS: Final = "\u2212"
_MOST_FIGURES: Final = 200
"""Figures of one answer that are traced: many more than a person reads."""


@dataclass(frozen=True, slots=True)
class _WrittenFigure:
    """A figure of the text, with the words that it is read among."""

    figure: Figure
    written: str
    before: str
    after: str
    context: str


def traced(text: str, look_ups: Sequence[LookUp], said: Sequence[OwnMessage] = ()) -> list[TracedFigure]:
    """The figures of an answer in order, each once a place it is written at.

    `look_ups` are the calls that ran before it and `said` the person's messages, oldest first. Of several places
    with one value the one whose names stand around the figure is taken, of the latest call. Years and days
    are no figures, and counts of a few things only if the latest call has them.
    """
    leaves = [leaves_of(one) for one in reversed(look_ups)]
    found: list[TracedFigure] = []
    latest = [leaves[0]] if leaves else []
    for one in _figures(text):
        if _is_year(one) or (one.figure.is_small_count and is_of_a_day(one.after)):
            continue
        # A count of a few things is equal to some number of an earlier call by chance.
        source = _looked_up(one, latest if one.figure.is_small_count else leaves) or _said(one, said)
        if source is None and not one.figure.is_small_count:
            source = _rounded(one, leaves) or _worked_out(one, found) or _traced(one, FigureOrigin.UNKNOWN)
        if source is not None:
            found.append(source)
        if len(found) == _MOST_FIGURES:
            break
    return [_again(one, found) for one in found]


def _figures(text: str) -> Iterator[_WrittenFigure]:
    for segment in _segments(text):
        for start, end in sentences_in(segment):
            sentence = segment[start:end]
            for one in figures_in(sentence):
                written = sentence[one.start : one.end]
                yield _WrittenFigure(one, written, sentence[: one.start], sentence[one.end :], sentence.strip())


def _segments(text: str) -> Iterator[str]:
    """What is read in one go: a paragraph, an item, a row with the head of its table."""
    for block in read(text):
        match block:
            case Paragraph() | Item():
                yield text_of(block.line)
            case Table():
                for row in block.rows:
                    yield " · ".join(text_of(cell).replace("\n", " ") for cell in row)


def _looked_up(one: _WrittenFigure, leaves: Sequence[Sequence[ResultFigure]]) -> TracedFigure | None:
    # The latest call that has it: what a payment has changed since is not shown as it was before.
    for result in leaves:
        fitting = [leaf for leaf in result if matches(one.figure, one.written, one.context, leaf)]
        if fitting:
            best = max(fitting, key=lambda leaf: fitness(leaf, one.context))
            return TracedFigure(
                one.written, one.figure.values, one.context, FigureOrigin.LOOKED_UP, place=best.place
            )
    return None


def _rounded(one: _WrittenFigure, leaves: Sequence[Sequence[ResultFigure]]) -> TracedFigure | None:
    for result in leaves:
        fitting = [leaf for leaf in result if is_rounded_from(one.figure, one.before, leaf)]
        if fitting:
            best = max(fitting, key=lambda leaf: fitness(leaf, one.context))
            return TracedFigure(
                one.written, one.figure.values, one.context, FigureOrigin.ROUNDED, place=best.place
            )
    return None


def _said(one: _WrittenFigure, said: Sequence[OwnMessage]) -> TracedFigure | None:
    if one.figure.is_small_count:
        return None
    for message in reversed(said):
        if any(figure.values & one.figure.values for figure in figures_in(message.text)):
            return TracedFigure(one.written, one.figure.values, one.context, FigureOrigin.SAID, said=message)
    return None


def _worked_out(one: _WrittenFigure, before: Sequence[TracedFigure]) -> TracedFigure | None:
    """The sum or the difference of two figures of the same answer that have a source."""
    known = [(max(other.values), other.text) for other in before if other.place is not None]
    for (first, first_text), (second, second_text) in combinations(known, 2):
        parts: tuple[str, str, str] | None = None
        if first + second in one.figure.values:
            parts = (first_text, "+", second_text)
        elif abs(first - second) in one.figure.values and first != second:
            larger, smaller = (first_text, second_text) if first > second else (second_text, first_text)
            parts = (larger, MINUS, smaller)
        if parts is not None:
            return TracedFigure(one.written, one.figure.values, one.context, FigureOrigin.WORKED_OUT, parts=parts)
    return None


def _again(one: TracedFigure, found: Sequence[TracedFigure]) -> TracedFigure:
    """What follows from a figure that comes later in the answer is worked out as well."""
    if one.origin is not FigureOrigin.UNKNOWN:
        return one
    written = _WrittenFigure(Figure(0, len(one.text), one.values, "money"), one.text, "", "", one.sentence)
    return _worked_out(written, found) or one


def _is_year(one: _WrittenFigure) -> bool:
    figure = one.figure
    return figure.kind == "plain" and len(one.written) == 4 and any(value in _YEARS for value in figure.values)


def _traced(one: _WrittenFigure, origin: FigureOrigin) -> TracedFigure:
    return TracedFigure(one.written, one.figure.values, one.context, origin)
