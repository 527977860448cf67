"""How good the router is, as lines of text: macro-F1, a confusion matrix, calibration, the threshold's effect."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score  # type: ignore[import-untyped]

from ultracore.ai.routing.classifier import Floats
from ultracore.ai.routing.service import CLASSES, FOLLOW_UP, LABELS, Router
from ultracore.ai.routing.training.corpus import Corpus
from ultracore.ai.routing.training.fit import FOLDS, Fitted, Integers, label_of, label_scores


def cross_validation(corpus: Corpus, fitted: Fitted) -> Iterator[str]:
    """On the training utterances, each predicted by a model that had not seen it. Follow-ups have no label; of
    them the share that would be taken for a new subject is given."""
    classes = np.array(corpus.classes)
    follow_up = classes == CLASSES.index(FOLLOW_UP)
    scores = label_scores(fitted.out_of_fold)
    yield f"{len(classes)} utterances and {len(corpus.pairs)} with two subjects; {len(fitted.model.idf)} features"
    yield f"temperature {fitted.model.temperature}, threshold {fitted.model.threshold}"
    yield f"{FOLDS}-fold cross-validation:"
    yield from _table(label_of(classes[~follow_up]), scores[~follow_up].argmax(axis=1))
    yield from _confidence(label_of(classes), scores, follow_up, fitted.model.threshold)


def held_out(router: Router, rows: list[tuple[str, str]]) -> Iterator[str]:
    """On utterances that were never trained on."""
    truth = np.array([LABELS.index(label) for _, label in rows])
    routes = [router.route(text) for text, _ in rows]
    found = np.array([LABELS.index(route.label) for route in routes])
    yield f"{len(rows)} held-out utterances:"
    yield from _table(truth, found)
    for (text, label), route in zip(rows, routes, strict=True):
        if route.label != label:
            yield f"  {label} taken for {route.label} ({route.confidence:.2f}): {text}"


def mistakes(corpus: Corpus, fitted: Fitted) -> Iterator[str]:
    """Each training utterance that the cross-validation got wrong, the most confident first."""
    classes, scores = np.array(corpus.classes), label_scores(fitted.out_of_fold)
    found, truth = scores.argmax(axis=1), label_of(classes)
    wrong = (found != truth) & (classes != CLASSES.index(FOLLOW_UP))
    for index in sorted(np.flatnonzero(wrong), key=lambda row: -scores[row].max()):
        pair = f"{CLASSES[classes[index]]} -> {LABELS[found[index]]}"
        yield f"{scores[index].max():.2f} {pair}: {corpus.texts[index]}"


def _table(truth: Integers, found: Integers) -> Iterator[str]:
    present = range(len(LABELS))
    each = f1_score(truth, found, labels=present, average=None, zero_division=0.0)
    yield f"  macro-F1 {each.mean():.4f}, accuracy {(truth == found).mean():.4f}"
    yield "  " + "".join(f"{name:>14}" for name in ("is \\ said", *LABELS, "F1"))
    for name, row, score in zip(LABELS, confusion_matrix(truth, found, labels=present), each, strict=True):
        yield "  " + f"{name:>14}" + "".join(f"{count:>14}" for count in row) + f"{score:>14.3f}"


def _confidence(truth: Integers, scores: Floats, follow_up: Integers, threshold: float) -> Iterator[str]:
    confidence, right = scores.max(axis=1), scores.argmax(axis=1) == truth
    taken, domain = confidence >= threshold, scores.argmax(axis=1) < len(LABELS) - 1
    yield (
        f"  at the threshold: {taken[~follow_up].mean():.3f} of the messages are routed without asking, "
        f"{right[taken & ~follow_up].mean():.3f} of them rightly; "
        f"{(taken & domain)[follow_up].mean():.3f} of the follow-ups reach a domain"
    )
    for low in np.arange(0.0, 1.0, 0.2):
        band = ~follow_up & (confidence >= low) & (confidence < low + 0.2 + (low > 0.7))
        if band.any():
            yield (
                f"  confidence {low:.1f} to {low + 0.2:.1f}: {band.sum():>5} messages, "
                f"mean confidence {confidence[band].mean():.3f}, right {right[band].mean():.3f}"
            )
