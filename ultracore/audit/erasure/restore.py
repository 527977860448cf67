"""The list of erased keys, applied to a database that may be a restored copy from before an erasure."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final
from uuid import uuid4

from ultracore.audit.database import SqlConnection
from ultracore.audit.erasure import rows as rows
from ultracore.audit.erasure.erased_keys import ErasedList
from ultracore.audit.erasure.record import ErasureRecord
from ultracore.audit.erasure.rows import ErasureRow
from ultracore.audit.operator import SYSTEM
from ultracore.audit.store import AuditStore
from ultracore.audit.trail import AuditTrail
from ultracore.audit.values import Subject

_REASON: Final = "on the list of erased keys"


async def apply_list(store: AuditStore, erased: ErasedList) -> list[ErasureRow]:
    """Destroy every key that is on the list and here, and list every destroyed key that is not on it.

    Gives the erasures whose keys had come back: these are `destroyed` now, their other steps are still to do.
    To be called before anything is read or served. Raises `AuditUnavailable`; `OperatorError` for an altered list.
    """
    # Checked before anything is destroyed: an altered list must not decide which keys go.
    listed = await asyncio.to_thread(erased.keys)
    back = await store.run(partial(_destroy_listed, key_ids=sorted(listed)))
    for row in back:
        await ErasureRecord(AuditTrail(store=store)).applied_again(row, SYSTEM)
    if back:
        # The restored keys would stay readable in free pages of the database and in its write-ahead log.
        await store.scrub()
    # A list that was lost, or left behind in a move, is written again from the database.
    missing = set(await store.run(rows.destroyed_keys)) - listed
    if missing:
        await asyncio.to_thread(erased.add, "found_in_the_database", missing)
    return back


def _destroy_listed(db: SqlConnection, key_ids: Sequence[str]) -> list[ErasureRow]:
    living = rows.living_among(db, key_ids)
    if not living:
        return []
    rows.destroy_keys(db, [key_id for key_id, _ in living])
    by_subject: dict[Subject, list[str]] = {}
    for key_id, subject in living:
        by_subject.setdefault(subject, []).append(key_id)
    return [_erasure_of(db, subject, tuple(keys)) for subject, keys in by_subject.items()]


def _erasure_of(db: SqlConnection, subject: Subject, key_ids: tuple[str, ...]) -> ErasureRow:
    """The erasure that a crash stopped between list and key, or a new one for what else came back."""
    known = rows.unfinished_of(db, subject)
    if known is None:
        row = _new(subject, key_ids)
        rows.insert(db, row)
        return row
    rows.move(db, known.erasure_id, "begun", "destroyed")
    return replace(known, key_ids=key_ids)


def _new(subject: Subject, key_ids: tuple[str, ...]) -> ErasureRow:
    now = datetime.now(UTC)
    return ErasureRow(
        erasure_id=f"era_{uuid4().hex[:12]}",
        subject=subject,
        reason=_REASON,
        state="destroyed",
        key_ids=key_ids,
        requested_by=SYSTEM.person,
        requested_at=now,
        expires_at=now,
    )
