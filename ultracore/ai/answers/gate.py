"""The way of a model's words to a page: whole blocks, reduced, masked and judged, before anybody sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ultracore.ai.answers.blocks import BlockSplitter
from ultracore.ai.answers.citations import printed
from ultracore.ai.answers.claims import ClaimJudge
from ultracore.ai.answers.controls import ControlFilter
from ultracore.ai.answers.judging import FigureJudge
from ultracore.ai.answers.sources import Sources
from ultracore.ai.answers.subset import Block, Line, Paragraph, Run, Table, read, text_of
from ultracore.ai.answers.writing import WITHHELD, markdown_of
from ultracore.audit.masking import mask

MOST_CHARACTERS: Final = 8_000
"""What an answer may have on the page. What a model writes beyond it is not read."""

_NEAR: Final = 64

Span = tuple[int, int]


class AnswerGate:
    """One answer. `feed` gives back Markdown that may be shown and recorded; `flush` gives the rest.

    A block is let through when it is complete. A figure that is none of the bank's is replaced, a sentence that
    claims something that was not done is left out.
    """

    def __init__(self, sources: Sources, *, phones: frozenset[str] = frozenset(), aloud: bool = False) -> None:
        self._sources = sources
        self._figures = FigureJudge(sources, phones)
        self._claims = ClaimJudge(sources)
        self._controls = ControlFilter(aloud=aloud)
        self._splitter = BlockSplitter()
        self._before = ""
        self._shown = 0
        self._joint = ""

    @property
    def withheld(self) -> list[str]:
        """The figures that were not shown."""
        return self._figures.withheld

    @property
    def removed(self) -> list[str]:
        """The sentences that were left out."""
        return self._claims.removed

    @property
    def is_full(self) -> bool:
        """True once nothing more of the answer will be shown."""
        return self._shown >= MOST_CHARACTERS

    @property
    def has_shown(self) -> bool:
        """True once something of the answer was let through."""
        return self._shown > 0

    @property
    def thinks_aloud(self) -> bool:
        """True for a model whose thoughts come without the tag that opens them."""
        return self._controls.aloud

    def feed(self, piece: str) -> str:
        """Take the next piece; return what may be shown by now."""
        return self._through(self._controls.feed(piece), last=False)

    def flush(self) -> str:
        """The answer is complete: return what was held."""
        return self._through(self._controls.flush(), last=True)

    def _through(self, words: str, *, last: bool) -> str:
        if self._controls.take_forgotten():
            # What the old one holds was part of the thought.
            self._splitter = BlockSplitter()
        raw = self._splitter.feed(words)
        if last:
            raw += self._splitter.flush()
        return "".join(self._block(one) for one in raw)

    def _block(self, raw: str) -> str:
        """One block as Markdown, with what joins it to the block before."""
        if self.is_full:
            return ""
        blocks = [kept for block in read(printed(raw, self._sources)) for kept in self._judged(block)]
        shown = markdown_of(blocks)[: MOST_CHARACTERS - self._shown]
        if not shown:
            return ""
        # A long paragraph comes in parts, which are one paragraph on the page.
        joint = " " if self._joint == " " and isinstance(blocks[0], Paragraph) else "\n\n" * bool(self._joint)
        self._joint = "\n\n" if raw.endswith("\n") else " "
        self._shown += len(shown)
        return joint + shown

    def _judged(self, block: Block) -> Sequence[Block]:
        if isinstance(block, Table):
            return [
                replace(block, rows=tuple(self._row(row, block.rows[0], at) for at, row in enumerate(block.rows)))
            ]
        line = self._checked(block.line, "")
        return [replace(block, line=line)] if text_of(line).strip() else []

    def _row(self, row: Sequence[Line], head: Sequence[Line], number: int) -> tuple[Line, ...]:
        """A cell is read together with the row's first cell and the head of its column."""
        label = text_of(row[0]) if number and row else ""
        return tuple(
            self._checked(
                cell,
                " ".join(
                    filter(None, (label if at else "", text_of(head[at]) if number and at < len(head) else ""))
                ),
            )
            for at, cell in enumerate(row)
        )

    def _checked(self, line: Line, context: str) -> Line:
        # Masked first, because the record gets the figures and sentences that the two judges take out.
        line = self._masked(line, context)
        # Sentences before figures: a figure that goes with its sentence is not reported as withheld as well.
        line = replaced(line, self._claims.untrue(text_of(line)), "")
        line = replaced(line, self._figures.wrong(text_of(line), context), WITHHELD)
        return line

    def _masked(self, line: Line, context: str) -> Line:
        """With a look at what was shown before: `the one-time` there tells what `code is 1234` is."""
        text = text_of(line)
        before = f"{context}: " if context else self._before
        self._before = f"{self._before} {text}"[-_NEAR:]
        whole = mask(before + text)
        # If the mask reaches back into what is on the page already, only the new text can still be masked.
        found = whole[len(before) :] if whole.startswith(before) else mask(text)
        return line if found == text else (Run(found),)


def replaced(line: Line, spans: Sequence[Span], by: str) -> Line:
    """The line with some stretches of its text replaced, in bold and plain weight alike."""
    runs, at = [], 0
    for run in line:
        end = at + len(run.text)
        runs.append(replace(run, text=_cut(run.text, at, spans, by)))
        at = end
    return tuple(run for run in runs if run.text)


def _cut(text: str, at: int, spans: Sequence[Span], by: str) -> str:
    """What is left of a run that begins `at`. A stretch over several runs is replaced in the first of them."""
    parts, place = [], 0
    for start, end in spans:
        low, high = max(start - at, 0), min(end - at, len(text))
        if low >= high and not (start == end):
            continue
        parts += [text[place:low], by if start >= at else ""]
        place = high
    return "".join([*parts, text[place:]])
