"""Whose a figure is: of the account, the line or the factor that a sentence names beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ultracore.ai.answers.figures import Figure
from ultracore.ai.answers.sentences import clause_of
from ultracore.ai.answers.sources import Owner, QuotedFact, Sources, stems

Mention = tuple[int, int, frozenset[Owner]]
"""Where a name begins and ends, and what it may name."""

_PRONOUN: Final = re.compile(
    r"\b(?:it|its|that account|this account|there(?!['’]s|\s+(?:is|are|was|were|has|have)\b))\b", re.IGNORECASE
)
_OF_OTHERS: Final = re.compile(r"\b(?:else|others?|the rest|another)\b", re.IGNORECASE)
_OF_A_MONTH: Final = re.compile(
    r"(?:st|nd|rd|th)?\s+(?:of\s|de\s)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|tháng|"
    r"[a-z]+(?:o|io|bre)\b)|[月日]"
)
# A name in Latin letters may stand right beside letters of a script that joins words or puts no spaces.
_LATIN: Final = r"0-9A-Za-z_\u00c0-\u024f\u1e00-\u1eff"


@dataclass(slots=True)
class OwnerJudge:
    """Reads the names of one answer's sentences, in order: `it` is what was named last."""

    sources: Sources
    _last: frozenset[Owner] = frozenset()
    _patterns: dict[str, re.Pattern[str]] = field(default_factory=dict)

    def mentions(self, text: str, offset: int) -> list[Mention]:
        """The names that stand in the text and what they name, in order; a longer name hides a shorter in it."""
        folded = text.casefold()
        found: list[Mention] = []
        for name, owners in sorted(self.sources.names.items(), key=lambda one: -len(one[0])):
            if name not in folded:
                continue
            for match in self._pattern(name).finditer(folded):
                if not any(start < match.end() and match.start() < end for start, end, _ in found):
                    found.append((match.start(), match.end(), frozenset(owners)))
        found.sort(key=lambda one: one[0])
        return [(start + offset, end + offset, owners) for start, end, owners in found]

    def heard(self, mentions: Sequence[Mention]) -> None:
        """The sentence is over."""
        if mentions:
            self._last = mentions[-1][2]

    def is_anothers(
        self, number: int, figures: Sequence[Figure], mentions: Sequence[Mention], sentence: str
    ) -> bool:
        """True if the figure is one of the bank's, but of another account than the one it stands beside."""
        if figures[number].is_small_count and _OF_A_MONTH.match(sentence[figures[number].end :]):
            return False
        facts = self.sources.of(figures[number])
        families = {family for fact in facts for family, _ in fact.owners}
        return any(self._is_strange(number, figures, mentions, family, sentence) for family in families)

    def _is_strange(
        self, number: int, figures: Sequence[Figure], mentions: Sequence[Mention], family: str, sentence: str
    ) -> bool:
        figure, named = figures[number], _of_family(mentions, family)
        facts = self.sources.of(figure)
        if not named:
            # "It has 500" is said of what the sentence before was about.
            spoken_of = frozenset(o for o in self._last if o[0] == family)
            return bool(_PRONOUN.search(sentence)) and _mismatched(facts, family, spoken_of)
        money = [one for one in figures if self._belongs(one, family)]
        if figure not in money:
            return False
        beside, in_turn = _paired(figure, money, named)
        if not _mismatched(facts, family, beside):
            return False
        return in_turn or not self._is_said_of_its_own(figure, facts, named, family, sentence)

    def _is_said_of_its_own(
        self,
        figure: Figure,
        facts: Sequence[QuotedFact],
        named: Sequence[Mention],
        family: str,
        sentence: str,
    ) -> bool:
        """True if the part of the sentence in which the figure stands names its owner, in whole or by a word."""
        start, end = clause_of(figure.start, sentence)
        within = [owners for at, _, owners in named if start <= at < end]
        if within:
            return len(within) == 1 and not _mismatched(facts, family, within[0])
        clause = sentence[start:end]
        if _OF_OTHERS.search(clause):
            return True
        said = set(stems(clause))
        return any(
            said & self.sources.words.get(owner, set())
            for fact in facts
            for owner in fact.owners
            if owner[0] == family or family == "accounts"
        )

    def _belongs(self, figure: Figure, family: str) -> bool:
        return any(owner[0] == family for fact in self.sources.of(figure) for owner in fact.owners)

    def _pattern(self, name: str) -> re.Pattern[str]:
        if name not in self._patterns:
            around = _LATIN if name.isascii() else r"\w"
            self._patterns[name] = re.compile(rf"(?<![{around}]){re.escape(name)}(?![{around}])")
        return self._patterns[name]


def _of_family(mentions: Sequence[Mention], family: str) -> list[Mention]:
    ours = [(at, end, frozenset(o for o in owners if o[0] == family)) for at, end, owners in mentions]
    return [mention for mention in ours if mention[2]]


def _mismatched(facts: Sequence[QuotedFact], family: str, beside: frozenset[Owner]) -> bool:
    if not beside:
        return False
    # A sentence of the bank's repeats what stands elsewhere in the result: whose it is, stands there.
    told = [fact for fact in facts if fact.field] or facts
    theirs = [{owner for owner in fact.owners if owner[0] == family} for fact in told]
    return all(theirs) and not any(owners & beside for owners in theirs)


def _paired(figure: Figure, figures: Sequence[Figure], named: Sequence[Mention]) -> tuple[frozenset[Owner], bool]:
    """Runs of names and of figures alternate: a run belongs to the one before it, or, if a figure comes first,
    to the one after it. True if a run of names meets one of as many figures, so that each has its own.
    """
    marks: list[tuple[int, frozenset[Owner], Figure | None]] = sorted(
        [(at, owners, None) for at, _, owners in named] + [(one.start, frozenset(), one) for one in figures],
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
        return names[[mark[2] is figure for mark in runs[mine]].index(True)], True
    return frozenset().union(*names), False
