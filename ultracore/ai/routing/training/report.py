"""How the router does on utterances that it had not seen when it was fitted, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ultracore.ai.routing.classifier import Floats, LinearModel
from ultracore.ai.routing.service import FOLLOW_UP, LABELS, Route, Router
from ultracore.ai.routing.training.corpus import Corpus
from ultracore.ai.routing.training.evaluation import Judged, accuracy, judge, report
from ultracore.ai.routing.training.fit import (
    FOLDS,
    Fitted,
    count_all,
    label_scores,
    quantised,
    softmax,
    train,
)
from ultracore.ai.routing.training.sources import ENGLISH, held_out

CURVE = (16, 8, 4, 2, 1)
"""Of the utterances every so-manieth is fitted on."""


def unseen(corpus: Corpus, fitted: Fitted) -> Iterator[str]:
    """Each utterance twice: by a model of the other folds, and, in English, by one without its source."""
    model = fitted.model
    yield f"{len(corpus.utterances)} utterances, {len(corpus.pairs)} with two subjects; {len(model.idf)} features"
    yield f"temperature {model.temperature}, threshold {model.threshold}, certainty {model.certainty}"
    scores = label_scores(softmax(fitted.unseen.logits / model.temperature))
    first = len(corpus.utterances)
    yield f"{FOLDS}-fold cross-validation:"
    yield from _part(corpus, fitted, scores, slice(0, first))
    yield "each source by a router without it:"
    yield from _part(corpus, fitted, scores, slice(first, None))
    moved, lost = (_certain(corpus, fitted, scores, kinds) for kinds in (LABELS[:-1], (FOLLOW_UP,)))
    yield f"certain: {moved:.3f} of the messages with a domain, {lost:.3f} of the follow-ups"


def learning_curve(corpus: Corpus, model: LinearModel) -> Iterator[str]:
    """Right answers on the held-out messages, fitted on a part of the utterances."""
    calibration = (model.temperature, model.threshold, model.certainty)
    for step in CURVE:
        part = corpus.part(step)
        table = count_all([row.text for row in part.utterances])
        weights = train(part, table, np.arange(len(part.utterances)))
        router = Router(quantised(weights, table.codes, calibration, part.made_of))
        judged = judge(router, held_out())
        english = [one for one in judged if one.said.language == ENGLISH]
        others = [one for one in judged if one.said.language != ENGLISH]
        shares = f"English {accuracy(english):.4f}, others {accuracy(others):.4f}"
        yield f"  {len(part.utterances):>7} utterances: {shares}"


def _part(corpus: Corpus, fitted: Fitted, scores: Floats, part: slice) -> Iterator[str]:
    rows = [corpus.utterances[row] for row in fitted.unseen.rows[part]]
    found = zip(rows, scores[part].tolist(), strict=True)
    judged = [Judged(row, _route(score, fitted.model.threshold)) for row, score in found if row.accept]
    yield from (f"  {line}" for line in report(judged))


def _route(scores: list[float], threshold: float) -> Route:
    ranked = tuple(sorted(zip(LABELS, scores, strict=True), key=lambda item: -item[1]))
    label, confidence = ranked[0]
    return Route(label, confidence, confidence >= threshold, ranked=ranked)


def _certain(corpus: Corpus, fitted: Fitted, scores: Floats, kinds: tuple[str, ...]) -> float:
    """The share of the cross-validated messages of some kinds that would move a conversation."""
    own = len(corpus.utterances)
    wanted = np.array([corpus.utterances[row].kind in kinds for row in fitted.unseen.rows[:own]])
    found = scores[:own][wanted]
    domain = found.argmax(axis=1) < len(LABELS) - 1
    return float((domain & (found.max(axis=1) >= fitted.model.certainty)).mean())
