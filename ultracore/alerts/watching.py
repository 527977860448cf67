"""Reads the record as it grows, and keeps an alert for each occasion that the rules find.

Every process does it; the progress moves with what was found, in one transaction, and an occasion is one row: a
crash, a second replica or a second reading raise nothing twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from ultracore.alerts.rules import AlertFact, AlertRule, AlertRules, fits
from ultracore.audit import AuditTrail, read_time, wire_time
from ultracore.audit.store import RecordReader, StoredEvent
from ultracore.banking import Bank
from ultracore.banking.cases import EVERYBODY, RaisedAlert, ReadingMove

NAME: Final = "alerts"
AT_ONCE: Final = 500
LOOK_SECONDS: Final = 2.0
HEADS_SECONDS: Final = 20.0

_decoder: Final = msgspec.json.Decoder(AlertFact)
_head_decoder: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, slots=True)
class _ReadPart:
    """A part of the record: its last position, and the alerts in it."""

    last: int
    found: list[RaisedAlert]


class AlertWatch:
    """Finds alerts. `step` is the work of a `RepeatedTask`."""

    def __init__(self, trail: AuditTrail, bank: Bank, rules: AlertRules) -> None:
        self._trail = trail
        self._book = bank.alerts
        self._cases = bank.cases
        self._rules = rules
        # Not at once: what was written in the last moments before a stop is signed first.
        self._heads_at = time.monotonic() + rules.head_seconds

    async def step(self) -> float:
        """Look once, and now and then at the heads; seconds until the next time. Raises `Unavailable`."""
        more = await self.look()
        if self._rules.head_seconds and time.monotonic() >= self._heads_at:
            self._heads_at = time.monotonic() + HEADS_SECONDS
            await self.look_at_heads(datetime.now(UTC))
        return 0.0 if more else LOOK_SECONDS

    async def look(self) -> bool:
        """Take in the next part of the record; False if nothing is left. Raises `Unavailable`."""
        before = await self._cases.progress(NAME)
        store = await self._trail.store()
        since = datetime.now(UTC) - timedelta(days=self._rules.days)
        part = await store.read(partial(self._read, after=before, since=since))
        if part.last == before:
            return False
        await self._book.take_in(part.found, ReadingMove(NAME, before, part.last))
        return True

    async def look_at_heads(self, now: datetime) -> None:
        """Raise an alert if events wait too long for a signed head. Raises `Unavailable`."""
        store = await self._trail.store()
        limit = timedelta(seconds=self._rules.head_seconds)
        if await store.read(partial(_is_unproven, now=now, limit=limit)):
            # One an hour, for as long as it lasts.
            occasion = now.strftime("%Y-%m-%dT%H")
            says = f"The record had no signed head for {self._rules.head_seconds} seconds"
            found = RaisedAlert(
                tenant_id=EVERYBODY, rule="no_head", occasion=occasion, says=says, event_id=None, events=1, at=now
            )
            await self._book.take_in([found])

    def _read(self, reader: RecordReader, *, after: int, since: datetime) -> _ReadPart:
        rows = reader.after_position(after, AT_ONCE)
        found: list[RaisedAlert] = []
        for row in rows:
            # By its type first: most events are none that a rule looks at, and need not be parsed.
            if read_time(row.timestamp) >= since and any(
                row.event_type in rule.events for rule in self._rules.rules
            ):
                fact = _decoder.decode(row.body)
                found += [one for rule in self._rules.that_fit(fact) for one in _raised(reader, rule, row)]
        return _ReadPart(rows[-1].position if rows else after, found)


def _raised(reader: RecordReader, rule: AlertRule, row: StoredEvent) -> Iterator[RaisedAlert]:
    """The alert of this event; none while there are too few of them."""
    at, occasion, events = read_time(row.timestamp), row.event_id, 1
    if rule.minutes is not None:
        stretch = timedelta(minutes=rule.minutes)
        events = _count(reader, rule, row, at - stretch)
        if events < rule.at_least:
            return
        occasion = _occasion(reader, rule, row, stretch)
    yield RaisedAlert(
        tenant_id=row.tenant_id,
        rule=rule.name,
        occasion=occasion,
        says=rule.says,
        event_id=row.event_id,
        events=events,
        at=at,
    )


def _occasion(reader: RecordReader, rule: AlertRule, row: StoredEvent, stretch: timedelta) -> str:
    """What all events of one group within a stretch of time share: it names no user, so an erasure finds none."""
    number = int(read_time(row.timestamp).timestamp() // stretch.total_seconds())
    if rule.by == "tenant":
        return f"{row.tenant_id} - {number}"
    since = datetime.fromtimestamp(number * stretch.total_seconds(), UTC)
    # The first of them: later ones change nothing about which one that is.
    return f"{row.tenant_id} {next(_like(reader, rule, row, since)).event_id} {number}"


def _count(reader: RecordReader, rule: AlertRule, row: StoredEvent, since: datetime) -> int:
    """How many events that fit the rule there are since then, up to this one, of its tenant or user."""
    return sum(1 for _ in _like(reader, rule, row, since))


def _like(reader: RecordReader, rule: AlertRule, row: StoredEvent, since: datetime) -> Iterator[StoredEvent]:
    """The events that fit the rule since then, up to this one, of its tenant or user, in their order."""
    where = f"tenant_id = ? AND event_type IN ({', '.join('?' * len(rule.events))}) AND timestamp >= ?"
    values: tuple[str | int, ...] = (row.tenant_id, *map(str, rule.events), wire_time(since), row.position)
    rows = reader.stored(f"{where} AND position <= ?", values, "position")
    ours = (one for one in rows if rule.by == "tenant" or one.user_id == row.user_id)
    return (one for one in ours if fits(rule, _decoder.decode(one.body)))


def _is_unproven(reader: RecordReader, now: datetime, limit: timedelta) -> bool:
    """True if the newest events lie there for longer than `limit` and no head list came after them."""
    position, index = reader.last_positions()
    heads = reader.heads(after=index - 1)
    signed_at = wire_time(_signed_at(heads[-1].published)) if heads else ""
    long_ago = wire_time(now - limit)
    if signed_at >= long_ago:
        return False
    newest = reader.after_position(max(0, position - AT_ONCE), AT_ONCE)
    waiting = [row.timestamp for row in newest if row.timestamp > signed_at]
    # If all of the newest came after the last list, the oldest that waits may lie before them.
    return bool(waiting) and (waiting[0] < long_ago or len(waiting) == AT_ONCE)


def _signed_at(published: bytes) -> datetime:
    return read_time(msgspec.json.decode(_head_decoder.decode(published)["time"]))
