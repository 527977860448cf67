"""A hundred thousand keys, a bounded list, and the database that a program asks for."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.cache.conftest import SYSTEM_SERVER, Server, tcp_server
from tests.cache.waiting import eventually
from ultracore.cache import CacheManager, RedisCache, RedisClient
from ultracore.cache.cache_manager import MOST_EVENTS
from ultracore.cache.client import RedisEndpoint
from ultracore.cache.redis_cache import InvalidationIncomplete
from ultracore.errors import OperatorError

FILL = "for number = 1, 100000 do redis.call('SET', 'ultracore:user:' .. number, 1) end"


async def test_a_hundred_thousand_keys_go_or_it_says_how_many_did(own_server: Server) -> None:
    client = RedisClient(own_server.endpoint, call_seconds=60)
    cache = RedisCache(client=client, secret=b"tests")
    await client.everywhere("EVAL", FILL, "0")
    await cache.set("account:1", 1)
    assert await cache.invalidate_pattern("user:*") == 100_000
    assert await cache.get("account:1") == 1
    await client.everywhere("EVAL", FILL, "0")
    hasty = RedisClient(own_server.endpoint, call_seconds=0.5)
    deleting = asyncio.create_task(RedisCache(client=hasty, secret=b"tests").invalidate_pattern("user:*"))
    await eventually(lambda: some_are_gone(client))
    with own_server.hung(), pytest.raises(InvalidationIncomplete) as told:
        await deleting
    left = sum(await client.everywhere("DBSIZE")) - 1
    assert 0 < told.value.deleted <= 100_000 - left < 100_000
    assert str(told.value.deleted) in told.value.message
    await client.aclose()
    await hasty.aclose()


async def some_are_gone(client: RedisClient) -> bool:
    left: int = sum(await client.everywhere("DBSIZE"))
    return left < 90_000


async def test_the_newest_events_of_a_tenant_are_kept_and_no_more(cache: RedisCache) -> None:
    manager = CacheManager(cache)
    for number in range(MOST_EVENTS + 5):
        await manager.remember_audit_event("tenant_1", {"number": number})
    await manager.remember_audit_event("tenant_2", {"number": 0})
    newest = [event["number"] for event in await manager.recent_audit_events("tenant_1", limit=3)]
    assert newest == [MOST_EVENTS + 4, MOST_EVENTS + 3, MOST_EVENTS + 2]
    assert len(await manager.recent_audit_events("tenant_1", limit=10_000)) == MOST_EVENTS
    assert await manager.recent_audit_events("tenant_1", limit=0) == []
    assert 3_590 < await cache.ttl("audit_event:tenant_1") <= 3_600


@pytest.mark.skipif(SYSTEM_SERVER is None, reason="no redis-server on PATH")
async def test_a_database_goes_before_the_one_of_redis_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tcp_server(tmp_path) as server:
        monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{server.endpoint.port}/3")
        monkeypatch.setenv("ULTRACORE_DATA_DIR", str(tmp_path / "data"))
        async with RedisCache() as of_url, RedisCache(db=5) as of_program:
            await of_url.set("name", "url")
            await of_program.set("name", "program")
            assert (await of_url.get("name"), await of_program.get("name")) == ("url", "program")
        for db, kept in ((3, 1), (5, 1), (0, 0)):
            client = RedisClient(RedisEndpoint(port=server.endpoint.port, db=db))
            assert await client.everywhere("DBSIZE") == [kept]
            await client.aclose()


def test_a_cluster_has_no_other_database() -> None:
    with pytest.raises(OperatorError):
        RedisEndpoint(url="redis+cluster://a:1", db=2).read()
