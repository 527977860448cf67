"""Inference of the router's classifier: TF-IDF weighted text features and a linear model, in numpy alone.

A feature is known by its CRC-32, so the file holds no text, of which some would be other people's; two features
that share one are so rare that it costs nothing. Coefficients are kept as bytes, a scale for each class.

Imported by `Router.load`, so that a module that only names the router's types does not pay for numpy.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt

from ultracore.ai.routing.features import features
from ultracore.errors import OperatorError

FORMAT = 2
Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
# The logarithm of how often a feature stands in a message: few stand there more often.
_LOGARITHMS = [0.0, *(1.0 + np.log(np.arange(1, 64))).tolist()]


@dataclass(frozen=True, slots=True)
class LinearModel:
    """The fitted classifier. `codes` are the features' CRC-32, ascending; `idf` and `weights` have a row for each.

    `weights` (rows, classes) times `scale` (classes) are the coefficients. `made_of` is a digest of the utterances
    that it was fitted on (`training.corpus.digest`).
    """

    classes: tuple[str, ...]
    codes: npt.NDArray[np.uint32]
    idf: Singles
    weights: npt.NDArray[np.int8]
    scale: Singles
    bias: Singles
    temperature: float
    threshold: float
    certainty: float
    made_of: str

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
        counts = count(text)
        if not counts:
            return None
        wanted = np.fromiter(counts.keys(), np.uint32, len(counts))
        rows = np.searchsorted(self.codes, wanted)
        rows[rows == len(self.codes)] = 0
        known = self.codes[rows] == wanted
        rows = rows[known]
        if not len(rows):
            return None
        values = np.fromiter(counts.values(), np.float32, len(counts))[known] * self.idf[rows]
        values /= np.sqrt(values @ values)
        scores: Singles = (values @ self.weights[rows].astype(np.float32)) * self.scale + self.bias
        return scores.astype(np.float64)


def count(text: str) -> dict[int, float]:
    """The CRC-32 of each feature of a message, with the damped number of times that it is there."""
    found: dict[int, float] = {}
    for feature, times in Counter(features(text)).items():
        weight = _LOGARITHMS[times] if times < len(_LOGARITHMS) else _LOGARITHMS[-1]
        found[crc32(feature.encode("utf-8", "surrogatepass"))] = weight
    return found


def save(model: LinearModel, path: Path) -> None:
    """Write the model. The same model gives the same bytes."""
    np.savez(
        path,
        format=np.array(FORMAT),
        classes=np.array(model.classes),
        codes=model.codes,
        idf=model.idf.astype(np.float16),
        weights=model.weights,
        scale=model.scale,
        bias=model.bias,
        calibration=np.array([model.temperature, model.threshold, model.certainty]),
        made_of=np.array(model.made_of),
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
    temperature, threshold, certainty = (float(value) for value in stored["calibration"])
    model = LinearModel(
        classes=tuple(str(name) for name in stored["classes"]),
        codes=stored["codes"].astype(np.uint32),
        idf=stored["idf"].astype(np.float32),
        weights=stored["weights"].astype(np.int8),
        scale=stored["scale"].astype(np.float32),
        bias=stored["bias"].astype(np.float32),
        temperature=temperature,
        threshold=threshold,
        certainty=certainty,
        made_of=str(stored["made_of"]),
    )
    rows, columns = len(model.codes), len(model.classes)
    shapes = (model.idf.shape, model.weights.shape, model.scale.shape, model.bias.shape)
    if shapes != ((rows,), (rows, columns), (columns,), (columns,)) or not rows or not temperature > 0:
        raise ValueError("shapes differ")
    return model
