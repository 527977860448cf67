"""`python -m tests.ai.care.training`: make the care classifier's weights, and say how it does on a new writer.

A writer's messages are predicted by weights that saw nothing of that writer, the router's utterances by weights
that saw nothing of their block. The sureness of each kind is chosen on those predictions. The development packages
are needed.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse  # type: ignore[import-untyped]
from scipy.optimize import minimize  # type: ignore[import-untyped]

from tests.ai.care.measure import DATA, NO_NEED, near_misses, ordinary_messages, second_messages, sections
from ultracore.ai.care.classifier import BUCKETS, KINDS, WEIGHTS_FILE, buckets
from ultracore.ai.care.normal import spoken, without_marks
from ultracore.ai.care.values import LANGUAGES
from ultracore.ai.care.weights import CareWeights
from ultracore.ai.routing.training.corpus import read_corpus
from ultracore.ai.routing.training.sources import held_out

FOLDER = Path(__file__).parents[3] / "training" / "care"
WRITERS = ("first", "second", "other")
CLASSES = (*KINDS, NO_NEED)
MOST_OF_A_LINE = 12
STRENGTH = 100.0
ROUNDS = 100
MOST_WRONG = {"self_harm": 0.0, "abuse": 0.0}
"""Of the ordinary messages: a text that ends the turn must not come to somebody who asks of a pending payment."""
MOST_WRONG_OTHERS = 0.0003
BLOCKS = 5
LARGEST = 127
_SLOT = re.compile(r"\{([^{}]*)\}")
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Message:
    """One message, its writer, its language and its kind."""

    writer: str
    language: str
    kind: str
    text: str


def expanded(line: str) -> list[str]:
    """Some of the messages that a line with alternatives stands for."""
    slots = [found.split("|") for found in _SLOT.findall(line)]
    count = min(MOST_OF_A_LINE, 2 * max((len(ways) for ways in slots), default=1))
    chance = random.Random(line)  # noqa: S311 - the same messages every time
    orders = [[way for _ in range(count) for way in chance.sample(ways, len(ways))] for ways in slots]
    made = []
    for at in range(count):
        chosen = iter([order[at] for order in orders])
        made.append(_SLOT.sub(lambda _, chosen=chosen: next(chosen), line))  # type: ignore[misc]
    return list(dict.fromkeys(" ".join(one.split()) for one in made))


def messages() -> list[Message]:
    """All that the classifier learns from, in a fixed order."""
    found = [message for language in LANGUAGES for message in _of_language(language)]
    found += [Message("near misses", "-", NO_NEED, text) for text in near_misses()]
    # The router's utterances on hardship ask for what care is there for.
    routed = [row for row in (*read_corpus().utterances, *held_out()) if row.intent != "hardship"]
    return found + [Message("router", row.language, NO_NEED, row.text) for row in routed]


def _of_language(language: str) -> Iterator[Message]:
    for kind, lines in sections(DATA / "held_out" / f"{language}.txt").items():
        yield from (Message("first", language, kind, line) for line in lines)
    yield from (Message("first", language, NO_NEED, text) for text in ordinary_messages(language))  # type: ignore[arg-type]
    yield from (Message("second", language, kind, text) for kind, text in second_messages(language))  # type: ignore[arg-type]
    other = FOLDER / "other_writer" / f"{language}.jsonl"
    if other.exists():
        for row in map(json.loads, other.read_text(encoding="utf-8").splitlines()):
            yield Message("other", language, row["kind"], row["text"])
    composed, kind = FOLDER / f"{language}.txt", ""
    for line in composed.read_text(encoding="utf-8").splitlines() if composed.exists() else ():
        if line.startswith("["):
            kind = line[1:-1]
            continue
        for text in expanded(line):
            for way in dict.fromkeys((text, without_marks(text)) if language == "vi" else (text,)):
                yield Message("composed", language, kind, way)


def counted(found: list[Message]) -> sparse.csr_matrix:
    """The messages as rows of unit length."""
    rows = [buckets(spoken(one.text)) for one in found]
    columns = np.array([bucket for row in rows for bucket in sorted(row)])
    values = 1 + np.log(np.array([row[bucket] for row in rows for bucket in sorted(row)], np.float64))
    ends = np.cumsum([0, *(len(row) for row in rows)])
    matrix = sparse.csr_matrix((values, columns, ends), shape=(len(rows), BUCKETS))
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    length[length == 0] = 1
    return (sparse.diags(1 / length) @ matrix).tocsr()


def fitted(values: sparse.csr_matrix, truth: npt.NDArray[np.int_]) -> tuple[Floats, Floats]:
    """Softmax regression with a penalty on large coefficients: (buckets, classes) and a bias for each class."""
    used = np.flatnonzero(np.asarray((values > 0).sum(axis=0)).ravel())
    part, classes, wanted = values[:, used].tocsr(), len(CLASSES), np.eye(len(CLASSES))[truth]
    turned, size = part.T.tocsr(), len(used) * len(CLASSES)

    def loss(flat: Floats) -> tuple[float, Floats]:
        matrix, bias = flat[:size].reshape(-1, classes), flat[size:]
        scores = part @ matrix + bias
        scores -= scores.max(axis=1, keepdims=True)
        raised = np.exp(scores)
        total = raised.sum(axis=1, keepdims=True)
        error = raised / total - wanted
        value = float(-((wanted * scores).sum() - np.log(total).sum()) + (matrix * matrix).sum() / (2 * STRENGTH))
        return value, np.concatenate([(turned @ error + matrix / STRENGTH).ravel(), error.sum(axis=0)])

    best = minimize(loss, np.zeros(size + classes), jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS}).x
    whole = np.zeros((BUCKETS, classes))
    whole[used] = best[:size].reshape(-1, classes)
    return whole, best[size:]


def probabilities(values: sparse.csr_matrix, matrix: Floats, bias: Floats) -> Floats:
    """(messages, classes)."""
    scores = values @ matrix + bias
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: Floats = raised / raised.sum(axis=1, keepdims=True)
    return found


def unseen(
    found: list[Message], values: sparse.csr_matrix, truth: npt.NDArray[np.int_]
) -> Iterator[tuple[int, Floats]]:
    """Each writer's messages as weights without that writer read them: row, probabilities."""
    for writer in WRITERS:
        seen = np.array([one.writer != writer for one in found])
        matrix, bias = fitted(values[seen], truth[seen])
        rest = np.flatnonzero(~seen)
        yield from zip(rest.tolist(), probabilities(values[rest], matrix, bias), strict=True)


