"""Fits and calibrates the classifier: softmax regression by Adagrad over small batches, with numpy and scipy.

The same corpus and library versions on the same machine give the same model, bit for bit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse  # type: ignore[import-untyped]
from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]

from ultracore.ai.routing.classifier import Floats, LinearModel, Singles, count
from ultracore.ai.routing.service import CLASSES, FOLLOW_UP, LABELS
from ultracore.ai.routing.training.corpus import Corpus
from ultracore.ai.routing.training.sources import PUBLIC, Utterance

Integers = npt.NDArray[np.int_]

# Fixed, so that the data file can be rebuilt bit for bit.
SEED = 20261130
FOLDS = 5
EPOCHS = 12
BATCH = 512
RATE = 0.5
PENALTY = 1e-6
# Labels are taken for 95 % sure: some are wrong, and some messages have two.
SMOOTHING = 0.05
# A feature that one utterance of a public set has is mostly a slip of the pen; ours are few, and each word counts.
FEWEST_UTTERANCES = 2
# What an utterance of ours weighs beside one of a public set of `PUBLIC_SIZE`: theirs are many and much alike.
OWN_WEIGHT = 2.0
PUBLIC_SIZE = 3_000
LARGEST = 127
# The costs that choose the threshold: an agent that cannot help, and a question answered by a press.
COST_OF_ERROR = 1.0
COST_OF_QUESTION = 0.2
MOST_ASKED = 0.15
# An agent that hands over what it cannot do: another call of the model, but nothing is lost.
COST_OF_HANDOVER = 0.3
# Above one half, because only then can no follow-up be confident.
LOWEST = 0.51


@dataclass(frozen=True, slots=True)
class CountedFeatures:
    """Messages as counted features: (messages, codes), with the CRC-32 of each column."""

    counts: sparse.csr_matrix
    codes: npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Weights:
    """A fitted classifier before it is calibrated: which columns it reads, and their rows."""

    columns: Integers
    idf: Singles
    matrix: Singles
    bias: Singles

    def logits(self, counts: sparse.csr_matrix) -> Floats:
        """Scores of (messages, classes)."""
        scores: Floats = (_normalised(counts, self.columns, self.idf) @ self.matrix + self.bias).astype(np.float64)
        return scores


@dataclass(frozen=True, slots=True)
class Unseen:
    """Messages with the scores of models that had not seen them: rows of the corpus, and how much each counts."""

    rows: Integers
    logits: Floats
    weight: Floats


@dataclass(frozen=True, slots=True)
class Fitted:
    """The final weights on all utterances, the model that is shipped, and what unseen messages were taken for."""

    weights: Weights
    model: LinearModel
    unseen: Unseen


def fit(corpus: Corpus) -> Fitted:
    """Predict every utterance unseen, choose temperature and threshold on that, then fit on everything."""
    table = count_all([row.text for row in corpus.utterances])
    unseen = predict_unseen(corpus, table)
    temperature = _temperature(corpus, unseen)
    threshold = _threshold(corpus, unseen, temperature)
    certainty = _certainty(corpus, unseen, temperature, threshold)
    weights = train(corpus, table, np.arange(len(corpus.utterances)))
    model = quantised(weights, table.codes, (temperature, threshold, certainty), corpus.made_of)
    return Fitted(weights, model, unseen)


def classes_of(corpus: Corpus) -> Integers:
    """The index of each utterance's class."""
    return np.array([CLASSES.index(row.kind) for row in corpus.utterances])


def count_all(texts: Sequence[str]) -> CountedFeatures:
    """Count the features of each message."""
    counted = [count(text) for text in texts]
    codes, columns = np.unique([code for one in counted for code in one], return_inverse=True)
    values = np.array([times for one in counted for times in one.values()], np.float32)
    ends = np.cumsum([0, *(len(one) for one in counted)])
    matrix = sparse.csr_matrix((values, columns, ends), shape=(len(texts), len(codes)))
    return CountedFeatures(matrix, codes.astype(np.uint32))


