"""The consumer over the store: catching up, racing, alarms on the record, how far behind it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from tests.audit.index.world import a_record, contents, customer, forged, published, subject, talk
from tests.audit.stores import Place
from ultracore.audit import AuditEventType, AuditSeverity, AuditStore, AuditTrail, EventFilter
from ultracore.audit.index import AuditIndex, Batch, IndexConsumer, Lag, Query
from ultracore.audit.index.defaults import open_consumer
from ultracore.audit.index.store_source import StoreSource
from ultracore.audit.index.values import Move
from ultracore.errors import AuditUnavailable


@pytest.fixture
async def consumer(index: AuditIndex, store: AuditStore, trail: AuditTrail) -> AsyncIterator[IndexConsumer]:
    made = IndexConsumer(index, StoreSource(store, batch=4, poll_seconds=0.01), trail, standby_seconds=0.01)
    yield made
    await made.close()


class Listed:
    """A `Source` over a list of batches."""

    name = "listed"

    def __init__(self, *batches: list[bytes]) -> None:
        self._batches = batches

    async def next(self, progress: Mapping[str, int]) -> Batch:
        place = progress.get("0", 0)
        return Batch(self._batches[place], {"0": Move(place, place + 1)}) if self._left(progress) else Batch()

    async def lag(self, progress: Mapping[str, int]) -> Lag:
        return Lag(self._left(progress), 0.0)

    async def close(self) -> None:
        """Nothing is open."""

    def _left(self, progress: Mapping[str, int]) -> int:
        return len(self._batches) - progress.get("0", 0)


async def test_the_index_catches_up_with_the_store_and_says_how_far_behind_it_was(
    consumer: IndexConsumer, store: AuditStore, trail: AuditTrail
) -> None:
    assert await consumer.lag() == Lag(0, 0.0)
    begun = datetime.now(UTC)
    await a_record(trail)
    number = len(await published(store))
    behind = await consumer.lag()
    assert behind.events == number
    assert 0 < behind.seconds <= (datetime.now(UTC) - begun) / timedelta(seconds=1)
    assert await consumer.catch_up() == number
    assert await consumer.lag() == Lag(0, 0.0)
    await talk(trail, customer(1), "conv-1", "more")
    assert (await consumer.lag()).events == await consumer.catch_up() > 0
    assert (await consumer.index.status()).missing == 0


async def test_a_rebuilt_index_is_equal(consumer: IndexConsumer, trail: AuditTrail) -> None:
    await a_record(trail)
    await consumer.catch_up()
    before = await contents(consumer.index)
    await consumer.index.clear()
    assert (await consumer.index.status()).events == 0
    await consumer.catch_up()
    assert await contents(consumer.index) == before


async def test_two_consumers_of_one_index_share_the_work_and_lose_nothing(
    consumer: IndexConsumer, index: AuditIndex, store: AuditStore, trail: AuditTrail
) -> None:
    other = IndexConsumer(index, StoreSource(store, batch=3, poll_seconds=0.01), trail, standby_seconds=0.01)
    await a_record(trail)
    number = len(await published(store))
    async with asyncio.timeout(20):
        new = await asyncio.gather(consumer.catch_up(), other.catch_up())
    assert sum(new) == number == (await index.status()).events
    assert (await index.status()).alarms == 0


async def test_an_alarm_is_a_critical_event_of_its_tenants_system_stream_once(
    index: AuditIndex, store: AuditStore, trail: AuditTrail
) -> None:
    await talk(trail, customer(1), "conv-1", "one")
    everything = await published(store)
    other = forged(everything[1], result="other")
    consumer = IndexConsumer(index, Listed([*everything, other], [other]), trail)
    await consumer.catch_up()
    (alarm,) = await store.select(EventFilter(types=frozenset({AuditEventType.SECURITY_INCIDENT})))
    assert (alarm.severity, alarm.tenant_id) == (AuditSeverity.CRITICAL, "tenant_1")
    assert (alarm.stream_id or "").startswith("system:tenant_1:")
    assert (alarm.metadata or {})["kind"] == "second_hash"
    again = IndexConsumer(index, Listed([*everything, other], [other]), trail)
    await again.step()
    assert len(await store.select(EventFilter(types=frozenset({AuditEventType.SECURITY_INCIDENT})))) == 1


async def test_an_alarm_that_could_not_be_recorded_is_recorded_later(
    index: AuditIndex, store: AuditStore, trail: AuditTrail
) -> None:
    await talk(trail, customer(1), "conv-1", "one")
    everything = await published(store)
    broken = IndexConsumer(index, Listed([b"nonsense", *everything]), Refusing(store=store))
    with pytest.raises(AuditUnavailable):
        await broken.catch_up()
    assert len(await index.alarms(announced=False)) == 1
    await IndexConsumer(index, Listed([]), trail).catch_up()
    assert await index.alarms(announced=False) == []
    assert len(await store.select(EventFilter(tenant_id="none"))) == 1


class Refusing(AuditTrail):
    """A trail whose store takes nothing."""

    async def append(self, *args: object, **kwargs: object) -> object:  # type: ignore[override]
        raise AuditUnavailable("the disk is full")


async def test_a_stream_of_each_kind_is_found_after_catching_up(
    consumer: IndexConsumer, trail: AuditTrail
) -> None:
    await a_record(trail)
    await consumer.catch_up()
    assert len(await consumer.index.find(Query(system=True))) == 1
    assert len(await consumer.index.find(Query())) == 3


async def test_the_index_follows_a_record_on_either_database_and_forgets(place: Place) -> None:
    store = await place.open()
    trail = AuditTrail(store=store)
    await a_record(trail)
    consumer = await open_consumer(place.settings, store, None)
    number = len(await published(store))
    assert (await consumer.lag()).events == await consumer.catch_up() == number
    assert len(await consumer.index.find(Query(words=("umbrella",)))) == 3
    assert await consumer.index.forget(subject(1)) > 0
    assert len(await consumer.index.find(Query(words=("umbrella",)))) == 2
    await consumer.close()
    await consumer.index.close()
