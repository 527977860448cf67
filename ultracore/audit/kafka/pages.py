"""The record in pages for the relay, in the order in which it became durable."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ultracore.audit.canonical import canonical
from ultracore.audit.kafka.config import KafkaConfig
from ultracore.audit.kafka.producer import Limits, Message
from ultracore.audit.store import RecordReader, StoredEvent

HEADS_KEY: Final = b"heads"
OVERSIZED: Final = "oversized"
"""The header of a message that stands for an event which the topic does not take: the event's size in bytes."""

_MOST_EVENTS: Final = 2_000
_MOST_BYTES: Final = 4_000_000
# The size of events is known only once they are read, so a page is read in steps.
_ROWS: Final = 100
# Few, because a list may have half a megabyte.
_MOST_HEADS: Final = 50
_SHOWN: Final = ("event_id", "event_type", "prev_hash", "sequence", "stream_id", "tenant_id", "timestamp")


@dataclass(frozen=True, slots=True)
class Place:
    """How far the two topics hold the record: an event's position and a head list's index."""

    events: int
    heads: int


@dataclass(frozen=True, slots=True)
class TopicPage:
    """Messages with their positions. `after` is the place behind all of it."""

    events: Sequence[tuple[int, Message]]
    heads: Sequence[tuple[int, Message]]
    after: Place

    @property
    def empty(self) -> bool:
        """Nothing waits."""
        return not (self.events or self.heads)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Events that no broker has acknowledged, and how long the oldest of them has waited."""

    events: int
    seconds: float


def marked_place(reader: RecordReader, config: KafkaConfig) -> Place:
    """The end of the last acknowledged page."""
    return Place(reader.relay_position(config.topic), reader.relay_position(config.heads_topic))


def next_page(reader: RecordReader, config: KafkaConfig, limits: Limits, place: Place) -> TopicPage:
    """At most 2,000 events or, but for the last 100 of them, 4 MB.

    Head lists come once all events are out that were there before them, so that a reader of both topics never
    meets a head that names an event of the future.
    """
    # Read before the events: a list made in between would name events that this page does not have.
    lists = reader.heads(after=place.heads, limit=_MOST_HEADS)
    stored = _events(reader, place.events)
    events = [(event.position, _message(config.topic, event, limits)) for event in stored]
    after = events[-1][0] if events else place.events
    if len(events) == _MOST_EVENTS or sum(len(event.body) for event in stored) >= _MOST_BYTES:
        lists = []
    heads = [(head.index, Message(config.heads_topic, HEADS_KEY, head.published)) for head in lists]
    return TopicPage(events, heads, Place(after, heads[-1][0] if heads else place.heads))


def backlog(reader: RecordReader, config: KafkaConfig) -> Backlog:
    """Count the events that wait now."""
    position = reader.relay_position(config.topic)
    waiting = reader.last_positions()[0] - position
    oldest = reader.after_position(position, 1)
    if not oldest:
        return Backlog(max(waiting, 0), 0.0)
    since = datetime.fromisoformat(json.loads(oldest[0].body)["timestamp"])
    return Backlog(waiting, max((datetime.now(UTC) - since).total_seconds(), 0.0))


def _events(reader: RecordReader, position: int) -> list[StoredEvent]:
    found: list[StoredEvent] = []
    size = 0
    while len(found) < _MOST_EVENTS and size < _MOST_BYTES:
        rows = reader.after_position(position, min(_ROWS, _MOST_EVENTS - len(found)))
        found += rows
        size += sum(len(row.body) for row in rows)
        if len(rows) < _ROWS:
            break
        position = rows[-1].position
    return found


def _message(topic: str, event: StoredEvent, limits: Limits) -> Message:
    key = f"{event.tenant_id}:{event.stream_id}".encode()
    value = event.published()
    headers = (("event_type", event.event_type.encode()),)
    if not limits.takes(key, value):
        return Message(topic, key, _stand_in(event), (*headers, (OVERSIZED, str(len(value)).encode())))
    return Message(topic, key, value, headers)


def _stand_in(event: StoredEvent) -> bytes:
    """Its place in the chain, so that what follows can be verified; the event itself is in the store."""
    whole = json.loads(event.body)
    return canonical({**{name: whole[name] for name in _SHOWN}, "hash": event.hash, OVERSIZED: True})