def train(corpus: Corpus, table: CountedFeatures, chosen: Integers) -> Weights:
    """Fit on the chosen utterances. One with two subjects counts half for each, so that both rank high."""
    pairs = _aligned(count_all([text for *_, text in corpus.pairs for _ in range(2)]), table)
    counts = sparse.vstack([table.counts[chosen], pairs]).tocsr()
    sides = [CLASSES.index(side) for *both, _ in corpus.pairs for side in both]
    truth = np.concatenate([classes_of(corpus)[chosen], np.array(sides, np.int_)])
    sizes = Counter(corpus.utterances[row].source for row in chosen)
    shares = [_weight(corpus.utterances[row], sizes) for row in chosen] + [OWN_WEIGHT / 2] * len(sides)
    ours = np.array([corpus.utterances[row].source not in PUBLIC for row in chosen] + [True] * len(sides))
    seen, by_us = (np.asarray((part > 0).sum(axis=0)).ravel() for part in (counts, counts[ours]))
    columns = np.flatnonzero((seen >= FEWEST_UTTERANCES) | (by_us > 0))
    idf = (np.log((1 + counts.shape[0]) / (1 + seen[columns])) + 1).astype(np.float32)
    matrix, bias = _descend(_normalised(counts, columns, idf), truth, np.array(shares, np.float32))
    return Weights(columns, idf, matrix, bias)


def predict_unseen(corpus: Corpus, table: CountedFeatures) -> Unseen:
    """Each message by a model of the other folds, and by one that saw nothing of its source.

    Of both kinds come the messages of a bank: some like what was trained on, some not.
    """
    sources = np.array([row.source for row in corpus.utterances])
    fold = np.random.default_rng(SEED).permutation(len(sources)) % FOLDS
    found = [(np.flatnonzero(fold == one), np.flatnonzero(fold != one)) for one in range(FOLDS)]
    english = sorted({row.source for row in corpus.utterances if row.language == "en"})
    found += [(np.flatnonzero(sources == one), np.flatnonzero(sources != one)) for one in english]
    logits = [train(corpus, table, seen).logits(table.counts[rest]) for rest, seen in found]
    sizes = Counter(sources.tolist())
    weight = [np.array([1 / sizes[source] for source in sources[rest].tolist()]) for rest, _ in found]
    return Unseen(np.concatenate([rest for rest, _ in found]), np.concatenate(logits), np.concatenate(weight))


def quantised(
    weights: Weights, codes: npt.NDArray[np.uint32], calibration: tuple[float, float, float], made_of: str
) -> LinearModel:
    """The model as shipped, its coefficients in bytes; `calibration` is temperature, threshold, certainty."""
    temperature, threshold, certainty = calibration
    scale = (np.abs(weights.matrix).max(axis=0) / LARGEST + 1e-9).astype(np.float32)
    return LinearModel(
        classes=CLASSES,
        codes=codes[weights.columns],
        idf=weights.idf,
        weights=np.round(weights.matrix / scale).astype(np.int8),
        scale=scale,
        bias=weights.bias,
        temperature=temperature,
        threshold=threshold,
        certainty=certainty,
        made_of=made_of,
    )


def label_scores(probabilities: Floats) -> Floats:
    """(n, classes) to (n, labels): small talk counts as out of scope, follow-up as nothing."""
    scores = probabilities[:, : len(LABELS)].copy()
    scores[:, -1] += probabilities[:, len(LABELS) : CLASSES.index(FOLLOW_UP)].sum(axis=1)
    return scores


def softmax(logits: Floats) -> Floats:
    """Probabilities along the last axis."""
    raised: Floats = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return result


def _weight(row: Utterance, sizes: Counter[str]) -> float:
    return float((sizes[row.source] / PUBLIC_SIZE) ** -0.5) if row.source in PUBLIC else OWN_WEIGHT


def _aligned(other: CountedFeatures, table: CountedFeatures) -> sparse.csr_matrix:
    """The same messages in the columns of `table`; features that it lacks are left out."""
    rows = np.searchsorted(table.codes, other.codes).clip(max=len(table.codes) - 1)
    known = np.flatnonzero(table.codes[rows] == other.codes)
    spread = sparse.csr_matrix(
        (np.ones(len(known), np.float32), (known, rows[known])), shape=(len(other.codes), len(table.codes))
    )
    return (other.counts @ spread).tocsr()


def _normalised(counts: sparse.csr_matrix, columns: Integers, idf: Singles) -> sparse.csr_matrix:
    values = counts[:, columns].multiply(idf).tocsr().astype(np.float32)
    length = np.sqrt(np.asarray(values.multiply(values).sum(axis=1)).ravel())
    length[length == 0] = 1
    return (sparse.diags((1 / length).astype(np.float32)) @ values).tocsr()


