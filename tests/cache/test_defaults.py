"""What the published constructors do when they are given nothing."""

from __future__ import annotations

import asyncio
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cache.conftest import Server, embedded_server
from tests.cache.server.test_embedded import app
from tests.cache.waiting import until
from ultracore.cache import CacheManager, RedisCache, cached, defaults
from ultracore.cache.cached import close_default_cache
from ultracore.cache.client import RedisEndpoint
from ultracore.cache.defaults import cache_secret, configured_endpoint, default_server
from ultracore.cache.server.service import running_endpoint
from ultracore.settings import Settings

VARIABLES = ("REDIS_URL", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD", "ULTRACORE_MASTER_KEY_FILE")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clean environment with a data directory of its own."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ULTRACORE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
async def closed_defaults() -> AsyncIterator[None]:
    yield
    await close_default_cache()


async def test_without_arguments_the_embedded_server_is_used_and_ended(data: Path) -> None:
    cache = RedisCache()
    manager = CacheManager(cache)
    await cache.connect()
    await manager.cache_q_table("agent", {(0, 0): 0.5})
    assert running_endpoint(data) is not None
    await cache.disconnect()
    await cache.disconnect()
    assert running_endpoint(data) is None
    async with RedisCache() as again:
        assert await CacheManager(again).get_cached_q_table("agent") == {(0, 0): 0.5}


async def test_caches_of_one_process_share_the_server(data: Path) -> None:
    first, second = RedisCache(), RedisCache(db=1)
    await first.set("k", "first")
    await second.set("k", "second")
    await first.disconnect()
    assert await second.get("k") == "second"
    await second.disconnect()
    assert running_endpoint(data) is None


async def test_many_that_start_at_once_share_one_server(data: Path) -> None:
    caches = [RedisCache() for _ in range(8)]
    await asyncio.gather(*(cache.increment("n") for cache in caches))
    assert await caches[0].get("n") == 8
    for cache in caches:
        await cache.disconnect()
    assert running_endpoint(data) is None


async def test_the_server_of_another_process_is_used(data: Path) -> None:
    with app(data):
        async with RedisCache() as cache:
            await cache.set("k", 1)
        assert running_endpoint(data) is not None
    until(lambda: running_endpoint(data) is None)


def test_a_program_that_forgets_to_disconnect_leaves_nothing(data: Path) -> None:
    program = (
        "import asyncio; from ultracore.cache import RedisCache\n"
        "asyncio.run(RedisCache().set('k', 1)); print('done')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == b"done\n"
    assert running_endpoint(data) is None


async def test_the_end_of_the_process_ends_the_server_whoever_still_has_it(data: Path) -> None:
    given = await default_server()
    await asyncio.to_thread(defaults._shares.close)
    assert running_endpoint(data) is None
    given.release()


async def test_redis_url_is_used(data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with embedded_server(tmp_path / "elsewhere") as server:
        monkeypatch.setenv("REDIS_URL", f"unix://{server.endpoint.path}")
        async with RedisCache() as cache:
            await cache.set("k", 1)
        assert not (data / "redis").exists()


def test_what_the_variables_of_redis_mean(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert configured_endpoint(Settings()) is None
    monkeypatch.setenv("REDIS_HOST", "redis.bank")
    monkeypatch.setenv("REDIS_PORT", "6380")
    monkeypatch.setenv("REDIS_PASSWORD", "hunter2")
    expected = RedisEndpoint(host="redis.bank", port=6380, password="hunter2")
    assert configured_endpoint(Settings()) == expected
    monkeypatch.setenv("REDIS_URL", "rediss://redis.bank:6390/1")
    assert configured_endpoint(Settings()) == RedisEndpoint(url="rediss://redis.bank:6390/1")


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("REDIS_PORT", "6379", RedisEndpoint(host="localhost")),
        ("REDIS_PASSWORD", "hunter2", RedisEndpoint(host="localhost", password="hunter2")),
    ],
)
def test_a_port_or_a_password_alone_mean_a_server_on_this_machine(
    data: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: RedisEndpoint
) -> None:
    monkeypatch.setenv(variable, value)
    assert configured_endpoint(Settings()) == expected


async def test_a_configured_server_is_not_ours_to_end(
    data: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_HOST", "127.0.0.1")
    given = await default_server()
    given.release()
    assert given.endpoint.host == "127.0.0.1"


def test_the_secret_comes_from_the_master_key(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data.mkdir()
    own = cache_secret(Settings())
    assert own == cache_secret(Settings())
    assert stat.S_IMODE((data / "cache.key").stat().st_mode) == 0o600
    assert [path.name for path in data.iterdir()] == ["cache.key"]
    (data / "other").write_bytes(b"a master key that replicas share")
    monkeypatch.setenv("ULTRACORE_MASTER_KEY_FILE", str(data / "other"))
    shared = cache_secret(Settings())
    assert shared != own
    assert b"master key" not in shared


def test_many_that_need_a_secret_at_once_get_the_same(data: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(cache_secret, [Settings()] * 50))) == 1
    assert [path.name for path in data.iterdir()] == ["cache.key"]


async def test_a_function_without_a_cache_uses_the_default_one(data: Path, closed_defaults: None) -> None:
    calls = []

    @cached(ttl=60)
    async def rate(currency: str) -> dict[str, str]:
        calls.append(currency)
        return {"rate": "1.52"}

    assert await rate("AUD") == await rate("AUD") == {"rate": "1.52"}
    assert calls == ["AUD"]
    await close_default_cache()
    assert await rate("AUD") == {"rate": "1.52"}
    assert calls == ["AUD"]
