"""The sealing keys: one a subject, in SQL, wrapped by the master key."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from ultracore.audit.database import SqlConnection
from ultracore.audit.events import wire_time
from ultracore.audit.sealing.envelope import DataKey
from ultracore.audit.sealing.epoch import epoch
from ultracore.audit.sealing.keys import KEY_BYTES, MasterKey
from ultracore.audit.values import Subject

_MOST_CACHED: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Ring:
    """The keys read since `epoch`; `None` before the first read. Never emptied, but replaced."""

    epoch: str | None = None
    of_subject: dict[Subject, DataKey] = field(default_factory=dict)
    of_id: dict[str, DataKey | None] = field(default_factory=dict)


class SealingKeys:
    """The keys of one database as one thread uses them; at most `_MOST_CACHED` unwrapped ones in memory.

    They are of one epoch: after a key was destroyed anywhere, `outdated` drops them all. Any thread may ask for
    what is `known`.
    """

    def __init__(self, master: MasterKey) -> None:
        self._master = master
        self._ring = _Ring()

    @property
    def epoch(self) -> str | None:
        """The epoch of the keys in memory."""
        return self._ring.epoch

    def known(self, subject: Subject) -> tuple[DataKey, str | None] | None:
        """The subject's key if it is in memory, and the epoch that it is of. From any thread."""
        ring = self._ring
        key = ring.of_subject.get(subject)
        return None if key is None else (key, ring.epoch)

    def outdated(self, db: SqlConnection) -> bool:
        """True, and every key in memory is dropped, if a key was destroyed since they were read."""
        now = epoch(db)
        known = self._ring.epoch
        if now == known:
            return False
        # A new ring: another thread may be reading the old one, and must not find its keys under the new epoch.
        self._ring = _Ring(now)
        return known is not None

    def is_destroyed(self, db: SqlConnection, key_id: str) -> bool:
        """Whether the key was destroyed, rather than never known here."""
        found = db.execute("SELECT destroyed_at FROM sealing_keys WHERE key_id = ?", (key_id,)).fetchone()
        return found is not None and found[0] is not None

    def for_subject(self, db: SqlConnection, subject: Subject) -> DataKey:
        """The subject's key, made durable first if it is new. Not to be called inside a transaction."""
        keys = self._kept(db).of_subject
        key = keys.get(subject)
        if key is None:
            key = keys[subject] = self._stored(db, subject) or self._made(db, subject)
        return key

    def by_id(self, db: SqlConnection, key_id: str) -> DataKey | None:
        """The key with this id; `None` if it is unknown or was destroyed."""
        keys = self._kept(db).of_id
        if key_id not in keys:
            keys[key_id] = self._read(db, key_id)
        return keys[key_id]

    def _kept(self, db: SqlConnection) -> _Ring:
        """The keys in memory, with room for one more."""
        if self._ring.epoch is None:
            self.outdated(db)
        if max(len(self._ring.of_subject), len(self._ring.of_id)) >= _MOST_CACHED:
            self._ring = _Ring(self._ring.epoch)
        return self._ring

    def _read(self, db: SqlConnection, key_id: str) -> DataKey | None:
        row = db.execute(
            "SELECT kind, tenant_id, subject_id, wrapped FROM sealing_keys WHERE key_id = ?", (key_id,)
        ).fetchone()
        if row is None or row[3] is None:
            return None
        subject = Subject(row[0], row[1], row[2])
        return DataKey(key_id, self._master.unwrap(row[3], _label(key_id, subject)))

    def _stored(self, db: SqlConnection, subject: Subject) -> DataKey | None:
        row = db.execute(
            "SELECT key_id, wrapped FROM sealing_keys "
            "WHERE kind = ? AND tenant_id = ? AND subject_id = ? AND destroyed_at IS NULL",
            (subject.kind, subject.tenant_id, subject.id),
        ).fetchone()
        return None if row is None else DataKey(row[0], self._master.unwrap(row[1], _label(row[0], subject)))

    def _made(self, db: SqlConnection, subject: Subject) -> DataKey:
        # The id is random: it stands in clear in every event and in the list of erased keys, and must not name the
        # customer.
        secret, key_id = secrets.token_bytes(KEY_BYTES), f"key_{secrets.token_hex(16)}"
        made = db.execute(
            "INSERT INTO sealing_keys (key_id, kind, tenant_id, subject_id, wrapped, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                key_id,
                subject.kind,
                subject.tenant_id,
                subject.id,
                self._master.wrap(secret, _label(key_id, subject)),
                wire_time(datetime.now(UTC)),
            ),
        )
        if made.rowcount == 1:
            return DataKey(key_id, secret)
        return self.for_subject(db, subject)  # another process was first


def unwrapped(master: MasterKey, key_id: str, subject: Subject, wrapped: bytes) -> DataKey:
    """The key in a row of the key store. Raises `OperatorError` if another master key wrapped it."""
    return DataKey(key_id, master.unwrap(wrapped, _label(key_id, subject)))


def _label(key_id: str, subject: Subject) -> str:
    # A wrapped key is bound to its row: copied into another subject's row it does not unwrap.
    return "|".join((key_id, subject.kind, subject.tenant_id, subject.id))
