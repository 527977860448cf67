"""A cluster and a watched master: what moves is followed, and a server that dies is replaced."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from redis.crc import key_slot

from tests.cache.conftest import SYSTEM_SERVER, principal
from tests.cache.waiting import eventually
from tests.support.deadlines import gives_up
from tests.support.redis_servers import RedisCluster, WatchedRedis, ask
from ultracore.cache import RedisClient
from ultracore.cache.client import RedisEndpoint
from ultracore.cache.stores import RuntimeStores
from ultracore.errors import CacheUnavailable

pytestmark = pytest.mark.skipif(SYSTEM_SERVER is None, reason="no redis-server on PATH")


@pytest.fixture
def own_cluster() -> Iterator[RedisCluster]:
    with RedisCluster(replica=True, node_timeout=500) as cluster:
        yield cluster


@pytest.fixture
async def cluster_client(own_cluster: RedisCluster) -> AsyncIterator[RedisClient]:
    async with opened(own_cluster.url) as client:
        yield client


class opened:
    """A client that is closed at the end."""

    def __init__(self, url: str) -> None:
        self._client = RedisClient(RedisEndpoint(url=url))

    async def __aenter__(self) -> RedisClient:
        return self._client

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()


def succeeds(call: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[bool]]:
    async def attempt() -> bool:
        try:
            await call()
        except CacheUnavailable:
            return False
        return True

    return attempt


async def test_a_slot_that_moved_is_followed(own_cluster: RedisCluster, cluster_client: RedisClient) -> None:
    second = own_cluster.servers[1]
    key = next(name for name in map(str, range(1000)) if key_slot(name.encode()) < 5000)
    await cluster_client.check()
    own_cluster.move(key_slot(key.encode()), second)
    await cluster_client.call("SET", key, "moved")
    assert ask(second.port, "GET", key) == b"moved"
    assert await cluster_client.many([("GET", key)] * 3) == [b"moved"] * 3


async def test_a_slot_that_is_moving_is_asked_for_at_both(
    own_cluster: RedisCluster, cluster_client: RedisClient
) -> None:
    first, second, *_ = own_cluster.servers
    key = next(name for name in map(str, range(1000)) if key_slot(name.encode()) < 5000)
    slot = key_slot(key.encode())
    await cluster_client.check()
    ask(second.port, "CLUSTER", "SETSLOT", slot, "IMPORTING", ask(first.port, "CLUSTER", "MYID"))
    ask(first.port, "CLUSTER", "SETSLOT", slot, "MIGRATING", ask(second.port, "CLUSTER", "MYID"))
    await cluster_client.call("SET", key, "on its way")
    assert await cluster_client.call("GET", key) == b"on its way"
    assert ask(second.port, "CLUSTER", "COUNTKEYSINSLOT", slot) == 1


async def test_the_copy_takes_over_from_a_primary_that_died(
    own_cluster: RedisCluster, cluster_client: RedisClient
) -> None:
    stores = RuntimeStores.over(cluster_client, secret=b"s")
    people = [principal(f"customer{number}", f"login-{number}") for number in range(20)]
    for person in people:
        await stores.logins.create(person)
    await asyncio.to_thread(own_cluster.wait_until_copied)
    own_cluster.servers[0].process.kill()
    with pytest.raises(CacheUnavailable):
        async with gives_up(within=10):
            await cluster_client.check()
    await eventually(succeeds(cluster_client.check))
    assert [await stores.logins.get(person.login_id) for person in people] == people


async def test_slots_without_a_server_are_no_ready_cluster() -> None:
    with RedisCluster() as cluster:
        async with opened(cluster.url) as client:
            await client.check()
            cluster.servers[2].process.kill()
            with pytest.raises(CacheUnavailable):
                await client.check()
            cluster.servers[2].process.start()
            await eventually(succeeds(client.check))


async def test_a_cluster_is_found_by_any_of_its_addresses(own_cluster: RedisCluster) -> None:
    own_cluster.servers[0].process.kill()
    async with opened(own_cluster.url) as client:
        await eventually(succeeds(client.check))
        assert len(await client.everywhere("PING")) == 3


async def test_what_is_published_on_one_node_is_heard_on_another(cluster_client: RedisClient) -> None:
    async with cluster_client.subscription("a", "b") as heard:
        for channel in ("a", "b"):
            await cluster_client.call("PUBLISH", channel, "wake up")
        assert {await heard.next(10), await heard.next(10)} == {("a", b"wake up"), ("b", b"wake up")}
        assert await heard.next(0.01) is None


async def test_the_sentinels_new_master_is_used() -> None:
    with WatchedRedis() as watched:
        async with opened(watched.url) as client:
            await client.check()
            await client.call("SET", "kept", "yes")
            first, second = watched.servers
            assert ask(first.port, "INFO", "keyspace").get("db2") is not None
            await eventually(lambda: has_copied(second.port))
            first.process.kill()
            with pytest.raises(CacheUnavailable):
                async with gives_up(within=10):
                    await client.call("SET", "kept", "no")
            await eventually(succeeds(client.check))
            assert await client.call("GET", "kept") == b"yes"


async def test_a_master_that_hangs_is_left_and_not_believed_when_it_comes_back() -> None:
    with WatchedRedis() as watched:
        async with opened(watched.url) as client:
            await client.check()
            first = watched.servers[0]
            first.process.pause()
            await eventually(succeeds(lambda: client.call("SET", "new", "1")))
            first.process.signal(signal.SIGCONT)
            assert [await client.call("GET", "new") for _ in range(50)] == [b"1"] * 50


async def has_copied(port: int) -> bool:
    return "db2" in (ask(port, "INFO", "keyspace") or {})
