"""Derived results over one Redis: two replicas, their own writes, and a Redis that is away, hangs or lies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.banking.ledgers import Ledger, in_file
from tests.banking.support import Desk, MovableClock, change_rows, customer
from tests.cache.conftest import Server, embedded_server, keys_of
from ultracore.banking import Bank, Money
from ultracore.banking.lending import CreditRisk, LoanWish, purpose_of
from ultracore.cache import CacheManager, RedisCache, RedisClient
from ultracore.cache.derived import DerivedCache
from ultracore.cache.stores import RedisEraser, Traces
from ultracore.cache.stores.seals import DerivedSeals
from ultracore.principal import Connection

WHO = ("tenant_1", "cust_1")
OTHER = ("tenant_1", "cust_2")


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with embedded_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@dataclass(frozen=True)
class Replica:
    bank: Bank
    client: RedisClient
    manager: CacheManager

    async def score(self) -> CreditRisk:
        return await self.bank.lending.risk(*WHO)

    def reads(self, kind: str = "credit_score") -> tuple[int, int]:
        counts = self.manager.classes.get(kind)
        return (0, 0) if counts is None else (counts.hits, counts.misses)


async def open_replica(url: str, clock: MovableClock, server: Server, seconds: float = 10.0) -> Replica:
    bank, client = await Bank.open(url, clock=clock), RedisClient(server.endpoint, call_seconds=seconds)
    manager = CacheManager(RedisCache(client=client, namespace="derived", secret=b"tests"))
    bank.derived.keeper = DerivedCache(manager, DerivedSeals(b"the seals of the tests"))
    return Replica(bank, client, manager)


@pytest.fixture
async def replicas(ledger: Ledger, clock: MovableClock, redis: Server) -> AsyncIterator[tuple[Replica, Replica]]:
    both = await open_replica(ledger.url, clock, redis), await open_replica(ledger.url, clock, redis)
    await both[0].client.everywhere("FLUSHALL")
    yield both
    for one in both:
        await one.bank.close()
        await one.client.aclose()


@pytest.fixture
async def replica(ledger_file: Path, clock: MovableClock, redis: Server) -> AsyncIterator[Replica]:
    one = await open_replica(in_file(ledger_file).url, clock, redis)
    await one.client.everywhere("FLUSHALL")
    yield one
    await one.bank.close()
    await one.client.aclose()


async def from_ledger(bank: Bank) -> CreditRisk:
    keeper, bank.derived.keeper = bank.derived.keeper, None
    try:
        return await bank.lending.risk(*WHO)
    finally:
        bank.derived.keeper = keeper


async def test_what_one_replica_worked_out_another_takes_until_a_write_of_either(
    replicas: tuple[Replica, Replica], clock: MovableClock
) -> None:
    one, other = replicas
    assert await one.score() == await other.score() == await from_ledger(one.bank)
    assert (one.reads(), other.reads()) == ((0, 1), (1, 0))
    desk, before = Desk(one.bank), await other.bank.risk.profile(*WHO)
    proposal = await desk.claim(await desk.open("900", "Northside Rentals", source="acc_2"))
    await one.bank.proposals.settle(proposal.proposal_id, "evt-1")
    clock.advance(1)
    profile = await other.bank.risk.profile(*WHO)
    assert profile.outgoing_30_days.minor - before.outgoing_30_days.minor == 90_000
    assert await other.score() == await from_ledger(other.bank)
    assert other.reads() == (1, 1)


async def test_a_hold_a_changed_customer_and_a_new_day_each_make_what_is_kept_worthless(
    replica: Replica, clock: MovableClock
) -> None:
    bank, desk = replica.bank, Desk(replica.bank)
    versions = [await bank.derived.version(*WHO)]
    await desk.claim(await desk.open("50"))
    versions.append(await bank.derived.version(*WHO))
    await change_rows(bank.database, "UPDATE customers SET kyc_status = 'pending' WHERE customer_id = 'cust_1'")
    versions.append(await bank.derived.version(*WHO))
    clock.advance(86_400)
    versions.append(await bank.derived.version(*WHO))
    assert len({*versions}) == 4
    assert await bank.derived.version("tenant_2", "cust_1") is None


async def test_what_lies_in_redis_is_sealed_and_an_erasure_finds_it(replica: Replica) -> None:
    await replica.bank.risk.profile(*WHO)
    key = b"derived:risk_profile:tenant_1:cust_1"
    assert await keys_of(replica.client) == [key]
    value = await replica.client.call("GET", key)
    assert b"standard" not in value
    assert b"outgoing" not in value
    traces = Traces(tenant_id="tenant_1", customer_id="cust_1", user_ids=frozenset(), conversation_ids=frozenset())
    assert await RedisEraser(replica.client).forget(traces) == 1


async def test_a_value_that_was_copied_changed_or_put_back_counts_as_none(replica: Replica) -> None:
    bank, client = replica.bank, replica.client
    mine, theirs = (f"derived:credit_score:tenant_1:cust_{number}" for number in (1, 2))
    right = await replica.score()
    old = await client.call("GET", mine)
    assert await bank.lending.risk(*OTHER) != right
    await client.call("SET", mine, await client.call("GET", theirs))
    assert await replica.score() == right
    for junk in (
        b"",
        b"\xff",
        b"[]",
        b'{"sealed": 1}',
        b'{"sealed": "AAAA", "seconds": 1e999, "at": NaN}',
        old[:-40],
    ):
        await client.call("SET", mine, junk)
        assert await replica.score() == right
    await client.call("DEL", mine)
    await client.call("RPUSH", mine, "a list")
    assert await replica.score() == right
    await client.call("DEL", mine)
    await change_rows(bank.database, "UPDATE customers SET since = '2026-11-01' WHERE customer_id = 'cust_1'")
    await client.call("SET", mine, old)
    assert await replica.score() == await from_ledger(bank) != right
    assert replica.reads()[0] == 0


async def test_a_redis_that_hangs_costs_one_read_its_deadline_and_fails_none(
    replica: Replica, ledger_file: Path, clock: MovableClock, redis: Server
) -> None:
    hasty = await open_replica(in_file(ledger_file).url, clock, redis, seconds=0.25)
    right = await replica.score()
    with redis.hung():
        assert await hasty.score() == right
        asked = hasty.manager.classes["credit_score"].errors
        for _ in range(3):
            assert await hasty.score() == right
        assert hasty.manager.classes["credit_score"].errors == asked == 1
    await hasty.bank.close()
    await hasty.client.aclose()


async def test_the_fraud_score_and_a_loan_that_is_decided_ask_no_cache(replica: Replica) -> None:
    desk, bank = Desk(replica.bank), replica.bank
    await bank.risk.score_transfer(await desk.terms("50"), customer(), Connection("203.0.113.7", "a browser"))
    wish = LoanWish(purpose=purpose_of("a used car"), amount=Money.parse("9000"), term_months=36)
    await bank.lending.eligibility(*WHO, wish)
    await bank.accounts.of_customer(*WHO)
    assert replica.manager.classes == {}
