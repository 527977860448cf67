"""The published cache of domain objects: one key scheme and one time to live a kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ultracore.cache.keys import part
from ultracore.cache.redis_cache import RedisCache


class CacheManager:
    """Sessions, accounts, predictions, Q-tables and profiles over one `RedisCache`.

    The parts of a key are escaped, so ids of one tenant never meet those of another. What is read is None if
    nothing is kept.
    """

    def __init__(self, redis_cache: RedisCache) -> None:
        self.cache = redis_cache

    async def set_session(self, session_id: str, user_id: str, data: Mapping[str, Any], ttl: float = 3600) -> bool:
        """Keep `{session_id, user_id, data, created_at}`. This is not the login session of the chat."""
        session = {
            "session_id": session_id,
            "user_id": user_id,
            "data": dict(data),
            "created_at": datetime.now(UTC),
        }
        return await self.cache.set(_key("session", session_id), session, ttl)

    async def get_session(self, session_id: str) -> dict[str, Any] | None:
        """The keys of `set_session`, and at the top level too those of its `data` that are none of these."""
        session = await self._read(_key("session", session_id))
        return None if session is None else session["data"] | session

    async def delete_session(self, session_id: str) -> bool:
        """True if there was one."""
        return await self.cache.delete(_key("session", session_id))

    async def cache_account(
        self, tenant_id: str, account_id: str, account_data: Mapping[str, Any], ttl: float = 300
    ) -> bool:
        """Keep an account. `Decimal`s come back as strings."""
        return await self.cache.set(_key("account", tenant_id, account_id), dict(account_data), ttl)

    async def get_cached_account(self, tenant_id: str, account_id: str) -> dict[str, Any] | None:
        return await self._read(_key("account", tenant_id, account_id))

    async def invalidate_account(self, tenant_id: str, account_id: str) -> bool:
        """True if it was kept."""
        return await self.cache.delete(_key("account", tenant_id, account_id))

    async def cache_ml_prediction(
        self, model_name: str, input_hash: str, prediction: Any, ttl: float = 600
    ) -> bool:
        """Keep a JSON-able prediction."""
        return await self.cache.set(_key("ml_prediction", model_name, input_hash), prediction, ttl)

    async def get_cached_prediction(self, model_name: str, input_hash: str) -> Any:
        return await self.cache.get(_key("ml_prediction", model_name, input_hash))

    async def cache_q_table(self, agent_name: str, q_table: Any, ttl: float = 1800) -> bool:
        """Keep a Q-table, whose keys are tuples: pickled and signed."""
        return await self.cache.set(_key("q_table", agent_name), q_table, ttl, serialize="pickle")

    async def get_cached_q_table(self, agent_name: str) -> Any:
        """The Q-table, equal to what was kept."""
        return await self.cache.get(_key("q_table", agent_name), deserialize="pickle")

    async def cache_user_profile(
        self, tenant_id: str, user_id: str, profile: Mapping[str, Any], ttl: float = 600
    ) -> bool:
        return await self.cache.set(_key("user_profile", tenant_id, user_id), dict(profile), ttl)

    async def get_cached_user_profile(self, tenant_id: str, user_id: str) -> dict[str, Any] | None:
        return await self._read(_key("user_profile", tenant_id, user_id))

    async def check_rate_limit(self, key: str, limit: int, window: float) -> bool:
        """True, and one of `limit` admissions in any `window` seconds is used up; False if all are."""
        return (await self.cache.hit_rate_limit(key, limit, window)).allowed

    async def _read(self, key: str) -> dict[str, Any] | None:
        value: dict[str, Any] | None = await self.cache.get(key)
        return value


def _key(kind: str, *parts: str) -> str:
    return ":".join([kind, *map(part, parts)])
