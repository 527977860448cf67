"""What the settings say about the record; odd values on their way into it; what a writer thread outlives."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from ultracore.audit import AuditEventType, AuditTrail
from ultracore.audit.database import RecordDatabase, SqlConnection
from ultracore.audit.defaults import audit_database, heads_topic, master_key, signing_key
from ultracore.audit.masking import WrongType, masked
from ultracore.audit.sealing import MasterKey
from ultracore.audit.store.sqlite import SqliteAuditStore
from ultracore.audit.store.sqlite_schema import SqliteDatabase
from ultracore.errors import AuditUnavailable, OperatorError
from ultracore.settings import Settings


class Colour(StrEnum):
    RED = "red"


def test_the_record_lies_in_the_data_directory_or_where_the_address_says(data_dir: Path) -> None:
    def place(url: str) -> RecordDatabase:
        return audit_database(Settings(data_dir=data_dir, audit_database_url=SecretStr(url)))

    assert audit_database(Settings(data_dir=data_dir)) == SqliteDatabase(data_dir / "audit.db")
    assert place(f"sqlite:///{data_dir}/other.db") == SqliteDatabase(data_dir / "other.db")
    there = place("postgresql://host/record")
    assert there == place("postgresql+asyncpg://host/record") == place("postgres://host/record")
    with pytest.raises(OperatorError, match="sqlite:///"):
        place("mysql://host/record")


def test_heads_have_a_topic_beside_the_events(data_dir: Path) -> None:
    assert heads_topic(Settings(data_dir=data_dir)) == "ultracore.audit.heads"


def test_keys_are_made_in_the_demo_and_never_in_production(data_dir: Path) -> None:
    production = Settings(data_dir=data_dir, env="production")
    for load in (master_key, signing_key):
        with pytest.raises(OperatorError, match="missing"):
            load(production)
    demo = Settings(data_dir=data_dir)
    assert master_key(demo).digest("x") == master_key(production).digest("x")
    assert signing_key(demo).key_id == signing_key(production).key_id


@pytest.mark.parametrize(
    ("value", "recorded"),
    [
        (Decimal("50.10"), "50.10"),
        (datetime(2026, 11, 23, tzinfo=UTC), "2026-11-23T00:00:00.000000Z"),
        (date(2026, 11, 23), "2026-11-23"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Colour.RED, "red"),
        (2**60, str(2**60)),
        (float("nan"), "nan"),
        ((1, 2), [1, 2]),
        (True, True),
        (0.5, 0.5),
    ],
)
def test_values_are_recorded_as_json(value: Any, recorded: Any) -> None:
    assert masked({"v": value}) == {"v": recorded}


def test_a_ring_of_containers_is_refused_rather_than_followed() -> None:
    ring: list[Any] = []
    ring.append(ring)
    with pytest.raises(WrongType, match="deeply"):
        masked(ring)


async def test_a_ring_in_an_event_fails_alone(trail: AuditTrail) -> None:
    ring: dict[str, Any] = {}
    ring["ring"] = ring
    with pytest.raises(AuditUnavailable):
        await trail.log_event(AuditEventType.LOGIN, "tenant_1", "x", metadata=ring)
    await trail.log_login("tenant_1", "user_1", success=True)


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=timezone(timedelta(hours=11)))])
async def test_a_time_that_utc_does_not_reach_fails_alone(trail: AuditTrail, moment: datetime) -> None:
    with pytest.raises(AuditUnavailable):
        await trail.log_event(AuditEventType.LOGIN, "tenant_1", "x", metadata={"time": moment})
    await trail.log_login("tenant_1", "user_1", success=True)


def test_every_value_has_a_digest_and_different_ones_differ(master: MasterKey) -> None:
    ring: list[Any] = []
    ring.append(ring)
    values = [
        float("nan"),
        Decimal("1"),
        Decimal("1.0"),
        "card 4111111111111111",
        "\ud800",
        ring,
        {"a": b""},
        {1: 2},
        object(),
    ]
    assert len({master.digest(value) for value in values}) == len(values)


async def test_a_job_that_fails_is_answered_and_the_writer_goes_on(store: SqliteAuditStore) -> None:
    def broken(db: SqlConnection) -> None:
        db.execute("INSERT INTO facts VALUES ('half', 'done')")
        raise RuntimeError("a bug")

    with pytest.raises(AuditUnavailable, match="RuntimeError"):
        await store.run(broken)
    found = await store.run(lambda db: db.execute("SELECT value FROM facts WHERE name = 'half'").fetchone())
    assert found is None
