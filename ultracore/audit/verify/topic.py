"""Checks of a topic's messages: events under their own key, in order of `sequence` once duplicates are gone."""

from __future__ import annotations

import hashlib
from typing import Any

from ultracore.audit.canonical import canonical_object
from ultracore.audit.verify.record import BreakFound, RecordCheck, has_its_hash


class TopicCheck:
    """Hands each event once, in its stream's order, to a `RecordCheck`, in any order of the messages.

    Keeps about 300 bytes in memory for each event, and what came before its turn. The order of messages is no
    promise (a relay that takes over sends again), so only gaps that remain at the end are breaks.
    """

    def __init__(self, check: RecordCheck, *, only: str | None = None) -> None:
        self._check = check
        self._only = only
        self._hashes: dict[bytes, str] = {}
        self._early: dict[str, dict[int, bytes]] = {}
        self._messages = 0

    def message(self, where: str, offset: int, key: bytes | None, value: bytes | None) -> None:
        """Take a message. Raises `BreakFound` naming the stream and sequence, or topic, partition and offset."""
        try:
            event = canonical_object(value or b"")
        except ValueError as exc:
            raise BreakFound(f"{where} offset", offset, f"it is not an event: {exc}") from exc
        stream_id, sequence, event_id = event.get("stream_id"), event.get("sequence"), event.get("event_id")
        if not isinstance(stream_id, str) or type(sequence) is not int or not isinstance(event_id, str):
            raise BreakFound(f"{where} offset", offset, "it is not an event of a stream")
        if self._only not in (None, stream_id):
            return
        # The key must be right, because it decides the partition and with it the order that consumers see.
        if key != f"{event.get('tenant_id')}:{stream_id}".encode():
            raise BreakFound(stream_id, sequence, "it lies under another key than its tenant's and stream's")
        if "revealed" in event:
            raise BreakFound(stream_id, sequence, "sealed content lies open in the topic")
        if self._is_new(event, event_id, stream_id, sequence):
            self._early.setdefault(stream_id, {})[sequence] = (value or b"") + b"\n"
            self._go_on(stream_id)

    def finish(self) -> None:
        """Nothing more comes: what still waits for its turn follows a gap. Raises `BreakFound`."""
        for waiting in self._early.values():
            for _, line in sorted(waiting.items()):
                self._hand_on(line)

    def _is_new(self, event: dict[str, Any], event_id: str, stream_id: str, sequence: int) -> bool:
        # Sixteen bytes for an id of any length, because those of the whole topic are in memory at once.
        digest = hashlib.blake2b(event_id.encode(), digest_size=16).digest()
        known = self._hashes.get(digest)
        if known is None:
            if sequence <= self._check.end_of(stream_id)[0] or sequence in self._early.get(stream_id, {}):
                raise BreakFound(stream_id, sequence, "two events are in the topic for this place")
            self._hashes[digest] = str(event.get("hash"))
            return True
        if known != event.get("hash"):
            raise BreakFound(stream_id, sequence, f"event {event_id} is in the topic with two hashes")
        # The message only names its hash: a repeat with altered content would otherwise pass as known.
        if not has_its_hash(event):
            raise BreakFound(stream_id, sequence, "its content does not have its hash")
        return False

    def _go_on(self, stream_id: str) -> None:
        waiting = self._early[stream_id]
        while (line := waiting.pop(self._check.end_of(stream_id)[0] + 1, None)) is not None:
            self._hand_on(line)

    def _hand_on(self, line: bytes) -> None:
        self._messages += 1
        self._check.line(line, self._messages)
