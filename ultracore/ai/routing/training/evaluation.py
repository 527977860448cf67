"""`python -m ultracore.ai.routing.training.evaluation`: how good the shipped router is, as tables.

A message is right if the one label that `ultracore route` prints is among those that are accepted for it. The mean
over sources counts each source once, however large it is.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from ultracore.ai.routing.service import LABELS, Route, Router
from ultracore.ai.routing.training.sources import ENGLISH, Utterance, held_out, read_public

BANDS = 10
WORST_INTENTS = 25
SHORTEST_BAND = 30
"""A band of confidence with fewer messages says nothing."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One message, and what the router said of it."""

    said: Utterance
    route: Route

    @property
    def is_right(self) -> bool:
        """The printed label is accepted."""
        return self.route.label in self.said.accept


def judge(router: Router, utterances: Sequence[Utterance]) -> list[Judged]:
    """Route what has a label."""
    labelled = [row for row in utterances if row.accept]
    routes = router.route_many(row.text for row in labelled)
    return [Judged(row, route) for row, route in zip(labelled, routes, strict=True)]


def accuracy(judged: Sequence[Judged]) -> float:
    """The share that is right."""
    return fmean(one.is_right for one in judged)


def grouped(judged: Sequence[Judged], key: Callable[[Utterance], str]) -> dict[str, list[Judged]]:
    """The messages by a property of theirs, in order of appearance."""
    groups: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        groups[key(one.said)].append(one)
    return dict(groups)


def mean_over_sources(judged: Sequence[Judged]) -> float:
    """Each source of English counts once; languages have bounds of their own."""
    english = [one for one in judged if one.said.language == ENGLISH]
    return fmean(accuracy(group) for group in grouped(english, _source).values())


def calibration(judged: Sequence[Judged]) -> list[tuple[int, float, float]]:
    """Messages, mean confidence and share that is right of each band of confidence that has enough messages."""
    bands: defaultdict[int, list[Judged]] = defaultdict(list)
    for one in judged:
        bands[min(int(one.route.confidence * BANDS), BANDS - 1)].append(one)
    full = [bands[band] for band in sorted(bands) if len(bands[band]) >= SHORTEST_BAND]
    return [(len(band), fmean(one.route.confidence for one in band), accuracy(band)) for band in full]


def speed(router: Router, texts: Sequence[str]) -> float:
    """Messages a second on one core, by the processor's clock, so that other programs do not count."""
    begun = time.process_time()
    for _ in router.route_many(texts):
        pass
    return len(texts) / (time.process_time() - begun)


def report(judged: Sequence[Judged]) -> Iterator[str]:
    """All tables but the speed."""
    yield f"mean over sources in English {mean_over_sources(judged):.4f}"
    for name, key in (("source", _source), ("language", _language)):
        yield f"by {name}:"
        for group, rows in grouped(judged, key).items():
            yield f"  {group:<22}{len(rows):>7}{accuracy(rows):>9.4f}"
    yield "the intents with the most errors:"
    yield from _worst(judged)
    yield from _confusion(judged)
    yield "confidence:"
    for count, confidence, right in calibration(judged):
        yield f"  {count:>7} messages, mean confidence {confidence:.3f}, right {right:.3f}"
    yield from _use(judged)


def _worst(judged: Sequence[Judged]) -> Iterator[str]:
    intents = grouped(judged, lambda row: f"{row.source} / {row.intent}")
    wrong = {name: sum(not one.is_right for one in rows) for name, rows in intents.items()}
    for name in sorted(wrong, key=wrong.__getitem__, reverse=True)[:WORST_INTENTS]:
        said = Counter(one.route.label for one in intents[name] if not one.is_right)
        yield f"  {name:<58}{wrong[name]:>5} of {len(intents[name]):<5} {dict(said.most_common(3))}"


def _confusion(judged: Sequence[Judged]) -> Iterator[str]:
    """Rows: the first accepted label; a message is in its row's column if it is right at all."""
    counts = Counter((one.said.accept[0], _column(one)) for one in judged)
    yield "  " + "".join(f"{name:>14}" for name in ("is \\ said", *LABELS))
    for true in LABELS:
        yield f"  {true:>14}" + "".join(f"{counts[true, said]:>14}" for said in LABELS)


def _column(one: Judged) -> str:
    return one.said.accept[0] if one.is_right else one.route.label


def _use(judged: Sequence[Judged]) -> Iterator[str]:
    sure = [one for one in judged if one.route.is_confident]
    unsure = [one for one in judged if not one.route.is_confident]
    if sure:
        yield f"confident: {len(sure) / len(judged):.3f} of the messages, right {accuracy(sure):.3f}"
    if unsure:
        among = fmean(any(label in one.said.accept for label, _ in one.route.ranked[:2]) for one in unsure)
        yield f"unsure: {len(unsure) / len(judged):.3f}; one of the two likeliest labels is right in {among:.3f}"


def _source(row: Utterance) -> str:
    return row.source


def _language(row: Utterance) -> str:
    return row.language


def main(arguments: list[str] | None = None) -> int:
    """Print all tables."""
    name = "python -m ultracore.ai.routing.training.evaluation"
    parser = argparse.ArgumentParser(prog=name, description=__doc__)
    parser.add_argument("--public", type=Path, help="a table of public sets, measured as sources of their own")
    chosen = parser.parse_args(arguments)
    router = Router.load()
    utterances = held_out() + (read_public(chosen.public) if chosen.public else [])
    lines = list(report(judge(router, utterances)))
    lines.append(f"{speed(router, [row.text for row in utterances]):.0f} messages/s")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
