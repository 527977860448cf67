"""One producer identity for all relays of a record, so that the broker itself refuses a relay that lost its turn.

A partition takes batches of a producer id from its highest epoch only. Each connection goes one epoch up, under
the lease: what an earlier one still has on its way, its process stopped or its packets late, is then refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ultracore.audit.database import SqlConnection
from ultracore.audit.store import Lease, leases

# An epoch is a signed 16-bit number: after this one the producer needs a new id.
_LAST_EPOCH: Final = 32_766


@dataclass(frozen=True, slots=True)
class ProducerIdentity:
    """Kafka's producer id and epoch."""

    producer_id: int
    epoch: int


def next_identity(db: SqlConnection, lease: Lease, topic: str) -> ProducerIdentity | None:
    """The epoch for a new connection, used up by asking; `None` if a new producer id is needed.

    Raises `LeaseLost`. Inside a transaction.
    """
    leases.check(db, lease)
    row = db.execute("SELECT value FROM facts WHERE name = ?", (_name(topic),)).fetchone()
    if row is None:
        return None
    producer_id, epoch = (int(part) for part in str(row[0]).split(":"))
    if epoch >= _LAST_EPOCH:
        return None
    return _kept(db, topic, ProducerIdentity(producer_id, epoch + 1))


def keep_identity(db: SqlConnection, lease: Lease, topic: str, identity: ProducerIdentity) -> None:
    """Use this producer id from now on. Raises `LeaseLost`. Inside a transaction."""
    leases.check(db, lease)
    _kept(db, topic, identity)


def forget_identity(db: SqlConnection, lease: Lease, topic: str) -> None:
    """The broker does not take this identity although the lease is ours: the next connection gets a new one.

    That happens if the database was restored from a copy. Raises `LeaseLost`. Inside a transaction.
    """
    leases.check(db, lease)
    db.execute("DELETE FROM facts WHERE name = ?", (_name(topic),))


def _kept(db: SqlConnection, topic: str, identity: ProducerIdentity) -> ProducerIdentity:
    db.execute(
        "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (_name(topic), f"{identity.producer_id}:{identity.epoch}"),
    )
    return identity


def _name(topic: str) -> str:
    return f"relay_producer:{topic}"
