"""The published cache: what the seed names, and what its users rely on."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cache.conftest import Server, keys_of
from tests.cache.waiting import eventually
from tests.support.ports import free_port
from ultracore.cache import CacheManager, RedisCache, RedisClient
from ultracore.errors import CacheUnavailable


class TestRedisCache:
    async def test_connect(self, server: Server) -> None:
        client = RedisClient(server.endpoint, call_seconds=10)
        cache = RedisCache(client=client)
        await cache.connect()
        assert await cache.set("k", 1)
        await cache.disconnect()  # a shared pool stays open
        assert await client.call("GET", "ultracore:k") == b"1"
        await client.aclose()

    async def test_connect_to_a_host_where_nobody_listens(self) -> None:
        nobody = RedisCache(host="127.0.0.1", port=free_port())
        with pytest.raises(CacheUnavailable) as refused:
            await nobody.connect()
        assert refused.value.code == "cache.unreachable"
        await nobody.disconnect()

    async def test_set_and_get_json(self, cache: RedisCache) -> None:
        value = {"name": "Zoë", "numbers": [1, 2.5, None, True], "nested": {"emoji": "🦘"}}
        assert await cache.set("k", value)
        assert await cache.get("k") == value
        assert await cache.get("another") is None

    async def test_set_and_get_pickle(self, cache: RedisCache) -> None:
        table = {(0, 0): 0.5, (0, 1): Decimal("0.3")}
        await cache.set("k", table, serialize="pickle")
        assert await cache.get("k", deserialize="pickle") == table

    async def test_delete(self, cache: RedisCache) -> None:
        await cache.set("k", 1)
        assert await cache.delete("k") is True
        assert await cache.get("k") is None
        assert await cache.delete("k") is False

    async def test_exists(self, cache: RedisCache) -> None:
        assert await cache.exists("k") is False
        await cache.set("k", None)
        assert await cache.exists("k") is True

    async def test_expire(self, cache: RedisCache) -> None:
        await cache.set("k", 1)
        assert await cache.expire("k", 0.05) is True
        await eventually(lambda: _is_gone(cache, "k"))
        assert await cache.expire("k", 10) is False

    async def test_ttl(self, cache: RedisCache) -> None:
        await cache.set("k", 1, ttl=100)
        assert 98 <= await cache.ttl("k") <= 100
        await cache.set("default", 1)
        assert 3598 <= await cache.ttl("default") <= 3600
        assert await cache.ttl("another") == -2

    async def test_invalidate_pattern(self, cache: RedisCache) -> None:
        for number in range(1200):
            await cache.set(f"user:{number}", number)
        await cache.set("account:1", 1)
        assert await cache.invalidate_pattern("user:*") == 1200
        assert await cache.get("user:7") is None
        assert await cache.get("account:1") == 1
        assert await cache.invalidate_pattern("user:*") == 0

    async def test_get_or_set(self, cache: RedisCache) -> None:
        calls = []

        async def slow() -> str:
            calls.append("slow")
            return "made"

        assert await cache.get_or_set("k", slow, ttl=600) == "made"
        assert await cache.get_or_set("k", slow, ttl=600) == "made"
        assert calls == ["slow"]
        assert await cache.get_or_set("plain", lambda: {"a": 1}) == {"a": 1}
        assert 590 < await cache.ttl("k") <= 600

    async def test_get_or_set_keeps_none(self, cache: RedisCache) -> None:
        calls: list[int] = []
        for _ in range(2):
            assert await cache.get_or_set("k", lambda: calls.append(1)) is None
        assert calls == [1]

    async def test_increment(self, cache: RedisCache) -> None:
        assert await cache.increment("counter", 1) == 1
        assert await cache.increment("counter", 5) == 6
        assert await cache.decrement("counter", 2) == 4
        assert await cache.get("counter") == 4
        totals = await asyncio.gather(*(cache.increment("together") for _ in range(50)))
        assert sorted(totals) == list(range(1, 51))

    async def test_list_operations(self, cache: RedisCache) -> None:
        assert await cache.list_push("queue", "first", {"second": 2}) == 2
        assert await cache.list_push("queue", 3) == 3
        assert await cache.list_range("queue") == ["first", {"second": 2}, 3]
        assert await cache.list_range("queue", 1, 1) == [{"second": 2}]
        assert await cache.list_pop("queue") == "first"
        assert await cache.list_pop("empty") is None
        assert await cache.list_push("queue") == 2
        assert await cache.list_push("long", *range(2500)) == 2500
        assert await cache.list_range("long") == list(range(2500))

    async def test_hash_operations(self, cache: RedisCache) -> None:
        assert await cache.hash_set("user:123", "name", "John") is True
        assert await cache.hash_set("user:123", "name", "Jane") is False
        await cache.hash_set("user:123", "age", 41)
        assert await cache.hash_get("user:123", "name") == "Jane"
        assert await cache.hash_get("user:123", "missing") is None
        assert await cache.hash_get_all("user:123") == {"name": "Jane", "age": 41}
        assert await cache.hash_delete("user:123", "name", "missing") == 1
        assert await cache.hash_get_all("nobody") == {}


class TestCacheManager:
    @pytest.fixture
    def manager(self, cache: RedisCache) -> CacheManager:
        return CacheManager(cache)

    async def test_session_management(self, manager: CacheManager) -> None:
        await manager.set_session(session_id="sess_123", user_id="user_456", data={"role": "admin"}, ttl=3600)
        session = await manager.get_session("sess_123")
        assert session is not None
        assert (session["user_id"], session["data"]) == ("user_456", {"role": "admin"})
        assert session["role"] == "admin"
        assert await manager.delete_session("sess_123") is True
        assert await manager.get_session("sess_123") is None

    async def test_account_caching(self, manager: CacheManager) -> None:
        data = {"balance": Decimal("10000.10"), "status": "active", "opened": date(2025, 11, 1)}
        await manager.cache_account(tenant_id="tenant_1", account_id="acc_123", account_data=data)
        kept = await manager.get_cached_account("tenant_1", "acc_123")
        assert kept == {"balance": "10000.10", "status": "active", "opened": "2025-11-01"}
        assert 298 <= await manager.cache.ttl("account:tenant_1:acc_123") <= 300
        assert await manager.get_cached_account("tenant_2", "acc_123") is None
        assert await manager.invalidate_account("tenant_1", "acc_123") is True
        assert await manager.get_cached_account("tenant_1", "acc_123") is None

    async def test_ml_prediction_caching(self, manager: CacheManager) -> None:
        prediction = {"score": 0.85, "label": "fraud"}
        await manager.cache_ml_prediction("fraud_detector", "hash_123", prediction)
        assert await manager.get_cached_prediction("fraud_detector", "hash_123") == prediction
        assert await manager.get_cached_prediction("fraud_detector", "hash_124") is None

    async def test_q_table_caching(self, manager: CacheManager) -> None:
        table = {(0, 0): 0.5, (0, 1): 0.3}
        await manager.cache_q_table(agent_name="access_control_agent", q_table=table)
        assert await manager.get_cached_q_table("access_control_agent") == table

    async def test_user_profile_caching(self, manager: CacheManager) -> None:
        await manager.cache_user_profile("tenant_1", "user_1", {"name": "Ada"})
        assert await manager.get_cached_user_profile("tenant_1", "user_1") == {"name": "Ada"}
        assert await manager.get_cached_user_profile("tenant_1", "user_2") is None

    async def test_rate_limiting(self, manager: CacheManager) -> None:
        answers = [await manager.check_rate_limit("api:user_123", limit=5, window=60) for _ in range(7)]
        assert answers == [True] * 5 + [False] * 2
        assert await manager.check_rate_limit("api:user_124", limit=5, window=60) is True

    async def test_ids_with_separators_do_not_meet(self, manager: CacheManager) -> None:
        await manager.cache_account("a:b", "c", {"whose": "a:b"})
        assert await manager.get_cached_account("a", "b:c") is None


class TestNamespaces:
    @pytest.mark.parametrize(("one", "other"), [("one", "other"), ("a", "a:b"), ("a*", "ab"), ("[ab]", "a")])
    async def test_namespaces_are_isolated(self, client: RedisClient, one: str, other: str) -> None:
        first, second = RedisCache(client=client, namespace=one), RedisCache(client=client, namespace=other)
        await first.set("b:key", 1)
        await second.set("key", 2)
        await second.set("b:key", 3)
        assert await first.invalidate_pattern("*") == 1
        assert (await second.get("key"), await second.get("b:key")) == (2, 3)

    async def test_no_namespace_reaches_what_the_program_keeps(
        self, client: RedisClient, cache: RedisCache
    ) -> None:
        await client.call("SET", "@login:{login-1}", "kept")
        for namespace in ("@login", "@login:{login-1}", "", "*"):
            await RedisCache(client=client, namespace=namespace).invalidate_pattern("*")
        assert await client.call("GET", "@login:{login-1}") == b"kept"
        async with await cache.lock("name"):
            assert await cache.invalidate_pattern("*") == 0


class TestSingleFlight:
    async def test_a_stampede_computes_once(self, cache: RedisCache) -> None:
        made: list[int] = []

        async def make() -> int:
            made.append(1)
            await asyncio.sleep(0.05)
            return 7

        assert await asyncio.gather(*(cache.get_or_set("k", make) for _ in range(200))) == [7] * 200
        assert len(made) == 1

    async def test_a_stampede_of_many_processes_computes_once(
        self, cache: RedisCache, client: RedisClient
    ) -> None:
        made: list[int] = []

        async def make() -> int:
            made.append(1)
            await asyncio.sleep(0.05)
            return 7

        # Each cache has a queue of its own, as each process has.
        caches = [RedisCache(client=client) for _ in range(20)]
        assert await asyncio.gather(*(one.get_or_set("k", make) for one in caches for _ in range(10))) == [7] * 200
        assert len(made) == 1

    async def test_an_error_goes_to_one_and_the_next_computes(self, cache: RedisCache) -> None:
        made: list[int] = []

        async def make() -> int:
            made.append(1)
            if len(made) == 1:
                raise KeyError("the first time")
            return 7

        results = await asyncio.gather(*(cache.get_or_set("k", make) for _ in range(5)), return_exceptions=True)
        assert [type(result) for result in results] == [KeyError, int, int, int, int]
        assert len(made) == 2

    async def test_a_computation_that_is_cancelled_leaves_the_key_to_the_next(self, cache: RedisCache) -> None:
        started = asyncio.Event()

        async def never() -> int:
            started.set()
            await asyncio.Event().wait()
            return 0

        first = asyncio.create_task(cache.get_or_set("k", never))
        await started.wait()
        second = asyncio.create_task(cache.get_or_set("k", lambda: 7))
        first.cancel()
        assert await second == 7

    async def test_a_factory_that_asks_for_its_own_key_is_told(self, cache: RedisCache) -> None:
        async with asyncio.timeout(5):
            with pytest.raises(RuntimeError, match="very key"):
                await cache.get_or_set("k", lambda: cache.get_or_set("k", lambda: 1))


class TestMistakesOfTheCaller:
    async def test_a_counter_is_exact_to_the_last_bit(self, cache: RedisCache) -> None:
        assert await cache.increment("c", 2**63 - 2) == 2**63 - 2
        assert await cache.increment("c") == 2**63 - 1
        with pytest.raises(ValueError, match="2\\^63"):
            await cache.increment("c")
        assert await cache.decrement("c", 2**53 + 1) == 2**63 - 2 - 2**53

    async def test_kinds_do_not_mix(self, cache: RedisCache) -> None:
        await cache.set("text", "a")
        with pytest.raises(ValueError, match="integer"):
            await cache.increment("text")
        for wrong in (cache.list_push("text", 1), cache.list_pop("text"), cache.hash_get("text", "f")):
            with pytest.raises(TypeError, match="another kind"):
                await wrong
        assert await cache.get("text") == "a"

    async def test_arguments_of_the_wrong_type_are_no_outage(self, cache: RedisCache) -> None:
        wrong = [
            cache.get(None),  # type: ignore[arg-type]
            cache.get_or_set("k", 7),  # type: ignore[arg-type]
            cache.increment("c", 1.5),  # type: ignore[arg-type]
            cache.increment("c", True),
            cache.set("k", 1, ttl="soon"),  # type: ignore[arg-type]
            cache.hash_get("h", None),  # type: ignore[arg-type]
            cache.list_range("l", object()),  # type: ignore[arg-type]
        ]
        for call in wrong:
            with pytest.raises(TypeError):
                await call

    @pytest.mark.parametrize("ttl", [float("nan"), float("inf"), 1e18])
    async def test_a_time_to_live_ends(self, cache: RedisCache, ttl: float) -> None:
        with pytest.raises(ValueError, match="time to live"):
            await cache.set("k", 1, ttl=ttl)


class TestLocks:
    async def test_only_one_is_in_the_critical_section(self, cache: RedisCache) -> None:
        inside, most = 0, 0

        async def work() -> None:
            nonlocal inside, most
            async with await cache.lock("resource_lock", timeout=10):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0.01)
                inside -= 1

        await asyncio.gather(*(work() for _ in range(8)))
        assert most == 1

    async def test_a_lock_that_is_not_free_in_time_is_refused(self, cache: RedisCache) -> None:
        async with await cache.lock("name"):
            with pytest.raises(CacheUnavailable) as refused:
                async with await cache.lock("name", blocking_timeout=0.05):
                    raise AssertionError("two holders")
        assert refused.value.code == "cache.lock_busy"
        async with await cache.lock("name", blocking_timeout=0):
            pass

    async def test_a_lock_is_renewed_while_it_is_held(self, cache: RedisCache, client: RedisClient) -> None:
        async with await cache.lock("name", timeout=0.3):
            async with await cache.lock("beside", blocking_timeout=0):
                refused = await (await cache.lock("name", timeout=0.3, blocking_timeout=1)).acquire()
        assert refused is False

    async def test_a_holder_whose_lease_ran_out_is_told_and_has_the_older_token(
        self, cache: RedisCache, client: RedisClient
    ) -> None:
        with pytest.raises(CacheUnavailable) as lost:
            async with await cache.lock("name") as late:
                await client.call("FLUSHALL")
                async with await cache.lock("name", blocking_timeout=2) as next_one:
                    assert next_one.token > late.token
        assert lost.value.code == "cache.lock_lost"

    async def test_each_holder_has_a_higher_token(self, cache: RedisCache) -> None:
        tokens = []
        for _ in range(20):
            async with await cache.lock("name") as lock:
                tokens.append(lock.token)
        assert tokens == sorted(set(tokens))
        with pytest.raises(RuntimeError):
            _ = lock.token

    async def test_a_cancelled_waiter_leaves_no_lock(self, cache: RedisCache) -> None:
        async with await cache.lock("name"):
            waiter = asyncio.create_task((await cache.lock("name", timeout=60)).acquire())
            await asyncio.sleep(0.05)
            waiter.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiter
        async with await cache.lock("name", blocking_timeout=0):
            pass

    async def test_a_lock_is_used_as_it_is_meant(self, cache: RedisCache) -> None:
        with pytest.raises(ValueError, match="0 seconds"):
            await cache.lock("name", timeout=0)
        lock = await cache.lock("name")
        with pytest.raises(RuntimeError):
            await lock.release()
        async with lock:
            with pytest.raises(RuntimeError):
                await lock.acquire()
        async with lock:
            pass

    async def test_a_server_that_hangs_refuses_the_lock_in_time(self, own_server: Server) -> None:
        client = RedisClient(own_server.endpoint)
        lock = await RedisCache(client=client).lock("name")
        with own_server.hung():
            async with asyncio.timeout(2):
                with pytest.raises(CacheUnavailable):
                    await lock.acquire()
        await client.aclose()

    async def test_the_body_error_is_not_hidden_by_a_lost_lock(
        self, cache: RedisCache, client: RedisClient
    ) -> None:
        with pytest.raises(KeyError):
            async with await cache.lock("name"):
                await client.call("FLUSHALL")
                raise KeyError("the body's own")


class Trap:
    """A pickle of it writes a file where it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


