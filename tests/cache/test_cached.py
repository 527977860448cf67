"""The decorator."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from tests.cache.conftest import Server
from ultracore.cache import RedisCache, RedisClient, cached


class Service:
    """As in the seed's example."""

    def __init__(self, cache: RedisCache) -> None:
        self.cache = cache
        self.calls: list[object] = []
        self.answer: object = {"made": True}

    @cached(ttl=300, key_prefix="service")
    async def expensive_operation(self, param: object, *more: object, option: object = None) -> object:
        """Says what it does."""
        self.calls.append(param)
        return self.answer

    @cached(ttl=300, serialize="pickle")
    async def exact(self, param: str) -> object:
        self.calls.append(param)
        return self.answer


@pytest.fixture
def service(cache: RedisCache) -> Service:
    return Service(cache)


async def test_the_same_arguments_are_computed_once(service: Service) -> None:
    assert await service.expensive_operation("a") == {"made": True}
    assert await service.expensive_operation("a") == {"made": True}
    assert await service.expensive_operation(param="a", option=None) == {"made": True}
    assert service.calls == ["a"]
    assert service.expensive_operation.__doc__ == "Says what it does."


async def test_the_key_has_the_prefix_and_the_time_to_live(client: RedisClient, service: Service) -> None:
    await service.expensive_operation("a")
    (key,) = await client.call("KEYS", "ultracore:service:*")
    assert 299_000 < await client.call("PTTL", key) <= 300_000
    assert await service.cache.invalidate_pattern("service:*") == 1


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Point:
    x: object


DIFFERENT: list[Any] = [
    1,
    1.0,
    "1",
    True,
    None,
    "None",
    b"1",
    Decimal(1),
    Decimal("1.0"),
    (1,),
    [1],
    {1},
    frozenset({1}),
    {"a": 1},
    {"a": "1"},
    ("a", "b"),
    ("a, b",),
    ("a', 'b",),
    Colour.RED,
    "red",
    date(2025, 11, 1),
    Point(1),
    Point("1"),
]


async def test_arguments_that_differ_never_share_a_result(service: Service) -> None:
    for argument in DIFFERENT:
        await service.expensive_operation(argument)
    assert len(service.calls) == len(DIFFERENT)
    for argument in DIFFERENT:
        await service.expensive_operation(argument)
    assert len(service.calls) == len(DIFFERENT)


async def test_the_places_of_arguments_matter(service: Service) -> None:
    await service.expensive_operation("a", "b")
    await service.expensive_operation("a", option="b")
    await service.expensive_operation("b", "a")
    assert len(service.calls) == 3


async def test_the_order_of_a_mapping_does_not_matter(service: Service) -> None:
    await service.expensive_operation({"a": 1, "b": 2})
    await service.expensive_operation({"b": 2, "a": 1})
    assert len(service.calls) == 1


async def test_an_argument_without_a_value_of_its_own_is_refused(service: Service) -> None:
    with pytest.raises(TypeError, match="cache key"):
        await service.expensive_operation(object())
    assert service.calls == []


async def test_none_is_kept_too(service: Service) -> None:
    service.answer = None
    assert await service.expensive_operation("a") is None
    assert await service.expensive_operation("a") is None
    assert service.calls == ["a"]


@pytest.mark.parametrize("answer", [Decimal("1.50"), (1, 2), {1: "x"}, {"when": date(2025, 11, 1)}, {1, 2}])
async def test_a_result_never_changes_its_type_by_being_kept(service: Service, answer: object) -> None:
    service.answer = answer
    for _ in range(2):
        result = await service.expensive_operation("json")
        assert (type(result), result) == (type(answer), answer)
        exact = await service.exact("pickle")
        assert (type(exact), exact) == (type(answer), answer)
    assert service.calls.count("json") == 2
    assert service.calls.count("pickle") == 1


async def test_errors_are_not_kept(service: Service) -> None:
    attempts = []

    @cached(cache=service.cache)
    async def flaky() -> int:
        attempts.append(1)
        if len(attempts) == 1:
            raise KeyError("the first time")
        return 7

    with pytest.raises(KeyError):
        await flaky()
    assert await flaky() == await flaky() == 7
    assert len(attempts) == 2


async def test_without_redis_the_function_is_called(own_server: Server) -> None:
    client = RedisClient(own_server.endpoint)
    service = Service(RedisCache(client=client))
    with own_server.hung():
        async with asyncio.timeout(2):
            assert await service.expensive_operation("a") == {"made": True}
    await client.aclose()


def test_only_coroutine_functions_can_be_decorated() -> None:
    def plain() -> int:
        return 1

    with pytest.raises(TypeError, match="coroutine"):
        cached()(plain)  # type: ignore[arg-type]  # that is the point


class Plain:
    """A cache of somebody else's, with the published names."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    async def get(self, key: str, deserialize: str = "json") -> Any:
        return self.kept.get(key)

    async def set(self, key: str, value: Any, ttl: float | None = None, serialize: str = "json") -> bool:
        self.kept[key] = value
        return True


async def test_any_object_with_get_and_set_is_a_cache() -> None:
    calls = []
    plain = Plain()

    @cached(cache=plain)
    async def double(number: int) -> int:
        calls.append(number)
        return 2 * number

    assert [await double(3), await double(3), await double(4)] == [6, 6, 8]
    assert calls == [3, 4]
