"""A figure of a benchmark beside its baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Ratio:
    """Our figure and the baseline's, both in `unit`, and the bound that the ratio is held to.

    `target_kind` says which way is good: `at_most` for a time, `at_least` for a throughput.
    """

    name: str
    baseline_name: str
    ours: float
    baseline: float
    unit: str
    target: float
    target_kind: Literal["at_most", "at_least"]

    @property
    def ratio(self) -> float:
        """Ours divided by the baseline's."""
        return self.ours / self.baseline

    @property
    def met(self) -> bool:
        """True if the ratio keeps its bound."""
        return self.ratio <= self.target if self.target_kind == "at_most" else self.ratio >= self.target
