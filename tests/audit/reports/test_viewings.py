"""Who looked at a customer's data, asked of the record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tests.audit.stores import Place
from ultracore.audit import AuditEvent, AuditEventType, AuditStore, AuditTrail
from ultracore.audit.reports import Viewings


@pytest.fixture
async def record(place: Place) -> AsyncIterator[AuditStore]:
    opened = await place.open()
    yield opened
    await opened.close()


async def read_by_staff(store: AuditStore, customer_id: str, conversation: str | None = None) -> AuditEvent:
    """A member of staff reads a customer's data in a conversation."""
    return await AuditTrail(store=store).log_event(
        AuditEventType.DATA_ACCESSED,
        "tenant_1",
        "A member of staff read a customer's data",
        user_id="teller1",
        session_id=conversation,
        resource_type="customer",
        resource_id=customer_id,
        action="get_customer_360",
    )


async def viewed(store: AuditStore, conversation: str, reason: str) -> AuditEvent:
    """A supervisor opens a conversation."""
    return await AuditTrail(store=store).log_event(
        AuditEventType.CONVERSATION_VIEWED,
        "tenant_1",
        "A supervisor opened a conversation",
        user_id="supervisor1",
        resource_type="conversation",
        resource_id=conversation,
        metadata={"stated_reason": reason},
    )


async def test_a_look_is_listed_though_the_data_was_read_before_the_days_that_are_asked_for(
    record: AuditStore,
) -> None:
    await read_by_staff(record, "cust_1", "conv-staff")
    await read_by_staff(record, "cust_2", "conv-other")
    since = datetime.now(UTC)
    await viewed(record, "conv-staff", "complaint 4711")
    await viewed(record, "conv-other", "complaint 4712")
    looks = await Viewings(record).of_customer("tenant_1", "cust_1", since=since)
    assert [(look.who, look.kind, look.reason) for look in looks] == [
        ("supervisor1", "conversation", "complaint 4711")
    ]


async def test_looks_come_newest_first_and_end_where_asked(record: AuditStore) -> None:
    first = await read_by_staff(record, "cust_1", "conv-staff")
    second = await viewed(record, "conv-staff", "quality check")
    looks = await Viewings(record).of_customer("tenant_1", "cust_1")
    assert [look.time for look in looks] == [second.timestamp, first.timestamp]
    until = await Viewings(record).of_customer("tenant_1", "cust_1", until=second.timestamp)
    assert [look.time for look in until] == [first.timestamp]


async def test_a_look_at_a_customer_whose_id_is_sealed_is_found(record: AuditStore) -> None:
    await read_by_staff(record, "Ada Example <ada@example.com>")
    looks = await Viewings(record).of_customer("tenant_1", "Ada Example <ada@example.com>")
    assert [look.who for look in looks] == ["teller1"]
