"""The classifier's coefficients, as bytes with a scale for each class, and what they make of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ultracore.ai.care.values import CareKind

Singles = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CareWeights:
    """`matrix` (buckets, classes) times `scale` (classes) are the coefficients; the last class is no need.

    `sure` is the probability of a need from which a kind counts as found, in the order of `CareKind`. `made_of` is
    a digest of the messages.
    """

    matrix: npt.NDArray[np.int8]
    scale: Singles
    bias: Singles
    sure: Singles
    made_of: str

    @classmethod
    def read(cls, path: Path) -> CareWeights:
        """Read what `save` wrote; nothing in the file is executed."""
        with np.load(path, allow_pickle=False) as file:
            return cls(file["matrix"], file["scale"], file["bias"], file["sure"], str(file["made_of"]))

    def save(self, path: Path) -> None:
        """Write the weights. The same weights give the same bytes."""
        np.savez_compressed(
            path,
            matrix=self.matrix,
            scale=self.scale,
            bias=self.bias,
            sure=self.sure,
            made_of=np.array(self.made_of),
        )

    def kind(self, counted: Mapping[int, int]) -> CareKind | None:
        """The likeliest kind, if a need is sure enough."""
        if not counted:
            return None
        rows = np.fromiter(counted.keys(), np.int64, len(counted))
        values = 1 + np.log(np.fromiter(counted.values(), np.float32, len(counted)))
        values /= np.sqrt(values @ values)
        scores = (values @ self.matrix[rows].astype(np.float32)) * self.scale + self.bias
        raised = np.exp(scores - scores.max())
        best = int(raised[:-1].argmax())
        return tuple(CareKind)[best] if 1 - raised[-1] / raised.sum() >= self.sure[best] else None
