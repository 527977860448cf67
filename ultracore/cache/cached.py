"""The published decorator that keeps the results of coroutine functions."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import wraps
from pathlib import PurePath
from typing import Any, ParamSpec, Protocol, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from ultracore.cache.redis_cache import RedisCache
from ultracore.cache.serialization import Serialization, dump_json, load_json
from ultracore.errors import CacheUnavailable

P = ParamSpec("P")
R = TypeVar("R")
Function = Callable[P, Awaitable[R]]

log = logging.getLogger(__name__)

_PLAIN = (str, bytes, bool, int, float, complex, type(None), Decimal, date, time, timedelta, UUID, PurePath)


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
    """Keep what a coroutine function returns for `ttl` seconds, by its arguments.

    The cache is the `cache` attribute of the object whose method it is, else `cache=`, else the default one of
    this process. Everything that the result depends on must be an argument: the object itself is not part of the
    key. Arguments are plain values, containers and dataclasses of them; others raise `TypeError`. A result that
    would not come back equal (a `Decimal` or a tuple as JSON) is not kept, errors are not kept, and if the
    cache cannot be reached the function is called: calls become slower, never wrong.
    """

    def decorate(function: Function[P, R]) -> Function[P, R]:
        if not inspect.iscoroutinefunction(function):
            raise TypeError("`cached` is for coroutine functions")
        signature = inspect.signature(function)

        @wraps(function)
        async def with_cache(*args: P.args, **kwargs: P.kwargs) -> R:
            owned = _cache_of(args[0]) if args else None
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            arguments = list(bound.arguments.items())[0 if owned is None else 1 :]
            key = _key(key_prefix, function, arguments)
            store = owned or cache or _default_cache()
            kept = await _find(store, key, serialize)
            if kept is not None:
                return kept["value"]  # type: ignore[no-any-return]  # it is what the function once returned
            result = await function(*args, **kwargs)
            await _keep(store, key, {"value": result}, ttl, serialize)
            return result

        return with_cache

    return decorate


async def _find(store: Store, key: str, serialize: Serialization) -> dict[str, Any] | None:
    try:
        kept: dict[str, Any] | None = await store.get(key, deserialize=serialize)
    except (CacheUnavailable, ValueError) as error:
        log.warning("computing without the cache: %s", error)
        return None
    return kept


async def _keep(store: Store, key: str, value: dict[str, Any], ttl: float, serialize: Serialization) -> None:
    if serialize == "json" and not _comes_back_equal(value):
        log.warning("a result is not kept, since JSON does not give it back equal: use serialize='pickle'")
        return
    try:
        await store.set(key, value, ttl=ttl, serialize=serialize)
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


def _key(prefix: str, function: Callable[..., object], arguments: list[tuple[str, object]]) -> str:
    text = repr([(name, _describe(value)) for name, value in arguments])
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    name = f"{function.__module__}.{function.__qualname__}"
    return ":".join(part for part in (prefix, name, digest) if part)


def _describe(value: object) -> object:
    """A form whose `repr` is equal if and only if the values are of one type and equal."""
    # With its type: 1, True and 1.0 are equal in Python, and are different calls.
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if isinstance(value, Enum):
        return kind, value.name
    if isinstance(value, _PLAIN):
        return kind, repr(value)
    if isinstance(value, Mapping):
        pairs = [(_describe(key), _describe(item)) for key, item in value.items()]
        return kind, sorted(pairs, key=repr)
    if isinstance(value, list | tuple):
        return kind, [_describe(item) for item in value]
    if isinstance(value, set | frozenset):
        return kind, sorted((_describe(item) for item in value), key=repr)
    if is_dataclass(value) and not isinstance(value, type):
        return kind, [(field.name, _describe(getattr(value, field.name))) for field in fields(value)]
    raise TypeError(f"a {kind} cannot be part of a cache key")
