"""The published cache of domain objects: one key scheme and one time to live a kind."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from ultracore.cache.keys import part
from ultracore.cache.redis_cache import RedisCache
from ultracore.cache.serialization import Serialization
from ultracore.cache.statistics import ClassStats, KeyClass
from ultracore.errors import CacheUnavailable

T = TypeVar("T")

MOST_EVENTS: Final = 1_000
"""The newest audit events of a tenant that are kept."""


class CacheManager:
    """Sessions, accounts, predictions, Q-tables and profiles over one `RedisCache`.

    The parts of a key are escaped, so ids of one tenant never meet those of another. What is read is None if
    nothing is kept. Calls are counted by the kind of key (`stats`).
    """

    def __init__(self, redis_cache: RedisCache) -> None:
        self.cache = redis_cache
        self.classes: dict[str, KeyClass] = {}

    def stats(self) -> dict[str, ClassStats]:
        """Hits, misses, writes, errors and latency of each kind of key, since this object was made."""
        return {kind: counts.stats() for kind, counts in sorted(self.classes.items())}

    async def set_session(self, session_id: str, user_id: str, data: Mapping[str, Any], ttl: float = 3600) -> bool:
        """Keep `{session_id, user_id, data, created_at}`. This is not the login session of the chat."""
        session = {
            "session_id": session_id,
            "user_id": user_id,
            "data": dict(data),
            "created_at": datetime.now(UTC),
        }
        return await self._keep("session", (session_id,), session, ttl)

    async def get_session(self, session_id: str) -> dict[str, Any] | None:
        """The keys of `set_session`, and at the top level too those of its `data` that are none of these."""
        session = await self._read("session", session_id)
        return None if session is None else session["data"] | session

    async def delete_session(self, session_id: str) -> bool:
        """True if there was one."""
        return await self._drop("session", session_id)

    async def cache_account(
        self, tenant_id: str, account_id: str, account_data: Mapping[str, Any], ttl: float = 300
    ) -> bool:
        """Keep an account. `Decimal`s come back as strings."""
        return await self._keep("account", (tenant_id, account_id), dict(account_data), ttl)

    async def get_cached_account(self, tenant_id: str, account_id: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = await self._read("account", tenant_id, account_id)
        return found

    async def invalidate_account(self, tenant_id: str, account_id: str) -> bool:
        """True if it was kept."""
        return await self._drop("account", tenant_id, account_id)

    async def cache_ml_prediction(
        self, model_name: str, input_hash: str, prediction: Any, ttl: float = 600
    ) -> bool:
        """Keep a JSON-able prediction."""
        return await self._keep("ml_prediction", (model_name, input_hash), prediction, ttl)

    async def get_cached_prediction(self, model_name: str, input_hash: str) -> Any:
        return await self._read("ml_prediction", model_name, input_hash)

    async def cache_q_table(self, agent_name: str, q_table: Any, ttl: float = 1800) -> bool:
        """Keep a Q-table, whose keys are tuples: pickled and signed."""
        return await self._keep("q_table", (agent_name,), q_table, ttl, "pickle")

    async def get_cached_q_table(self, agent_name: str) -> Any:
        """The Q-table, equal to what was kept."""
        return await self._read("q_table", agent_name, form="pickle")

    async def cache_user_profile(
        self, tenant_id: str, user_id: str, profile: Mapping[str, Any], ttl: float = 600
    ) -> bool:
        return await self._keep("user_profile", (tenant_id, user_id), dict(profile), ttl)

    async def get_cached_user_profile(self, tenant_id: str, user_id: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = await self._read("user_profile", tenant_id, user_id)
        return found

    async def cache_derived(
        self, kind: str, tenant_id: str, customer_id: str, value: Mapping[str, Any], ttl: float
    ) -> bool:
        """Keep a result that was worked out for a customer, one of a kind. The caller seals what it holds."""
        return await self._keep(kind, (tenant_id, customer_id), dict(value), ttl)

    async def get_cached_derived(
        self,
        kind: str,
        tenant_id: str,
        customer_id: str,
        read: Callable[[object], T | None],
        *,
        peek: bool = False,
    ) -> T | None:
        """What `read` makes of the kept value: None counts as a miss, as does a value that is no JSON.

        With `peek` it is not counted.
        """
        with self._counted(kind) as counts:
            try:
                raw = await self.cache.get(_key(kind, tenant_id, customer_id))
            except (TypeError, ValueError):
                raw = None
            found = None if raw is None else read(raw)
            if not peek:
                counts.count_read(found is not None)
        return found

    async def remember_audit_event(self, tenant_id: str, event: Mapping[str, Any]) -> None:
        """Keep the clear part of one of a tenant's newest events, as `AuditTrail(cache_manager=…)` gives it."""
        with self._counted("audit_event") as counts:
            await self.cache.list_keep(_key("audit_event", tenant_id), dict(event), MOST_EVENTS)
            counts.writes += 1

    async def recent_audit_events(self, tenant_id: str, limit: int = 100) -> list[dict[str, Any]]:
        """The clear parts of a tenant's newest events, newest first; fewer than there are if Redis has lost some.

        The store is the truth: what must be complete is read by `AuditTrail.get_recent_events`.
        """
        with self._counted("audit_event") as counts:
            found = await self.cache.list_range(_key("audit_event", tenant_id), -limit) if limit > 0 else []
            counts.count_read(bool(found))
        return found[::-1]

    async def check_rate_limit(self, key: str, limit: int, window: float) -> bool:
        """True, and one of `limit` admissions in any `window` seconds is used up; False if all are."""
        return (await self.cache.hit_rate_limit(key, limit, window)).allowed

    async def _read(self, kind: str, *parts: str, form: Serialization = "json") -> Any:
        with self._counted(kind) as counts:
            value = await self.cache.get(_key(kind, *parts), deserialize=form)
            counts.count_read(value is not None)
        return value

    async def _keep(
        self, kind: str, parts: tuple[str, ...], value: Any, ttl: float, form: Serialization = "json"
    ) -> bool:
        with self._counted(kind) as counts:
            kept = await self.cache.set(_key(kind, *parts), value, ttl, serialize=form)
            counts.writes += 1
        return kept

    async def _drop(self, kind: str, *parts: str) -> bool:
        with self._counted(kind) as counts:
            gone = await self.cache.delete(_key(kind, *parts))
            counts.writes += 1
        return gone

    @contextmanager
    def _counted(self, kind: str) -> Iterator[KeyClass]:
        counts = self.classes.setdefault(kind, KeyClass())
        began = time.perf_counter()
        try:
            yield counts
        except CacheUnavailable:
            counts.errors += 1
            raise
        finally:
            counts.took(time.perf_counter() - began)


def _key(kind: str, *parts: str) -> str:
    return ":".join([kind, *map(part, parts)])