def _descend(values: sparse.csr_matrix, truth: Integers, shares: Singles) -> tuple[Singles, Singles]:
    """Adagrad: each coefficient has a step of its own, which shrinks as it moves, so rare words move as far."""
    order, classes = np.random.default_rng(SEED), len(CLASSES)
    matrix, bias = np.zeros((values.shape[1], classes), np.float32), np.zeros(classes, np.float32)
    moved, bias_moved = np.full_like(matrix, 1e-8), np.full_like(bias, 1e-8)
    wanted = np.eye(classes, dtype=np.float32)[truth] * (1 - SMOOTHING) + np.float32(SMOOTHING / classes)
    shares = shares / shares.mean()
    for epoch in range(EPOCHS):
        step = np.float32(RATE * (1 - 0.9 * epoch / EPOCHS))
        shuffled = order.permutation(len(truth))
        for rows in np.split(shuffled, range(BATCH, len(shuffled), BATCH)):
            batch = values[rows]
            scores = batch @ matrix + bias
            raised = np.exp(scores - scores.max(axis=1, keepdims=True))
            error = (raised / raised.sum(axis=1, keepdims=True) - wanted[rows]) * (shares[rows, None] / len(rows))
            slope = batch.T @ error + np.float32(PENALTY) * matrix
            moved += slope * slope
            matrix -= step * slope / np.sqrt(moved)
            bias_slope = error.sum(axis=0)
            bias_moved += bias_slope * bias_slope
            bias -= step * bias_slope / np.sqrt(bias_moved)
    return matrix, bias


def _temperature(corpus: Corpus, unseen: Unseen) -> float:
    """The divisor of the logits under which the labels that are right are most likely, each source alike."""
    accepted = _accepted(corpus)[unseen.rows]
    labelled = accepted.any(axis=1)
    logits, right, weight = unseen.logits[labelled], accepted[labelled], unseen.weight[labelled]

    def loss(log_temperature: float) -> float:
        scores = label_scores(softmax(logits / np.exp(log_temperature)))
        return float(-(weight * np.log((scores * right).sum(axis=1) + 1e-12)).sum())

    found = minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded")
    return round(float(np.exp(found.x)), 4)


def _threshold(corpus: Corpus, unseen: Unseen, temperature: float) -> float:
    """The confidence, in hundredths, below which a question costs least, if it is asked as seldom as wanted.

    Also of messages from sources that nothing was trained on: they are asked more.
    """
    scores = label_scores(softmax(unseen.logits / temperature))
    accepted = _accepted(corpus)[unseen.rows]
    subject = np.flatnonzero(accepted.any(axis=1))
    ranked = np.argsort(-scores[subject], axis=1)
    first, second = (accepted[subject, ranked[:, place]] for place in (0, 1))
    confidence, domain = scores[subject].max(axis=1), ranked[:, 0] < len(LABELS) - 1
    weight, strange = unseen.weight[subject], subject >= len(corpus.utterances)
    best, cheapest = LOWEST, float("inf")
    for hundredths in range(round(LOWEST * 100), 100):
        asked = (confidence < hundredths / 100) & domain
        cost = np.where(asked, COST_OF_QUESTION + COST_OF_ERROR * ~(first | second), COST_OF_ERROR * ~first)
        share = float(weight[strange] @ asked[strange] / weight[strange].sum())
        if float(weight @ cost) < cheapest and share <= MOST_ASKED:
            best, cheapest = hundredths / 100, float(weight @ cost)
    return best


def _certainty(corpus: Corpus, unseen: Unseen, temperature: float, threshold: float) -> float:
    """The confidence, in hundredths, from which leaving the agent costs less than staying, if half do continue.

    By the cross-validation alone: one writer has most follow-ups, and without that source there are too few.
    """
    own = len(corpus.utterances)
    scores = label_scores(softmax(unseen.logits[:own] / temperature))
    follow_up = np.array([corpus.utterances[row].kind == FOLLOW_UP for row in unseen.rows[:own]])
    accepted = _accepted(corpus)[unseen.rows[:own]]
    domain = scores.argmax(axis=1) < len(LABELS) - 1
    new = accepted[:, : len(LABELS) - 1].any(axis=1)
    confidence, weight = scores.max(axis=1), unseen.weight[:own]

    def cost(one: float) -> float:
        leaves = domain & (confidence >= one)
        lost = float(weight[follow_up] @ leaves[follow_up] / weight[follow_up].sum())
        stayed = 1 - float(weight[new] @ leaves[new] / weight[new].sum())
        return COST_OF_ERROR * lost + COST_OF_HANDOVER * stayed

    return min((one / 100 for one in range(round(threshold * 100), 100)), key=cost)


def _accepted(corpus: Corpus) -> npt.NDArray[np.bool_]:
    """(utterances, labels): which labels are right."""
    return np.array([[label in row.accept for label in LABELS] for row in corpus.utterances])
