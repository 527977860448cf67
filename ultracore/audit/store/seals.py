"""A customer's key for what is kept of them outside the record, such as what a page shows.

The key is the one that seals their events: destroying it makes both unreadable.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from ultracore.audit.database import SqlConnection
from ultracore.audit.sealing import DataKey, EnvelopeBroken, MasterKey, SealingKeys
from ultracore.audit.store.service import AuditStore
from ultracore.audit.values import Subject
from ultracore.errors import AuditUnavailable

_LOOK_SECONDS: Final = 30.0
"""How long a key that was destroyed elsewhere may still be in this process's memory."""
_MOST: Final = 10_000
# A turn asks for seals many times: a record that is away costs it one wait, not one each.
_PATIENCE_SECONDS: Final = 2.0
_PAUSE_SECONDS: Final = 5.0
_SPARE: Final = "spare"


@dataclass(frozen=True, slots=True)
class SubjectSeal:
    """Seals texts under one subject's key. `spare` is used while the record does not give the key."""

    key: DataKey
    spare: DataKey

    def close(self, text: bytes, place: str) -> bytes:
        """`text` encrypted, bound to `place`, with the key's id in front."""
        return self.key.key_id.encode() + b"\n" + self.key.close(text, place)

    def open(self, sealed: bytes, place: str) -> bytes | None:
        """What was closed at that place; None if another key or another place closed it."""
        key_id, _, rest = sealed.partition(b"\n")
        key = next((one for one in (self.key, self.spare) if one.key_id.encode() == key_id), None)
        try:
            return None if key is None else key.reopen(rest, place)
        except EnvelopeBroken:
            return None


@dataclass(slots=True)
class _KnownKeys:
    epoch: str
    looked_at: float
    keys: dict[Subject, DataKey] = field(default_factory=dict)


class SubjectSeals:
    """The seals of an installation's people. A key that is in memory costs no question to the record."""

    def __init__(self, store: AuditStore, master: MasterKey) -> None:
        self._store = store
        self._master = master
        self._known = _KnownKeys("", 0.0)
        self._away_until = 0.0

    async def of(self, tenant_id: str, user_id: str, customer_id: str | None) -> SubjectSeal:
        """The seal of a customer, or of a member of staff. Raises nothing of the record's.

        While the record is away and the key is not in memory, it is a key that every replica can derive from the
        master key: a customer's own reads go on without the record.
        """
        subject = Subject.of_user(tenant_id, user_id, customer_id)
        spare = DataKey(_SPARE, bytes.fromhex(self._master.digest([_SPARE, subject.kind, tenant_id, subject.id])))
        if time.monotonic() >= self._away_until:
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    return SubjectSeal(await self._key(subject), spare)
            except (AuditUnavailable, TimeoutError):
                self._away_until = time.monotonic() + _PAUSE_SECONDS
        return SubjectSeal(self._known.keys.get(subject, spare), spare)

    async def _key(self, subject: Subject) -> DataKey:
        if time.monotonic() - self._known.looked_at > _LOOK_SECONDS:
            await self._look()
        found = self._known.keys.get(subject)
        if found is None:
            # Returned only once it is committed: what was sealed under a key that was rolled back is lost.
            found = await self._store.run(lambda db: self._stored(db, subject))
            if len(self._known.keys) >= _MOST:
                self._known.keys.clear()
            self._known.keys[subject] = found
        return found

    def _stored(self, db: SqlConnection, subject: Subject) -> DataKey:
        return SealingKeys(self._master).for_subject(db, subject)

    async def _look(self) -> None:
        """Drop every key if one was destroyed since the last look."""
        now = await self._store.read(lambda reader: reader.key_epoch())
        keys = self._known.keys if now == self._known.epoch else {}
        self._known = _KnownKeys(now, time.monotonic(), keys)
