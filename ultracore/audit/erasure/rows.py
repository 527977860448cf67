"""Rows of erasures, of their steps and of legal holds. Every function runs inside the caller's transaction."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import uuid4

from ultracore.audit.database import SqlConnection
from ultracore.audit.events import read_time, wire_time
from ultracore.audit.sealing import end_epoch
from ultracore.audit.values import Subject

State = Literal["requested", "confirmed", "begun", "destroyed", "done", "expired"]

_COLUMNS: Final = (
    "erasure_id, kind, tenant_id, subject_id, reason, state, key_ids, requested_by, requested_at, expires_at, "
    "confirmed_by"
)
# In parts, because SQLite before 3.32 takes no more than 999 variables in a statement.
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRow:
    """One erasure. `key_ids` are known from `begun` on; `requested_by` and `confirmed_by` name persons."""

    erasure_id: str
    subject: Subject
    reason: str
    state: State
    key_ids: tuple[str, ...]
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    confirmed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """How a step of an erasure stands: how many things it deleted, or the stable code of why it is not done."""

    name: str
    things: int
    done: bool
    failure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    """A legal hold that stands."""

    hold_id: str
    tenant_id: str
    customer_id: str
    reason: str
    placed_by: str
    placed_at: datetime


def insert(db: SqlConnection, row: ErasureRow) -> None:
    """A new erasure."""
    subject = row.subject
    place = (row.erasure_id, subject.kind, subject.tenant_id, subject.id, row.reason, row.state)
    times = (wire_time(row.requested_at), wire_time(row.expires_at))
    db.execute(
        f"INSERT INTO erasures ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (*place, json.dumps(row.key_ids), row.requested_by, *times, row.confirmed_by),
    )


def get(db: SqlConnection, erasure_id: str) -> ErasureRow | None:
    """One erasure."""
    return _first(db, "erasure_id = ?", (erasure_id,))


def unfinished_of(db: SqlConnection, subject: Subject) -> ErasureRow | None:
    """The subject's erasure that is asked for or under way."""
    where = "kind = ? AND tenant_id = ? AND subject_id = ? AND state NOT IN ('done', 'expired')"
    return _first(db, where, (subject.kind, subject.tenant_id, subject.id))


def unfinished(db: SqlConnection) -> list[ErasureRow]:
    """Every erasure that may go on: confirmed and not done. Oldest first."""
    return _all(db, "state IN ('confirmed', 'begun', 'destroyed') ORDER BY requested_at, erasure_id", ())


def move(db: SqlConnection, erasure_id: str, expected: State, state: State, **values: str) -> bool:
    """From one state to the next; False if it is in another one."""
    columns = {"state": state, **values}
    if state in ("done", "expired"):
        columns["ended_at"] = wire_time(datetime.now(UTC))
    # The expected state is part of the condition, so that of two processes only one moves the erasure on.
    changes = ", ".join(f"{name} = ?" for name in columns)
    changed = db.execute(
        f"UPDATE erasures SET {changes} WHERE erasure_id = ? AND state = ?",  # noqa: S608
        (*columns.values(), erasure_id, expected),
    )
    return changed.rowcount == 1


def steps_of(db: SqlConnection, erasure_id: str) -> dict[str, Step]:
    """The steps that were tried, by name."""
    found = db.execute(
        "SELECT step, things, done_at, failure FROM erasure_steps WHERE erasure_id = ?", (erasure_id,)
    ).fetchall()
    return {name: Step(name, things, done_at is not None, failure) for name, things, done_at, failure in found}


def note_step(db: SqlConnection, erasure_id: str, name: str, things: int, failure: str | None) -> None:
    """A step is done, or failed with a stable code."""
    done_at = wire_time(datetime.now(UTC)) if failure is None else None
    db.execute(
        "INSERT INTO erasure_steps (erasure_id, step, things, done_at, failure) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (erasure_id, step) DO UPDATE SET "
        "things = excluded.things, done_at = excluded.done_at, failure = excluded.failure",
        (erasure_id, name, things, done_at, failure),
    )


def live_keys(db: SqlConnection, subject: Subject) -> tuple[str, ...]:
    """The ids of the subject's keys that are not destroyed."""
    found = db.execute(
        "SELECT key_id FROM sealing_keys WHERE kind = ? AND tenant_id = ? AND subject_id = ? "
        "AND destroyed_at IS NULL ORDER BY key_id",
        (subject.kind, subject.tenant_id, subject.id),
    ).fetchall()
    return tuple(row[0] for row in found)


def living_among(db: SqlConnection, key_ids: Sequence[str]) -> list[tuple[str, Subject]]:
    """The keys among these that are here and not destroyed, with their subjects."""
    found: list[tuple[str, Subject]] = []
    for start in range(0, len(key_ids), _CHUNK):
        some = key_ids[start : start + _CHUNK]
        rows = db.execute(
            "SELECT key_id, kind, tenant_id, subject_id FROM sealing_keys "  # noqa: S608
            f"WHERE destroyed_at IS NULL AND key_id IN ({', '.join('?' * len(some))})",
            tuple(some),
        ).fetchall()
        found += [(row[0], Subject(*row[1:])) for row in rows]
    return found


