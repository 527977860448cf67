"""Reads the record: used by the store, and by the command line while the app runs and while it does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from ultracore.audit.canonical import published, strict_object
from ultracore.audit.database import NO_LIMIT, RecordDatabase
from ultracore.audit.events import ERASED, AuditEvent, AuditEventType, wire_time
from ultracore.audit.sealing import EnvelopeBroken, MasterKey, Revealed, SealingKeys, epoch
from ultracore.audit.store.sqlite_schema import SqliteDatabase
from ultracore.audit.values import EventFilter, Head, OpenIntent, StreamInfo
from ultracore.errors import AuditUnavailable, OperatorError

_STREAM: Final = "stream_id, tenant_id, user_id, customer_id, first_at, last_at, sequence, hash"
_EVENT: Final = "position, tenant_id, stream_id, sequence, event_type, hash, event_id, user_id, timestamp"
_BESIDE: Final = "stream_id, sequence, hash"
_ALL: Final = "1 = 1"
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event's row. `body` is its canonical JSON without `hash`: the bytes that were hashed."""

    position: int
    tenant_id: str
    stream_id: str
    sequence: int
    event_type: str
    hash: str
    event_id: str
    user_id: str | None
    timestamp: str
    body: bytes

    def published(self) -> bytes:
        """The canonical JSON of the event, with `hash`."""
        return published(self.body, self.hash)


class EventBody(NamedTuple):
    """An event's `body` and `hash`, and its place in the record."""

    stream_id: str
    sequence: int
    hash: str
    body: bytes


