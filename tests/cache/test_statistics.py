"""What the cache counts, what `/metrics` says of it, and how long derived results live."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from tests.cache.conftest import principal
from ultracore.cache import CacheManager, CacheMetrics, RedisCache, RedisClient
from ultracore.cache.client import RedisEndpoint
from ultracore.cache.derived import DerivedCache, Preloader
from ultracore.cache.derived.lifetimes import LONGEST, SHORTEST, after_change, after_use, bounded
from ultracore.cache.stores import RuntimeStores
from ultracore.cache.stores.seals import DerivedSeals
from ultracore.errors import CacheUnavailable

WHO = ("score", "tenant_1", "cust_1")


@pytest.fixture
def manager(cache: RedisCache) -> CacheManager:
    return CacheManager(cache)


async def test_hits_misses_writes_and_latency_are_counted_by_class_of_key(manager: CacheManager) -> None:
    assert await manager.get_cached_account("t", "a") is None
    await manager.cache_account("t", "a", {"balance": "1.00"})
    await manager.get_cached_account("t", "a")
    await manager.get_session("s")
    stats = manager.stats()
    account = stats["account"]
    assert (account["hits"], account["misses"], account["writes"], account["hit_rate"]) == (1, 1, 1, 0.5)
    assert account["mean_ms"]
    assert stats["session"]["misses"] == 1
    json.dumps(stats)


async def test_metrics_name_classes_connections_and_errors(manager: CacheManager, client: RedisClient) -> None:
    await manager.cache_account("t", "a", {})
    with pytest.raises(CacheUnavailable):
        await client.call("INCR", "ultracore:account:t:a")
    registry = CollectorRegistry()
    registry.register(CacheMetrics(manager, client))
    text = generate_latest(registry).decode()
    assert 'ultracore_cache_writes_total{kind="account"} 1.0' in text
    assert 'ultracore_cache_seconds_count{kind="account"} 1.0' in text
    assert 'ultracore_redis_errors_total{code="cache.failed"} 1.0' in text
    assert 'ultracore_redis_connections{state="busy"} 0.0' in text
    assert "ultracore_redis_waiting_calls 0.0" in text


async def test_a_server_that_is_away_is_an_error_of_the_class(tmp_path: Path) -> None:
    client = RedisClient(RedisEndpoint(path=tmp_path / "no.sock"))
    manager = CacheManager(RedisCache(client=client, secret=b"tests"))
    with pytest.raises(CacheUnavailable):
        await manager.get_cached_account("t", "a")
    assert manager.stats()["account"]["errors"] == 1
    assert sum(client.errors.values()) == 1


async def test_what_is_used_lives_longer_up_to_a_bound_and_what_changes_shorter(
    manager: CacheManager, client: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    derived, now = DerivedCache(manager, DerivedSeals(b"tests")), 1_000_000.0
    monkeypatch.setattr("ultracore.cache.derived.service.time.time", lambda: now)
    await derived.keep(*WHO, "v1", b"750")
    lives = [await manager.cache.ttl("score:tenant_1:cust_1")]
    for _ in range(8):
        now += lives[-1] * 0.75
        assert await derived.find(*WHO, "v1") == b"750"
        lives.append(await manager.cache.ttl("score:tenant_1:cust_1"))
    assert lives[:3] == [60, 120, 240]
    assert lives[-1] == LONGEST
    await derived.keep(*WHO, "v2", b"760")
    assert await manager.cache.ttl("score:tenant_1:cust_1") == LONGEST / 2
    assert await derived.find(*WHO, "v1") is None


@pytest.mark.parametrize("seconds", [float("nan"), float("-inf"), 0.0, 59.0, 1e308])
def test_no_number_leaves_the_bounds(seconds: float) -> None:
    lives = [bounded(seconds), after_use(seconds, LONGEST), after_change(seconds, 0.0)]
    assert all(life is not None and SHORTEST <= life <= LONGEST for life in lives)


async def test_who_is_signed_in_is_found_and_who_signs_in_is_told(stores: RuntimeStores) -> None:
    told: list[str] = []
    stores.logins.begun = lambda who: told.append(who.login_id)
    for number in range(5):
        await stores.logins.create(principal(login_id=f"login {number}"))
    await stores.logins.revoke("login 0")
    assert sorted(one.login_id for one in await stores.logins.living(10)) == [f"login {n}" for n in range(1, 5)]
    assert len(await stores.logins.living(2)) == 2
    assert told == [f"login {number}" for number in range(5)]


async def test_a_loader_that_fails_keeps_no_other_from_its_work() -> None:
    preloader, loaded, running, most = Preloader(), [], 0, 0

    async def load(number: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        if number == 1:
            raise CacheUnavailable("away", code="cache.unavailable")
        loaded.append(number)

    preloader.start([partial(load, number) for number in range(6)])
    await preloader.idle()
    assert (sorted(loaded), most) == ([0, 2, 3, 4, 5], 2)
    await preloader.stop()