class TestWhatOthersWrote:
    async def test_a_foreign_pickle_is_never_executed(
        self, client: RedisClient, cache: RedisCache, tmp_path: Path
    ) -> None:
        trap = tmp_path / "executed"
        payload = pickle.dumps(Trap(trap))
        forged = [payload, b"ultracore-pickle-1:" + bytes(32) + payload, b"ultracore-pickle-1:" + payload]
        for raw in forged:
            await client.call("SET", "ultracore:k", raw)
            assert await cache.get("k", deserialize="pickle") is None
        assert not trap.exists()

    async def test_a_signed_pickle_counts_under_its_own_key_only(
        self, client: RedisClient, cache: RedisCache
    ) -> None:
        await cache.set("mine", {1, 2}, serialize="pickle")
        raw = await client.call("GET", "ultracore:mine")
        await client.call("SET", "ultracore:yours", raw)
        await client.call("SET", "ultracore:bent", raw[:-1] + bytes([raw[-1] ^ 1]))
        assert await cache.get("mine", deserialize="pickle") == {1, 2}
        assert await cache.get("yours", deserialize="pickle") is None
        assert await cache.get("bent", deserialize="pickle") is None

    async def test_another_key_reads_nothing(self, client: RedisClient, cache: RedisCache) -> None:
        await cache.set("k", {1}, serialize="pickle")
        stranger = RedisCache(client=client, secret=b"another secret")
        assert await stranger.get("k", deserialize="pickle") is None

    async def test_json_is_never_unpickled(self, cache: RedisCache) -> None:
        await cache.set("pickled", {1}, serialize="pickle")
        with pytest.raises(ValueError, match="pickle"):
            await cache.get("pickled")
        await cache.set("json", 1)
        assert await cache.get("json", deserialize="pickle") is None


