"""What the cache was asked, by class of key: how often it had the value, and how long an answer took."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Final, TypedDict

BOUNDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25)
"""The upper bounds of the classes of latency, in seconds; there is one more above the last."""


class ClassStats(TypedDict):
    """The figures of one class of keys since this object was made. Latencies are in milliseconds."""

    hits: int
    misses: int
    writes: int
    errors: int
    hit_rate: float | None
    mean_ms: float | None
    p95_ms: float | None


@dataclass(slots=True)
class KeyClass:
    """The counts of one class of keys. `buckets` holds how many calls took up to each bound."""

    hits: int = 0
    misses: int = 0
    writes: int = 0
    errors: int = 0
    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))

    def count_read(self, found: bool) -> None:
        """Count a hit or a miss."""
        if found:
            self.hits += 1
        else:
            self.misses += 1

    def took(self, seconds: float) -> None:
        """Count one call."""
        self.seconds += seconds
        self.buckets[bisect_left(BOUNDS, seconds)] += 1

    def stats(self) -> ClassStats:
        """The figures as they stand. The 95th percentile is the upper bound of its class of latency."""
        reads, calls = self.hits + self.misses, sum(self.buckets)
        return ClassStats(
            hits=self.hits,
            misses=self.misses,
            writes=self.writes,
            errors=self.errors,
            hit_rate=self.hits / reads if reads else None,
            mean_ms=self.seconds / calls * 1000 if calls else None,
            p95_ms=self._below(0.95 * calls) if calls else None,
        )

    def _below(self, calls: float) -> float | None:
        counted = 0
        for bound, count in zip(BOUNDS, self.buckets, strict=False):
            counted += count
            if counted >= calls:
                return bound * 1000
        # Above the last bound, so there is no bound to name.
        return None