def destroyed_keys(db: SqlConnection) -> list[str]:
    """The ids of all keys that were destroyed."""
    rows = db.execute("SELECT key_id FROM sealing_keys WHERE destroyed_at IS NOT NULL ORDER BY key_id").fetchall()
    return [row[0] for row in rows]


def destroy_keys(db: SqlConnection, key_ids: Iterable[str]) -> int:
    """Overwrite the wrapped keys and take them away; how many were there. Every cache of keys is void after it."""
    now, destroyed = wire_time(datetime.now(UTC)), 0
    for key_id in key_ids:
        row = db.execute("SELECT wrapped FROM sealing_keys WHERE key_id = ?", (key_id,)).fetchone()
        if row is None or row[0] is None:
            continue
        # Bytes of the same length go over the old ones in place, before the row gives the room back.
        noise = secrets.token_bytes(len(row[0]))
        db.execute("UPDATE sealing_keys SET wrapped = ? WHERE key_id = ?", (noise, key_id))
        db.execute("UPDATE sealing_keys SET wrapped = NULL, destroyed_at = ? WHERE key_id = ?", (now, key_id))
        destroyed += 1
    # In the same transaction: a process that finds the epoch unchanged may rely on its keys.
    end_epoch(db)
    return destroyed


def customers_named(db: SqlConnection, customer_id: str) -> list[str]:
    """The tenants in which the record knows a customer of this id."""
    rows = db.execute(
        "SELECT DISTINCT tenant_id FROM sealing_keys WHERE kind = 'customer' AND subject_id = ? ORDER BY 1",
        (customer_id,),
    ).fetchall()
    return [row[0] for row in rows]


def evidence_keys(db: SqlConnection) -> list[Subject]:
    """The customers and years whose transaction evidence still has its key."""
    rows = db.execute(
        "SELECT kind, tenant_id, subject_id FROM sealing_keys WHERE kind = 'evidence' AND destroyed_at IS NULL "
        "ORDER BY tenant_id, subject_id"
    ).fetchall()
    return [Subject(*row) for row in rows]


def standing_hold(db: SqlConnection, tenant_id: str, customer_id: str | None) -> HoldRow | None:
    """The legal hold on a customer."""
    return next(
        (hold for hold in holds(db) if (hold.tenant_id, hold.customer_id) == (tenant_id, customer_id)), None
    )


def holds(db: SqlConnection) -> list[HoldRow]:
    """Every hold that stands."""
    rows = db.execute(
        "SELECT hold_id, tenant_id, customer_id, reason, placed_by, placed_at FROM legal_holds "
        "WHERE released_at IS NULL ORDER BY placed_at"
    ).fetchall()
    names = ("hold_id", "tenant_id", "customer_id", "reason", "placed_by")
    return [HoldRow(**dict(zip(names, row, strict=False)), placed_at=read_time(row[5])) for row in rows]


def place_hold(db: SqlConnection, tenant_id: str, customer_id: str, reason: str, by: str) -> str:
    """A new hold's id. The schema refuses a second one that stands."""
    hold_id = f"hold_{uuid4().hex[:12]}"
    db.execute(
        "INSERT INTO legal_holds (hold_id, tenant_id, customer_id, reason, placed_by, placed_at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (hold_id, tenant_id, customer_id, reason, by, wire_time(datetime.now(UTC))),
    )
    return hold_id


def release_hold(db: SqlConnection, hold_id: str, by: str) -> None:
    """The hold stands no longer."""
    db.execute(
        "UPDATE legal_holds SET released_by = ?, released_at = ? WHERE hold_id = ?",
        (by, wire_time(datetime.now(UTC)), hold_id),
    )


def _first(db: SqlConnection, where: str, values: tuple[Any, ...]) -> ErasureRow | None:
    return next(iter(_all(db, where, values)), None)


def _all(db: SqlConnection, where: str, values: tuple[Any, ...]) -> list[ErasureRow]:
    rows = db.execute(f"SELECT {_COLUMNS} FROM erasures WHERE {where}", values).fetchall()  # noqa: S608
    return [_row(*row) for row in rows]


def _row(
    erasure_id: str, kind: Any, tenant_id: str, subject_id: str, reason: str, state: Any, *rest: Any
) -> ErasureRow:
    key_ids, requested_by, requested_at, expires_at, confirmed_by = rest
    return ErasureRow(
        erasure_id=erasure_id,
        subject=Subject(kind, tenant_id, subject_id),
        reason=reason,
        state=state,
        key_ids=tuple(json.loads(key_ids)),
        requested_by=requested_by,
        requested_at=read_time(requested_at),
        expires_at=read_time(expires_at),
        confirmed_by=confirmed_by,
    )