class TestValues:
    @pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), object(), {(1, 2): 3}])
    async def test_what_json_cannot_hold_is_refused(self, cache: RedisCache, value: object) -> None:
        with pytest.raises((TypeError, ValueError)):
            await cache.set("k", value)

    async def test_a_lone_surrogate_comes_back(self, cache: RedisCache) -> None:
        await cache.set("k", "\ud800")
        assert await cache.get("k") == "\ud800"

    @pytest.mark.parametrize("ttl", [0, -1, 0.0001])
    async def test_a_time_to_live_is_positive(self, cache: RedisCache, ttl: float) -> None:
        with pytest.raises(ValueError, match="time to live"):
            await cache.set("k", 1, ttl=ttl)

    async def test_every_kind_of_key_has_a_time_to_live(self, client: RedisClient, cache: RedisCache) -> None:
        await cache.set("a", 1)
        await cache.set("b", 1, serialize="pickle")
        await cache.increment("c")
        await cache.list_push("d", 1)
        await cache.hash_set("e", "f", 1)
        await cache.hit_rate_limit("g", 1, 60)
        async with await cache.lock("h"):
            keys = await keys_of(client, "*")
            lives = [await client.call("PTTL", key) for key in keys]
        assert len(keys) == 8  # the last fencing token outlives the lock
        assert all(0 < life <= 3_600_000 for life in lives)

    async def test_a_counter_keeps_the_time_that_expire_gave(self, cache: RedisCache) -> None:
        await cache.increment("c")
        await cache.expire("c", 50)
        await cache.increment("c")
        assert await cache.ttl("c") <= 50

    async def test_an_unknown_serialisation_is_refused(self, cache: RedisCache) -> None:
        with pytest.raises(ValueError, match="json"):
            await cache.set("k", 1, serialize="yaml")  # type: ignore[arg-type]  # that is the point

    async def test_the_stored_form_is_json(self, client: RedisClient, cache: RedisCache) -> None:
        await cache.set("k", {"a": "é"})
        assert json.loads(await client.call("GET", "ultracore:k")) == {"a": "é"}


async def _is_gone(cache: RedisCache, key: str) -> bool:
    return not await cache.exists(key)
