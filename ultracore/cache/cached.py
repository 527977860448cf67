"""The published decorator that keeps the results of coroutine functions."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar
from weakref import WeakKeyDictionary

from ultracore.cache.identity import Identities, describe
from ultracore.cache.redis_cache import RedisCache
from ultracore.cache.serialization import Serialization, dump_json, load_json
from ultracore.errors import CacheUnavailable

P = ParamSpec("P")
R = TypeVar("R")
Function = Callable[P, Awaitable[R]]

log = logging.getLogger(__name__)

_identities = Identities()
_default_caches: WeakKeyDictionary[asyncio.AbstractEventLoop, RedisCache] = WeakKeyDictionary()


class Store(Protocol):
    """What the decorator needs of a cache: `get` and `set` as `RedisCache` has them."""

    async def get(self, key: str, deserialize: Serialization = "json") -> Any: ...

    async def set(
        self, key: str, value: Any, ttl: float | None = None, serialize: Serialization = "json"
    ) -> bool: ...


def cached(
    ttl: float = 300,
    key_prefix: str = "",
    serialize: Serialization = "json",
    *,
    cache: Store | None = None,
) -> Callable[[Function[P, R]], Function[P, R]]:
    """Keep what a coroutine function returns for `ttl` seconds, by its arguments and the object it is called on.

    The cache is the `cache` attribute of the object whose method it is, else `cache=`, else the default one of
    this process. Two objects share a result only if they have the same identity (see `Identities`). Arguments are
    plain values, containers and dataclasses of them; others raise `TypeError`. A result that would not come back
    equal (a `Decimal` or a tuple as JSON) is not kept, errors are not kept, and if the cache cannot be reached the
    function is called: calls become slower, never wrong.
    """

    def decorate(function: Function[P, R]) -> Function[P, R]:
        if not inspect.iscoroutinefunction(function):
            raise TypeError("`cached` is for coroutine functions")
        signature = inspect.signature(function)
        is_method = _is_method(function, signature)

        @wraps(function)
        async def with_cache(*args: P.args, **kwargs: P.kwargs) -> R:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            owned = _cache_of(args[0]) if args else None
            key = _key(key_prefix, function, _depends_on(bound, is_method or owned is not None))
            kept = _Kept(owned or cache or _default_cache(), key, ttl, serialize)
            found = await kept.find()
            if found is not None:
                return found["value"]  # type: ignore[no-any-return]  # it is what the function once returned
            result = await function(*args, **kwargs)
            await kept.keep({"value": result})
            return result

        return with_cache

    return decorate


@dataclass(frozen=True, slots=True)
class _Kept:
    """The place of one result. It is a mapping with the key `value`, so that a kept None differs from none."""

    store: Store
    key: str
    ttl: float
    serialize: Serialization

    async def find(self) -> dict[str, Any] | None:
        try:
            kept: dict[str, Any] | None = await self.store.get(self.key, deserialize=self.serialize)
        except (CacheUnavailable, ValueError) as error:
            log.warning("computing without the cache: %s", error)
            return None
        return kept

    async def keep(self, value: dict[str, Any]) -> None:
        if self.serialize == "json" and not _comes_back_equal(value):
            log.warning("a result is not kept, since JSON does not give it back equal: use serialize='pickle'")
            return
        try:
            await self.store.set(self.key, value, ttl=self.ttl, serialize=self.serialize)
        except CacheUnavailable as error:
            log.warning("a result is not kept: %s", error)


def _comes_back_equal(value: dict[str, Any]) -> bool:
    try:
        return bool(load_json(dump_json(value)) == value)
    except (TypeError, ValueError):
        return False


def _cache_of(owner: object) -> Store | None:
    cache: Store | None = getattr(owner, "cache", None)
    return cache if callable(getattr(cache, "get", None)) and callable(getattr(cache, "set", None)) else None


def _default_cache() -> RedisCache:
    """The cache of decorated functions that have no other, one an event loop. It connects on first use."""
    return _default_caches.setdefault(asyncio.get_running_loop(), RedisCache())


async def close_default_cache() -> None:
    """Close the default cache of this event loop, if a decorated function has opened it. Idempotent."""
    cache = _default_caches.pop(asyncio.get_running_loop(), None)
    if cache is not None:
        await cache.disconnect()


def _is_method(function: Callable[..., object], signature: inspect.Signature) -> bool:
    """If a class holds the function: a method's first argument is the object, which is no plain value."""
    holder, _, _ = function.__qualname__.rpartition(".")
    return bool(holder) and not holder.endswith("<locals>") and bool(signature.parameters)


def _depends_on(call: inspect.BoundArguments, has_owner: bool) -> tuple[object, ...]:
    """The identity of the object, if the first argument is one, and each other argument by name."""
    arguments = list(call.arguments.items())
    owner, others = arguments[:has_owner], arguments[has_owner:]
    return *(_identities.of(value) for _, value in owner), *((name, describe(value)) for name, value in others)


def _key(prefix: str, function: Callable[..., object], depends_on: object) -> str:
    digest = hashlib.sha256(repr(depends_on).encode(errors="surrogatepass")).hexdigest()
    name = f"{function.__module__}.{function.__qualname__}"
    return ":".join(part for part in (prefix, name, digest) if part)