class RecordReader:
    """One connection for one thread at a time. Every method raises `AuditUnavailable` if it cannot read."""

    def __init__(self, database: RecordDatabase | Path, master: MasterKey | None = None) -> None:
        """Connect; a path is a SQLite file's. With `master` what is sealed can be read too."""
        self._keys = None if master is None else SealingKeys(master)
        self._database = SqliteDatabase(database) if isinstance(database, Path) else database
        self.failed = False
        """Whether a question failed; the connection may be of no more use."""
        with self._translated():
            self._db = self._database.connect(read_only=True)

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    def key_epoch(self) -> str:
        """It changes whenever a sealing key is destroyed."""
        with self._translated():
            return epoch(self._db)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read the record inside as it stood at one moment, while others go on writing."""
        with self._translated():
            self._db.begin_snapshot()
        try:
            yield
        finally:
            with self._translated():
                self._db.execute("ROLLBACK")

    def stored(
        self, where: str = _ALL, values: tuple[Any, ...] = (), order: str = "position"
    ) -> Iterator[StoredEvent]:
        """Rows of the table of events, a page at a time in memory."""
        return (StoredEvent(*row) for row in self._rows(_EVENT, where, values, order))

    def bodies(self, where: str, values: tuple[Any, ...], order: str = "position") -> Iterator[EventBody]:
        """The same rows with what their bodies do not say, for a reader of so many that every column counts."""
        return map(EventBody._make, self._rows(_BESIDE, where, values, order))

    def _rows(self, columns: str, where: str, values: tuple[Any, ...], order: str) -> Iterator[tuple[Any, ...]]:
        with self._translated():
            sql = f"SELECT {columns}, {self._db.body} FROM events WHERE {where} ORDER BY {order}"  # noqa: S608
            for rows in self._db.pages(sql, values, _PAGE):
                # A key may be destroyed during a long answer: what follows is then not opened any more.
                if self._keys is not None:
                    self._keys.outdated(self._db)
                yield from rows

    def of_stream(self, stream_id: str, *, after: int = 0, limit: int | None = None) -> Iterator[StoredEvent]:
        """A stream's events in order, from sequence `after` + 1 on."""
        most = NO_LIMIT if limit is None else limit
        return self.stored("stream_id = ? AND sequence > ?", (stream_id, after, most), "sequence LIMIT ?")

    def after_position(self, position: int, limit: int) -> list[StoredEvent]:
        """The next events in the order in which they became durable."""
        return list(self.stored("position > ?", (position, limit), "position LIMIT ?"))

    def select(
        self, wanted: EventFilter, *, newest_first: bool = False, limit: int = NO_LIMIT
    ) -> Iterator[StoredEvent]:
        """The events that fit `wanted`, in the order in which they became durable or the reverse."""
        where, values = _conditions(wanted)
        direction = "DESC" if newest_first else "ASC"
        return self.stored(where, (*values, limit), f"position {direction} LIMIT ?")

    def of_streams(self, stream_ids: Sequence[str], types: frozenset[AuditEventType]) -> Iterator[StoredEvent]:
        """The events of these types in these streams, those of one stream in order."""
        kinds = ", ".join("?" * len(types))
        for first in range(0, len(stream_ids), _PAGE):
            some = stream_ids[first : first + _PAGE]
            where = f"stream_id IN ({', '.join('?' * len(some))}) AND event_type IN ({kinds})"
            yield from self.stored(where, (*some, *sorted(types)), "stream_id, sequence")

    def streams(
        self,
        *,
        tenant_id: str | None = None,
        customer_id: str | None = None,
        since: datetime | None = None,
        system: bool | None = False,
        limit: int | None = None,
    ) -> list[StreamInfo]:
        """See `AuditStore.streams`; `system=None` means both kinds."""
        given = {
            "is_system = ?": None if system is None else int(system),
            "tenant_id = ?": tenant_id,
            "customer_id = ?": customer_id,
            "last_at >= ?": None if since is None else wire_time(since),
        }
        used = {condition: value for condition, value in given.items() if value is not None}
        where = " AND ".join(used) or _ALL
        with self._translated():
            rows = self._db.execute(
                f"SELECT {_STREAM} FROM streams WHERE {where} ORDER BY last_at DESC, stream_id LIMIT ?",  # noqa: S608
                (*used.values(), NO_LIMIT if limit is None else limit),
            ).fetchall()
        return [_stream(row) for row in rows]

    def stream(self, stream_id: str) -> StreamInfo | None:
        """One stream, or `None`."""
        if not _can_be_an_id(stream_id):
            return None
        with self._translated():
            row = self._db.execute(
                f"SELECT {_STREAM} FROM streams WHERE stream_id = ?",  # noqa: S608
                (stream_id,),
            ).fetchone()
        return None if row is None else _stream(row)

    def require_tenant(self, tenant_id: str) -> None:
        """Raise `OperatorError` if the record holds nothing of the tenant."""
        if not self.streams(tenant_id=tenant_id, system=None, limit=1):
            raise OperatorError(f"There is nothing of a tenant {tenant_id} in the record.")

    def heads(self, *, after: int = 0, limit: int = NO_LIMIT) -> list[Head]:
        """The head lists whose index is above `after`."""
        with self._translated():
            rows = self._db.execute(
                f"SELECT position, hash, {self._db.body} FROM heads "  # noqa: S608
                "WHERE position > ? ORDER BY position LIMIT ?",
                (after, limit),
            ).fetchall()
        return [Head(*row) for row in rows]

    def open_intents(self) -> list[OpenIntent]:
        """See `AuditStore.open_intents`."""
        with self._translated():
            rows = self._db.execute(
                "SELECT event_id, stream_id, sequence, tenant_id, turn_id, request_id, tool, proposal, time "
                "FROM open_intents ORDER BY time, event_id"
            ).fetchall()
        return [_intent(row) for row in rows]

    def relay_position(self, topic: str) -> int:
        """The position up to which everything of a topic was acknowledged."""
        with self._translated():
            row = self._db.execute("SELECT position FROM relay_positions WHERE topic = ?", (topic,)).fetchone()
        return 0 if row is None else int(row[0])

    def sealing_keys(self, condition: str, values: Sequence[str]) -> list[tuple[Any, ...]]:
        """`key_id, kind, tenant_id, subject_id, wrapped` of keys as they stand; a destroyed one is not wrapped."""
        with self._translated():
            return self._db.execute(
                f"SELECT key_id, kind, tenant_id, subject_id, wrapped FROM sealing_keys WHERE {condition}",  # noqa: S608
                tuple(values),
            ).fetchall()

    def last_positions(self) -> tuple[int, int]:
        """The highest position of an event, and the index of the last head list."""
        with self._translated():
            row = self._db.execute(
                "SELECT (SELECT coalesce(max(position), 0) FROM events), "
                "(SELECT coalesce(max(position), 0) FROM heads)"
            ).fetchone()
        return int(row[0]), int(row[1])

    def revealed(self, wire: dict[str, Any]) -> Revealed | None:
        """The content of the event's envelope; `None` if there is none, or no key, or it does not open."""
        sealed = wire["sealed"]
        if sealed is None or self._keys is None:
            return None
        with self._translated():
            key = self._keys.by_id(self._db, sealed["key_id"])
        if key is None:
            return None
        try:
            return key.open(sealed, stream_id=wire["stream_id"], event_id=wire["event_id"])
        except EnvelopeBroken:
            return None

    def opened(self, stored: StoredEvent | EventBody) -> AuditEvent:
        """The event with its sealed content laid into its fields, if the key exists."""
        try:
            wire = {**strict_object(stored.body), "hash": stored.hash}
            revealed = self.revealed(wire)
            if revealed is None and self._is_erased(wire):
                return AuditEvent.from_dict({**wire, "description": ERASED})
            return AuditEvent.from_dict(wire if revealed is None else {**wire, "revealed": revealed.to_dict()})
        except (ValueError, KeyError) as exc:
            place = f"{stored.stream_id} {stored.sequence}"
            raise AuditUnavailable(f"event {place} was altered and cannot be read", code="audit.altered") from exc

    def _is_erased(self, wire: dict[str, Any]) -> bool:
        if wire["sealed"] is None or self._keys is None:
            return False
        with self._translated():
            return self._keys.is_destroyed(self._db, wire["sealed"]["key_id"])

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except self._database.errors as exc:
            self.failed = True
            raise AuditUnavailable(f"the audit store cannot be read: {exc}") from exc


