"""A stream's row, into which events are merged one by one: the result is the same in any order."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ultracore.audit.index.reading import EventRow, is_system


@dataclass(slots=True)
class StreamRow:
    """A row of the table of streams, with its columns' names."""

    number: int
    stream_id: str
    tenant_id: str
    is_system: int
    user_id: str | None
    user_sequence: int | None
    customer_id: str | None
    customer_sequence: int | None
    first_at: str
    last_at: str
    events: int
    last_sequence: int
    last_hash: str
    agents: str
    denials: int
    alerts: int

    @classmethod
    def new(cls, number: int, entry: EventRow) -> StreamRow:
        """The row of a stream without events, of which `entry` will be one."""
        wire = entry.wire
        place = number, wire.stream_id, wire.tenant_id, int(is_system(wire.stream_id))
        return cls(*place, None, None, None, None, wire.timestamp, wire.timestamp, 0, 0, "", "", 0, 0)

    def add(self, entry: EventRow) -> None:
        """One more event, which this row does not count yet."""
        wire, row = entry.wire, entry.row
        self.events += 1
        self.denials += entry.is_denial
        self.alerts += entry.is_alert
        self.first_at = min(self.first_at, wire.timestamp)
        self.last_at = max(self.last_at, wire.timestamp)
        if wire.sequence > self.last_sequence:
            self.last_sequence, self.last_hash = wire.sequence, wire.hash
        # The smallest sequence decides and not the first to arrive, since events come in any order.
        if row["user_id"] is not None and _earlier(wire.sequence, self.user_sequence):
            self.user_id, self.user_sequence = row["user_id"], wire.sequence
        if row["customer_id"] is not None and _earlier(wire.sequence, self.customer_sequence):
            self.customer_id, self.customer_sequence = row["customer_id"], wire.sequence
        if row["agent"] is not None and not self.is_system:
            self.agents = " ".join(sorted({*self.agents.split(), row["agent"]}))

    def values(self) -> dict[str, Any]:
        """The row by its columns' names."""
        return asdict(self)


def _earlier(sequence: int, known: int | None) -> bool:
    return known is None or sequence < known
