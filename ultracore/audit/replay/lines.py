"""A conversation as lines: who, what kind, and which words. A thin renderer over the items of a replay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ultracore.audit.events import AuditEvent
from ultracore.audit.replay.items import ASSISTANT, RECORD, ReplayItem, items_of
from ultracore.audit.replay.service import Projection, in_order

__all__ = ["ASSISTANT", "RECORD", "Projection", "Shown", "replay", "shown_as"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing on the screen. `kind` is `message` for the person's own words, else what the assistant showed."""

    author: str
    kind: str
    text: str

    def to_dict(self) -> dict[str, str]:
        """`author`, `kind` and `text`."""
        return {"author": self.author, "kind": self.kind, "text": self.text}


def replay(events: Iterable[AuditEvent], projection: Projection = "customer") -> list[Shown]:
    """The lines of a projection, for a conversation's events or some of them, in order.

    An event whose key was destroyed shows `[erased]`, one whose key is not here `[sealed]`.
    """
    known = in_order(events)
    if not known:
        return []
    return [shown_as(item) for item in items_of(known, projection, known[0].timestamp)]


def shown_as(item: ReplayItem) -> Shown:
    """One item as a line: a table row by row under its sentence."""
    rows = [" | ".join(row) for row in item.table]
    more = ([item.chart] if item.chart else []) + [label for label, _ in item.links]
    return Shown(item.author, item.kind, "\n".join([item.text, *rows, *more]))
