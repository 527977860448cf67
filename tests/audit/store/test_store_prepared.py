"""Drafts that are masked and sealed as they are handed over: the record is the same, on both databases."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from tests.audit.stores import Place, a_draft
from ultracore.audit import AuditStore, Draft, Subject
from ultracore.audit.database import SqlConnection
from ultracore.audit.erasure.rows import destroy_keys
from ultracore.errors import AuditUnavailable

SECONDS = 20
OTHER = Subject("customer", "tenant_1", "cust_2")
TEXTS = {
    "text": "my password is hunter2 and the card 4111 1111 1111 1111",
    "plain": "what have I paid to City Power since June, and whether the rent of 480.00 went out yesterday",
    "user": "customer10",
    "pin": "1234",
    "rows": [{"text": "Rent", "amount": "-480.00"}] * 5,
}


@pytest.fixture
async def store(place: Place) -> AuditStore:
    return await place.open()


async def _handed_over(*work: Coroutine[Any, Any, Any]) -> list[asyncio.Task[Any]]:
    """Tasks that have each handed over what they do, in this order."""
    tasks = [asyncio.create_task(one) for one in work]
    await asyncio.sleep(0)
    return tasks


def _destroying(key_id: str, go: threading.Event) -> Callable[[SqlConnection], int]:
    def destroyed(db: SqlConnection) -> int:
        assert go.wait(SECONDS)
        return destroy_keys(db, [key_id])

    return destroyed


async def test_what_was_sealed_before_its_key_was_destroyed_is_sealed_anew(store: AuditStore) -> None:
    first = await store.append(a_draft("evt-1"))
    other = replace(a_draft("evt-2", "conv-2"), subject=OTHER)
    await store.append(other)
    assert first.event.sealed is not None
    destroyed, go = first.event.sealed["key_id"], threading.Event()
    # Drafts in one group are sealed anew together; the job between them makes the last one a group of its own,
    # after the writing thread has learned from the one before it that a key is gone.
    tasks = await _handed_over(
        store.run(_destroying(destroyed, go)),
        store.append(replace(other, event=replace(other.event, event_id="evt-3"))),
        store.run(lambda db: None),
        store.append(a_draft("evt-4")),
    )
    go.set()
    *_, late = await asyncio.gather(*tasks)
    assert late.event.sealed["key_id"] != destroyed
    assert [event.sealed["key_id"] for event in await store.events("conv-1") if event.sealed] == [
        destroyed,
        late.event.sealed["key_id"],
    ]
    assert [event.erased for event in await store.events("conv-1")] == [True, False]


async def test_an_event_is_masked_alike_whether_its_key_and_texts_were_known_or_not(store: AuditStore) -> None:
    drafts = [a_draft(f"evt-{number}") for number in range(3)]
    said = [Draft(replace(one.event, user_id="customer10", metadata=dict(TEXTS)), one.subject) for one in drafts]
    unknown, known, again = [(await store.append(one)).event for one in said]
    assert unknown.metadata == known.metadata == again.metadata
    assert "hunter2" not in str(unknown.metadata)
    assert "4111 1111" not in str(unknown.metadata)
    assert unknown.user_id == known.user_id == again.user_id


@pytest.mark.parametrize(
    "broken",
    [
        Draft(replace(a_draft("evt-2").event, metadata={"x": object()}), a_draft("evt-2").subject),
        Draft(replace(a_draft("evt-2").event, metadata={"x": "\ud800"}), a_draft("evt-2").subject),
        Draft(a_draft("evt-2").event, Subject("customer", "tenant_1", ["cust_1"])),  # type: ignore[arg-type]
        Draft(replace(a_draft("evt-2").event, description=12), a_draft("evt-2").subject),  # type: ignore[arg-type]
    ],
)
async def test_a_broken_event_under_a_known_key_is_rejected_alone(store: AuditStore, broken: Draft) -> None:
    await store.append(a_draft("evt-1"))
    answers = await asyncio.gather(store.append(broken), store.append(a_draft("evt-3")), return_exceptions=True)
    assert isinstance(answers[0], AuditUnavailable)
    assert answers[0].code == "audit.event_rejected"
    kept = await store.events("conv-1")
    assert [str(event.event_type) for event in kept] == ["user_message", "audit_event_rejected", "user_message"]
