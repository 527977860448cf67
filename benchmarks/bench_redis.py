"""The way to Redis against bare redis-py: calls one after another, a thousand at once, a page of a long list.

Both talk to one server on loopback; the embedded one if no `redis-server` is on PATH. The list is one person's
with 10,000 conversations; bare is what any list of that shape needs, a range of the index and the lines of it. The
same page out of 100 conversations shows whether the length matters.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis

from benchmarks.ratio import Ratio
from ultracore.cache import RateLimiter, RedisCache, RedisClient
from ultracore.cache.limits import RATE_LIMIT
from ultracore.cache.server.service import EmbeddedRedis
from ultracore.cache.signing import ValueSigner
from ultracore.cache.stores import ThreadEntry, Threads
from ultracore.principal import Principal, Role

CALLS = 400
ROUNDS = 8
CROWD = 1_000
LONG, SHORT, PAGE = 10_000, 100, 20
CALL_TIMES = 1.3
PAGE_TIMES = 1.5
FLAT_TIMES = 1.3

Call = Callable[[], Awaitable[object]]


async def run() -> list[Ratio]:
    """Every figure, ours and bare redis-py in turns."""
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedRedis(Path(folder)) as server:
            path = str(server.endpoint.path)
            pool = BlockingConnectionPool.from_url(f"unix://{path}", max_connections=50, timeout=None)
            bare, client = Redis(connection_pool=pool), RedisClient(server.endpoint)
            try:
                return [*await _calls(bare, client), await _crowd(bare, client), *await _lists(bare, client)]
            finally:
                await client.aclose()
                await bare.aclose()
                await pool.aclose()


async def _calls(bare: Redis, client: RedisClient) -> list[Ratio]:
    cache, limiter = RedisCache(client=client, secret=b"benchmark"), RateLimiter(client)
    known = await bare.script_load(RATE_LIMIT.source)
    much = 10**6  # admissions, and microseconds of the window
    pairs: list[tuple[str, str, Call, Call]] = [
        ("set", "SET", lambda: cache.set("k", 1), lambda: bare.set("bare", "1", px=3_600_000)),
        ("get", "GET", lambda: cache.get("k"), lambda: bare.get("bare")),
        ("limit", "EVALSHA", lambda: limiter.hit("k", much, 1), lambda: bare.evalsha(known, 1, "r", much, much)),
    ]
    return [
        Ratio(f"cache: {name}", f"redis-py {theirs}", *await _both(ours, simple), "µs", CALL_TIMES, "at_most")
        for name, theirs, ours, simple in pairs
    ]


async def _crowd(bare: Redis, client: RedisClient) -> Ratio:
    async def ours() -> object:
        return await asyncio.gather(*(client.call("SET", f"k{number}", number) for number in range(CROWD)))

    async def simple() -> object:
        return await asyncio.gather(*(bare.set(f"k{number}", number) for number in range(CROWD)))

    # A call that fails raises: a crowd must lose nobody.
    found = await _both(ours, simple, calls=1)
    return Ratio(f"cache: {CROWD:,} at once", "redis-py", *found, "µs", CALL_TIMES, "at_most")


async def _lists(bare: Redis, client: RedisClient) -> list[Ratio]:
    threads = Threads(client, ValueSigner(b"benchmark"), _recorded)
    long, short = _person(LONG), _person(SHORT)
    for owner in (long, short):
        await threads.page(owner, PAGE)
    index, lines = await _longest(bare)

    async def simple() -> object:
        names: Any = await bare.zrevrange(index, 0, PAGE - 1, withscores=True)
        return await bare.hmget(lines, [name for name, _ in names])

    of_long, of_bare = await _both(lambda: threads.page(long, PAGE), simple)
    again, of_short = await _both(lambda: threads.page(long, PAGE), lambda: threads.page(short, PAGE))
    name = f"{PAGE} of {LONG:,} conversations"
    return [
        Ratio(name, "ZREVRANGE, HMGET", of_long, of_bare, "µs", PAGE_TIMES, "at_most"),
        Ratio(name, f"{PAGE} of {SHORT}", again, of_short, "µs", FLAT_TIMES, "at_most"),
    ]


async def _recorded(owner: Principal, since: datetime) -> Sequence[ThreadEntry]:
    """A person's conversations, as many as the user name says, a minute apart."""
    now = datetime.now(UTC)
    times = [now - timedelta(minutes=number) for number in range(int(owner.user_id))]
    return [
        ThreadEntry(thread_id=f"thread-{number}", title="Accounts, 23 Nov", created_at=one, active_at=one)
        for number, one in enumerate(times)
    ]


async def _longest(bare: Redis) -> tuple[bytes, bytes]:
    """Index and lines of the long list, as they are named in Redis."""
    names: list[Any] = await bare.keys("@threads*lines")
    (lines,) = [name for name in names if await bare.hlen(name) == LONG]
    return lines.removesuffix(b"::lines"), lines


def _person(number: int) -> Principal:
    return Principal(
        tenant_id="tenant_1",
        user_id=str(number),
        login_id="login",
        roles=frozenset({Role.CUSTOMER}),
        customer_id=f"cust_{number}",
    )


async def _both(ours: Call, simple: Call, *, calls: int = CALLS) -> tuple[float, float]:
    """The best of `ROUNDS` in turns, in microseconds a call."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for found, call in zip(times, (ours, simple), strict=True):
            found.append(await _microseconds(call, calls))
    # The best and not the median: a shared machine only ever adds to a time.
    return min(times[0]), min(times[1])


async def _microseconds(call: Call, calls: int) -> float:
    began = time.perf_counter()
    for _ in range(calls):
        await call()
    return (time.perf_counter() - began) / calls * 1_000_000
