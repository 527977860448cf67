"""The decorator."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from tests.cache.conftest import Server, keys_of
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
    (key,) = await keys_of(client, "ultracore:service:*")
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


class OfTenant:
    """A service as a bank would write one: the tenant is an attribute, and calls are counted."""

    def __init__(self, cache: RedisCache, tenant: str, ledger: object = None) -> None:
        self.cache, self.tenant, self.ledger, self.calls = cache, tenant, ledger, 0

    @cached(ttl=60)
    async def balance(self, account: str) -> str:
        self.calls += 1
        return f"{self.tenant} {account}"


async def test_services_of_two_tenants_share_no_result(cache: RedisCache) -> None:
    one, two = OfTenant(cache, "tenant_1"), OfTenant(cache, "tenant_2")
    assert await one.balance("acc_1") == await one.balance("acc_1") == "tenant_1 acc_1"
    assert await two.balance("acc_1") == "tenant_2 acc_1"
    assert (one.calls, two.calls) == (1, 1)
    assert await OfTenant(cache, "tenant_1").balance("acc_1") == "tenant_1 acc_1"


async def test_services_over_two_ledgers_share_no_result(cache: RedisCache) -> None:
    one, two = OfTenant(cache, "tenant_1", object()), OfTenant(cache, "tenant_1", object())
    await one.balance("acc_1")
    await two.balance("acc_1")
    assert (one.calls, two.calls) == (1, 1)


async def test_an_object_at_the_address_of_one_that_is_gone_inherits_nothing(cache: RedisCache) -> None:
    for number in range(50):
        assert await OfTenant(cache, f"tenant_{number}").balance("acc_1") == f"tenant_{number} acc_1"


class Declared(OfTenant):
    @property
    def cache_key(self) -> str:
        return self.tenant


async def test_a_declared_key_is_read_at_each_call(cache: RedisCache) -> None:
    service = Declared(cache, "tenant_1", object())
    await service.balance("acc_1")
    service.tenant = "tenant_2"
    assert await service.balance("acc_1") == "tenant_2 acc_1"
    assert await Declared(cache, "tenant_2", object()).balance("acc_1") == "tenant_2 acc_1"
    assert service.calls == 2


@dataclass
class Desk:
    cache: RedisCache
    tenant: str

    @cached(ttl=60)
    async def name(self) -> str:
        return self.tenant


async def test_a_dataclass_is_told_apart_by_its_fields(cache: RedisCache) -> None:
    desk = Desk(cache, "tenant_1")
    assert await desk.name() == "tenant_1"
    desk.tenant = "tenant_2"
    assert await desk.name() == "tenant_2"


async def test_the_first_argument_of_a_static_method_is_an_argument(cache: RedisCache) -> None:
    class Sums:
        @staticmethod
        @cached(ttl=60, cache=cache)
        async def total(numbers: list[int]) -> int:
            return sum(numbers)

    assert [await Sums.total([1, 2]), await Sums.total([1, 3])] == [3, 4]


class Slotted:
    __slots__ = ("cache",)

    def __init__(self, cache: RedisCache) -> None:
        self.cache = cache

    @cached(ttl=60)
    async def answer(self) -> int:
        return 42


async def test_an_object_that_cannot_be_watched_is_told_to_declare_its_key(cache: RedisCache) -> None:
    with pytest.raises(TypeError, match="cache_key"):
        await Slotted(cache).answer()


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
