"""Inference of the router's classifier: TF-IDF weighted text features and a linear model, in numpy alone.

Imported by `Router.load`, so that a module that only names the router's types does not pay for numpy.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ultracore.ai.routing.features import features
from ultracore.errors import OperatorError

FORMAT = 1
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LinearModel:
    """The fitted classifier. `weights` is (features, classes); `vocabulary` gives a feature's row."""

    classes: tuple[str, ...]
    vocabulary: dict[str, int]
    idf: Floats
    weights: Floats
    bias: Floats
    temperature: float
    threshold: float

    def probabilities(self, text: str) -> Floats | None:
        """Calibrated probability of each class, in the order of `classes`; None if no feature is known."""
        logits = self.logits(text)
        if logits is None:
            return None
        # Less the largest: `exp` of a large score would overflow, and the ratio stays the same.
        scaled = np.exp((logits - logits.max()) / self.temperature)
        found: Floats = scaled / scaled.sum()
        return found

    def logits(self, text: str) -> Floats | None:
        """Scores before calibration and softmax; None if no feature is known."""
        # Only the message's own features: a sparse product costs by the message and not by the vocabulary.
        counts = Counter(row for row in map(self.vocabulary.get, features(text)) if row is not None)
        if not counts:
            return None
        rows = np.fromiter(counts.keys(), np.intp, len(counts))
        frequency = np.fromiter(counts.values(), np.float64, len(counts))
        values = (1.0 + np.log(frequency)) * self.idf[rows]
        values /= np.sqrt(values @ values)
        scores: Floats = values @ self.weights[rows] + self.bias
        return scores


def save(model: LinearModel, path: Path) -> None:
    """Write the model. The same model gives the same bytes."""
    terms: Sequence[str] = sorted(model.vocabulary, key=model.vocabulary.__getitem__)
    np.savez(
        path,
        format=np.array(FORMAT),
        classes=np.array(model.classes),
        vocabulary=np.frombuffer("\n".join(terms).encode(), np.uint8),
        # Half the size, and nothing is lost: the coefficients are multiples of 2**-12.
        idf=model.idf.astype(np.float32),
        weights=model.weights.astype(np.float32),
        bias=model.bias.astype(np.float32),
        calibration=np.array([model.temperature, model.threshold]),
    )


def load(path: Path) -> LinearModel:
    """Read what `save` wrote. Nothing in the file is executed. Raises `OperatorError` if it cannot be used."""
    try:
        # A pickle would run code of the person who has written the file.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return _checked({name: stored[name] for name in stored.files})
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise OperatorError(
            f"The router's data file {path} cannot be used; "
            "rebuild it with `python -m ultracore.ai.routing.training`.",
            code="router.unusable",
        ) from error


def _checked(stored: dict[str, npt.NDArray[np.generic]]) -> LinearModel:
    if int(stored["format"]) != FORMAT:
        raise ValueError("another format")
    terms = stored["vocabulary"].tobytes().decode().split("\n")
    temperature, threshold = (float(value) for value in stored["calibration"])
    model = LinearModel(
        classes=tuple(str(name) for name in stored["classes"]),
        vocabulary={term: row for row, term in enumerate(terms)},
        idf=stored["idf"].astype(np.float64),
        weights=stored["weights"].astype(np.float64),
        bias=stored["bias"].astype(np.float64),
        temperature=temperature,
        threshold=threshold,
    )
    shapes = (model.idf.shape, model.weights.shape, model.bias.shape)
    rows, columns = len(model.vocabulary), len(model.classes)
    if shapes != ((rows,), (rows, columns), (columns,)) or not temperature > 0:
        raise ValueError("shapes differ")
    return model
