"""Fits and calibrates the classifier with scikit-learn.

The same corpus and library versions on the same machine give the same model, bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]
from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.model_selection import StratifiedKFold  # type: ignore[import-untyped]
from sklearn.pipeline import Pipeline  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ultracore.ai.routing.classifier import Floats, LinearModel
from ultracore.ai.routing.features import features
from ultracore.ai.routing.service import CLASSES, FOLLOW_UP, LABELS
from ultracore.ai.routing.training.corpus import Corpus

Integers = npt.NDArray[np.int_]

FOLDS = 5
# Fixed, so that the data file can be rebuilt bit for bit and compared with the one in the repository.
SEED = 20261123
INVERSE_PENALTY = 20.0
WANTED_PRECISION = 0.96
FOLLOW_UPS_TAKEN = 0.02
_STEP = 2.0**-12
"""Coefficients are kept as multiples of this, so that the last bits of the solver do not reach the file."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The final pipeline on all utterances, its calibrated model, and the out-of-fold class probabilities (row i:
    `corpus.texts[i]`, predicted by a model that had not seen it)."""

    pipeline: Pipeline
    model: LinearModel
    out_of_fold: Floats


def fit(corpus: Corpus) -> Fitted:
    """Cross-validate, choose temperature and threshold on what was predicted unseen, then fit on everything."""
    truth = np.array(corpus.classes)
    with threadpool_limits(limits=1):  # sums in another order would give other last bits
        logits = _out_of_fold_logits(corpus, truth)
        pipeline = _fitted_pipeline(corpus, np.arange(len(truth)))
    temperature = _temperature(logits, truth)
    unseen = softmax(logits / temperature)
    return Fitted(pipeline, _model(pipeline, temperature, _threshold(unseen, truth)), unseen)


def label_scores(probabilities: Floats) -> Floats:
    """(n, classes) to (n, labels): small talk counts as out of scope, follow-up as nothing."""
    scores = probabilities[:, : len(LABELS)].copy()
    scores[:, -1] += probabilities[:, len(LABELS) : CLASSES.index(FOLLOW_UP)].sum(axis=1)
    return scores


def label_of(classes: Integers) -> Integers:
    """The label index of each class index; what is no domain is out of scope."""
    result: Integers = np.minimum(classes, len(LABELS) - 1)
    return result


def softmax(logits: Floats) -> Floats:
    """Probabilities along the last axis."""
    raised: Floats = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return result


def _out_of_fold_logits(corpus: Corpus, truth: Integers) -> Floats:
    texts = np.array(corpus.texts, dtype=object)
    logits = np.zeros((len(truth), len(CLASSES)))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    for seen, unseen in folds.split(texts, truth):
        logits[unseen] = _fitted_pipeline(corpus, seen).decision_function(texts[unseen])
    return logits


def _fitted_pipeline(corpus: Corpus, chosen: Integers) -> Pipeline:
    """Fit on the chosen utterances. One with two subjects counts half for each, so that both rank high."""
    texts = [corpus.texts[index] for index in chosen] + [text for *_, text in corpus.pairs for _ in range(2)]
    truth = [corpus.classes[index] for index in chosen] + [side for *both, _ in corpus.pairs for side in both]
    weights = np.repeat([1.0, 0.5], [len(chosen), 2 * len(corpus.pairs)])
    pipeline = Pipeline(
        [
            ("count", TfidfVectorizer(analyzer=features, sublinear_tf=True)),
            ("weigh", LogisticRegression(C=INVERSE_PENALTY, max_iter=5_000, tol=1e-6)),
        ]
    )
    return pipeline.fit(texts, truth, weigh__sample_weight=weights)


def _temperature(logits: Floats, truth: Integers) -> float:
    """The divisor of the logits under which the unseen utterances are most likely."""

    def loss(log_temperature: float) -> float:
        probabilities = softmax(logits / np.exp(log_temperature))
        return float(-np.log(probabilities[np.arange(len(truth)), truth]).mean())

    found = minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded")
    return round(float(np.exp(found.x)), 4)


def _threshold(unseen: Floats, truth: Integers) -> float:
    """The lowest confidence, in hundredths, from which unseen messages are right as often as wanted and hardly a
    follow-up is taken for a domain's subject."""
    scores = label_scores(unseen)
    follow_up = truth == CLASSES.index(FOLLOW_UP)
    confidence, said = scores.max(axis=1), scores.argmax(axis=1)
    right, domain = said == label_of(truth), said < len(LABELS) - 1
    # Above one half, because only then can no follow-up be confident.
    for hundredths in range(51, 100):
        taken = confidence >= hundredths / 100
        precision = right[taken & ~follow_up].mean()
        if precision >= WANTED_PRECISION and (taken & domain)[follow_up].mean() <= FOLLOW_UPS_TAKEN:
            return hundredths / 100
    return 0.99


def _model(pipeline: Pipeline, temperature: float, threshold: float) -> LinearModel:
    counter, weigher = pipeline.named_steps["count"], pipeline.named_steps["weigh"]
    return LinearModel(
        classes=CLASSES,
        vocabulary={str(term): int(row) for term, row in counter.vocabulary_.items()},
        idf=_rounded(counter.idf_),
        weights=_rounded(weigher.coef_.T),
        bias=_rounded(weigher.intercept_),
        temperature=temperature,
        threshold=threshold,
    )


def _rounded(values: Floats) -> Floats:
    result: Floats = np.round(values / _STEP) * _STEP
    return result
