"""Redis stands still, is killed, is emptied, or fails over to its copy while twenty people use it.

Every call ends within two seconds, by an answer or by an honest error; five seconds after the fault is over all
people are served again; and nobody is ever given what is somebody else's.
"""

from __future__ import annotations

import asyncio
import random
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from tests.prove.seeds import Failed, each
from tests.support.ports import free_port
from tests.support.redis_servers import RedisServer, WatchedRedis, ask
from ultracore.cache import RedisClient
from ultracore.cache.client import RedisEndpoint
from ultracore.cache.stores import RuntimeStores, ThreadEntry
from ultracore.errors import CacheUnavailable
from ultracore.principal import Principal, Role

T = TypeVar("T")

FULL_RUNS = 16
FAULTS = ("stopped", "killed", "flushed", "failed over")
PEOPLE = 20
ANSWER_SECONDS = 2.0
RECOVERY_SECONDS = 5.0
LONG_STOP, SHORT_STOP = 60.0, 2.0


@dataclass
class Seen:
    """What the people of one run saw."""

    answers: int = 0
    errors: int = 0
    slowest: float = 0.0
    wrong: list[str] = field(default_factory=list)
    served: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Servers:
    """What a run may do to its servers; each returns when the fault is over."""

    url: str
    faults: dict[str, Callable[[], Awaitable[None]]]


def run(runs: int, seed: int, *, longest: float = LONG_STOP) -> str:
    """The proof; a server stands still for `longest` seconds at most."""
    answers = errors = 0
    slowest = recovery = 0.0
    for one in each(runs, seed):
        fault = FAULTS[one % len(FAULTS)]
        stop = min(longest, LONG_STOP if one // len(FAULTS) % 2 else SHORT_STOP)
        seen, recovered = asyncio.run(_one(fault, stop, one))
        answers, errors = answers + seen.answers, errors + seen.errors
        slowest, recovery = max(slowest, seen.slowest), max(recovery, recovered)
    told = f"{answers} answers, {errors} honest errors, none of somebody else"
    return f"{told}; the slowest took {slowest:.2f} s, recovery {recovery:.2f} s"


async def _one(fault: str, stop: float, seed: int) -> tuple[Seen, float]:
    chance, seen = random.Random(seed), Seen()  # noqa: S311 - seeded, no secret
    async with _servers(fault, stop) as servers:
        client = RedisClient(RedisEndpoint(url=servers.url))
        stores = RuntimeStores.over(client, secret=b"proof", recorded=_recorded)
        people = [asyncio.create_task(_person(stores, f"customer{number}", seen)) for number in range(PEOPLE)]
        try:
            await asyncio.sleep(chance.uniform(0.1, 0.5))
            await servers.faults[fault]()
            over = time.monotonic()
            recovered = await _recovery(seen, over, fault, seed)
        finally:
            for person in people:
                person.cancel()
            await asyncio.gather(*people, return_exceptions=True)
            await client.aclose()
    if seen.wrong or seen.slowest > ANSWER_SECONDS:
        raise Failed(f"{fault}: {seen.wrong[:3]}, the slowest call took {seen.slowest:.2f} s", seed)
    return seen, recovered


async def _recovery(seen: Seen, over: float, fault: str, seed: int) -> float:
    """Seconds until everybody has been served since the fault was over."""
    while len(seen.served) < PEOPLE or min(seen.served.values()) < over:
        if time.monotonic() - over > RECOVERY_SECONDS:
            raise Failed(f"{fault}: not everybody is served {RECOVERY_SECONDS:g} s later", seed)
        await asyncio.sleep(0.02)
    return max(seen.served.values()) - over


async def _person(stores: RuntimeStores, user: str, seen: Seen) -> None:
    """Signs in, looks at the list, goes on; signs in again when that was lost."""
    role = frozenset({Role.CUSTOMER})
    me = Principal(tenant_id="tenant_1", user_id=user, login_id=f"login-{user}", roles=role, customer_id=user)
    while True:
        began = time.monotonic()
        try:
            await _look(stores, me, seen)
            seen.answers += 1
            seen.served[user] = began
        except CacheUnavailable:
            seen.errors += 1
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.01)


async def _look(stores: RuntimeStores, me: Principal, seen: Seen) -> None:
    found = await _timed(stores.logins.get(me.login_id), seen)
    if found is None:
        await _timed(stores.logins.create(me), seen)
    elif found != me:
        seen.wrong.append(f"{me.user_id} was {found.user_id}")
    page = await _timed(stores.threads.page(me, 5), seen)
    if [one.title for one in page] != [me.user_id]:
        seen.wrong.append(f"{me.user_id} saw {[one.title for one in page]}")


async def _timed(call: Awaitable[T], seen: Seen) -> T:
    began = time.monotonic()
    try:
        return await call
    finally:
        seen.slowest = max(seen.slowest, time.monotonic() - began)


async def _recorded(owner: Principal, since: datetime) -> Sequence[ThreadEntry]:
    now = datetime.now(UTC)
    return [ThreadEntry(thread_id="t1", title=owner.user_id, created_at=now, active_at=now)]


@asynccontextmanager
async def _servers(fault: str, stop: float) -> AsyncIterator[Servers]:
    if fault == "failed over":
        with WatchedRedis() as watched:
            yield Servers(watched.url, {fault: lambda: _fail_over(watched)})
        return
    with tempfile.TemporaryDirectory(prefix="ultracore-redis-") as folder:
        with RedisServer(Path(folder), free_port(), "--appendonly", "yes") as server:
            yield Servers(
                f"redis://127.0.0.1:{server.port}",
                {
                    "stopped": lambda: _stop(server, stop),
                    "killed": lambda: _kill(server),
                    "flushed": lambda: _flush(server),
                },
            )


async def _stop(server: RedisServer, seconds: float) -> None:
    server.process.pause()
    await asyncio.sleep(seconds)
    server.process.signal(signal.SIGCONT)


async def _kill(server: RedisServer) -> None:
    server.process.kill()
    await asyncio.sleep(0.5)
    await asyncio.to_thread(server.__enter__)


async def _flush(server: RedisServer) -> None:
    await asyncio.to_thread(ask, server.port, "FLUSHALL")


async def _fail_over(watched: WatchedRedis) -> None:
    """Over when the copy says that it is the master."""
    watched.servers[0].process.kill()
    copy = watched.servers[1].port
    while (await asyncio.to_thread(ask, copy, "INFO", "replication") or {}).get("role") != "master":  # noqa: ASYNC110
        await asyncio.sleep(0.05)
