"""Counts as bars, for an inline picture that needs neither script nor style."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 720
HEIGHT: Final = 160
_GAP: Final = 2.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, in the picture's own units."""

    x: float
    y: float
    width: float
    height: float
    words: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars from left to right; `most` is what the highest stands for."""

    title: str
    bars: tuple[Bar, ...]
    most: int
    first: str
    last: str
    width: int = WIDTH
    height: int = HEIGHT


def plot_of(title: str, counted: Mapping[str, int]) -> Plot | None:
    """The counts in their order; None for fewer than two, which need no picture."""
    if len(counted) < 2:
        return None
    names, most = list(counted), max(counted.values())
    step = WIDTH / len(names)
    bars = tuple(_bar(place * step, step, name, counted[name], most) for place, name in enumerate(names))
    return Plot(title, bars, most, names[0], names[-1])


def _bar(x: float, step: float, name: str, count: int, most: int) -> Bar:
    height = HEIGHT * count / most if most else 0.0
    width = max(1.0, step - _GAP)
    return Bar(round(x, 2), round(HEIGHT - height, 2), round(width, 2), round(height, 2), f"{name}: {count}")
