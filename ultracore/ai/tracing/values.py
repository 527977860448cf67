"""A figure of an answer, and what it goes back to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class FigureOrigin(StrEnum):
    """How a figure came into an answer."""

    LOOKED_UP = "looked_up"
    ROUNDED = "rounded"
    WORKED_OUT = "worked_out"
    SAID = "said"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LookUp:
    """A tool call that ran, with arguments and result as the record keeps them."""

    tool: str
    at: datetime
    result: Mapping[str, Any]
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def gives_back(self, path: tuple[str, ...], text: str) -> bool:
        """True if the value at this place is only what the call was given."""
        given = self.arguments.get(path[0]) if len(path) == 1 else None
        return given is not None and _plain(str(given)) == _plain(text)


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A message of the person's."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ResultPlace:
    """A place in the result of a call. `path` leads to it, keys and numbers of items from the outside in;
    `holders` are the objects on the way, the result itself first.
    """

    look_up: LookUp
    path: tuple[str, ...]
    holders: tuple[Mapping[str, Any], ...]
    value: Decimal

    @property
    def field(self) -> str:
        """The key under which the value stands."""
        return next(name for name in reversed(self.path) if not name.isdigit())


@dataclass(frozen=True, slots=True)
class TracedFigure:
    """One figure as the answer writes it. `place` is set if it was looked up or rounded, `said` if the person
    wrote it, `parts` are the figures of the answer, as written, that it follows from.
    """

    text: str
    values: frozenset[Decimal]
    sentence: str
    origin: FigureOrigin
    place: ResultPlace | None = None
    said: OwnMessage | None = None
    parts: Sequence[str] = field(default_factory=tuple)


def _plain(text: str) -> str:
    whole, _, cents = text.partition(".")
    return f"{whole}.{cents.rstrip('0')}"