def _conditions(wanted: EventFilter) -> tuple[str, tuple[Any, ...]]:
    given = {
        "tenant_id = ?": wanted.tenant_id,
        "user_id = ?": wanted.user_id,
        "stream_id = ?": wanted.stream_id,
        "timestamp >= ?": None if wanted.since is None else wire_time(wanted.since),
        "timestamp < ?": None if wanted.until is None else wire_time(wanted.until),
    }
    used = {condition: value for condition, value in given.items() if value is not None}
    conditions, values = list(used), list(used.values())
    # No types fit nothing, and PostgreSQL takes no empty `IN ()`.
    if wanted.types is not None and not wanted.types:
        conditions.append("1 = 0")
    elif wanted.types is not None:
        conditions.append(f"event_type IN ({', '.join('?' * len(wanted.types))})")
        values += sorted(wanted.types)
    return " AND ".join(conditions) or _ALL, tuple(values)


def _intent(row: tuple[Any, ...]) -> OpenIntent:
    names = ("event_id", "stream_id", "sequence", "tenant_id", "turn_id", "request_id", "tool", "proposal")
    return OpenIntent(**dict(zip(names, row, strict=False)), time=datetime.fromisoformat(row[8]))


def _stream(row: tuple[Any, ...]) -> StreamInfo:
    stream_id, tenant_id, user_id, customer_id, first_at, last_at, events, hash_ = row
    try:
        times = datetime.fromisoformat(first_at), datetime.fromisoformat(last_at)
    except (ValueError, TypeError) as exc:
        raise AuditUnavailable(
            f"the list of streams was altered: the times of {stream_id} cannot be read"
        ) from exc
    return StreamInfo(stream_id, tenant_id, user_id, customer_id, *times, events, hash_)


def _can_be_an_id(text: str) -> bool:
    # A browser may ask for anything; the drivers raise for half a surrogate pair, and PostgreSQL has no NUL.
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)