def unseen_blocks(
    found: list[Message], values: sparse.csr_matrix, truth: npt.NDArray[np.int_]
) -> Iterator[tuple[int, Floats]]:
    """The router's utterances, each block of them as weights without that block read it.

    They stand in the order of their intents, so that a block is mostly of intents that nobody has seen.
    """
    routed = np.flatnonzero([one.writer == "router" for one in found])
    for rest in np.array_split(routed, BLOCKS):
        seen = np.ones(len(found), bool)
        seen[rest] = False
        matrix, bias = fitted(values[seen], truth[seen])
        yield from zip(rest.tolist(), probabilities(values[rest], matrix, bias), strict=True)


def sureness(found: list[Message], predicted: list[tuple[int, Floats]]) -> npt.NDArray[np.float32]:
    """For each kind the least sureness with its share of the ordinary messages that may be found."""
    ordinary = [row for at, row in predicted if found[at].kind == NO_NEED]
    chosen = []
    for kind, name in enumerate(KINDS):
        allowed = int(MOST_WRONG.get(name, MOST_WRONG_OTHERS) * len(ordinary))
        wrong = sorted((1 - row[-1] for row in ordinary if row[:-1].argmax() == kind), reverse=True)
        chosen.append(wrong[allowed] + 1e-6 if len(wrong) > allowed else 0.5)
    return np.array(chosen, np.float32).clip(0.5)


def report(
    found: list[Message], predicted: list[tuple[int, Floats]], sure: npt.NDArray[np.float32]
) -> Iterator[str]:
    """Of each writer and language: messages in need found by the classifier alone, and ordinary ones found."""
    counts: dict[tuple[str, str], list[int]] = {}
    for at, row in predicted:
        kind, told = int(row[:-1].argmax()), counts.setdefault((found[at].writer, found[at].language), [0] * 4)
        hit, need = 1 - row[-1] >= sure[kind], found[at].kind != NO_NEED
        told[0 if need else 2] += int(hit and (not need or KINDS[kind] == found[at].kind))
        told[1 if need else 3] += 1
    for (writer, language), (right, needs, wrong, ordinary) in counts.items():
        yield f"without {writer}, {language}: {right} of {needs} found, {wrong} of {ordinary} ordinary ones"


def main() -> int:
    """Fit, write the file, print the measures."""
    found = messages()
    values = counted(found)
    truth = np.array([CLASSES.index(one.kind) for one in found])
    predicted = [*unseen(found, values, truth), *unseen_blocks(found, values, truth)]
    sure = sureness(found, predicted)
    matrix, bias = fitted(values, truth)
    scale = np.abs(matrix).max(axis=0) / LARGEST + 1e-9
    rounded = np.round(matrix / scale).astype(np.int8)
    CareWeights(rounded, scale.astype(np.float32), bias.astype(np.float32), sure, digest(found)).save(WEIGHTS_FILE)
    sys.stdout.write("\n".join([f"{len(found)} messages, sure {sure}", *report(found, predicted, sure)]) + "\n")
    return 0


def digest(found: list[Message]) -> str:
    """What the weights were made of."""
    told = "\n".join(f"{one.language}\t{one.kind}\t{one.text}" for one in found)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main())
