"""What Redis forgets of a customer, and what of others it keeps."""

from __future__ import annotations

import asyncio

import pytest

from tests.cache.conftest import number_of_keys, principal
from ultracore.cache import RedisCache, RedisClient
from ultracore.cache.stores import LogChange, RedisEraser, RuntimeStores, Traces
from ultracore.errors import CacheUnavailable

ADA = Traces(
    tenant_id="tenant_1",
    customer_id="cust_1",
    user_ids=frozenset({"customer1", "name/with {braces}"}),
    conversation_ids=frozenset({"conv-1", "conv-staff"}),
    account_ids=frozenset({"acc_1"}),
)
CUSTOMER, STRANGER, TELLER = principal(), principal("customer2", "login-2"), principal("teller1", "login-3")


async def talk(stores: RuntimeStores, owner: object, conversation: str) -> None:
    await stores.conversations.create(conversation, owner)  # type: ignore[arg-type]
    await stores.conversations.append(conversation, {"role": "user", "content": "words"})
    await stores.threads.create(owner, conversation, "words")  # type: ignore[arg-type]
    await stores.logs.begin(conversation, [LogChange("1", {"text": "words"})])


async def test_the_customers_things_go_and_others_stay(stores: RuntimeStores, cache: RedisCache) -> None:
    await talk(stores, CUSTOMER, "conv-1")
    await talk(stores, STRANGER, "conv-2")
    for conversation in ("conv-staff", "conv-other"):
        await talk(stores, TELLER, conversation)
    for user in ("customer1", "customer2", "name/with {braces}"):
        await stores.notices.add_notice("tenant_1", user, "words")
        await cache.set(f"user_profile:tenant_1:{user}", {"name": "words"})
    await RedisEraser(stores.client).forget(ADA)
    assert await stores.conversations.history("conv-1") == []
    assert await stores.conversations.owner("conv-staff") is None
    assert len(await stores.conversations.history("conv-2")) == 1
    assert await stores.threads.page(CUSTOMER, 10) == []
    assert [one.thread_id for one in await stores.threads.page(TELLER, 10)] == ["conv-other"]
    for user, kept in (("customer1", 0), ("name/with {braces}", 0), ("customer2", 1)):
        assert len(await stores.notices.take_notices("tenant_1", user)) == kept
    assert await cache.get("user_profile:tenant_1:customer1") is None
    assert await cache.get("user_profile:tenant_1:customer2") == {"name": "words"}


async def test_a_session_that_was_signed_in_ends(stores: RuntimeStores) -> None:
    await stores.logins.create(CUSTOMER)
    await stores.logins.create(STRANGER)
    assert await RedisEraser(stores.client).sign_out(ADA) == 1
    assert await stores.logins.get(CUSTOMER.login_id) is None
    assert await stores.logins.get(STRANGER.login_id) == STRANGER


async def test_a_turn_that_runs_is_waited_for(stores: RuntimeStores) -> None:
    async with stores.turns.hold("conv-1"):
        with pytest.raises(CacheUnavailable) as refusal:
            await RedisEraser(stores.client, turn_seconds=0.1).forget(ADA)
        await talk(stores, CUSTOMER, "conv-1")
        going = asyncio.create_task(RedisEraser(stores.client).forget(ADA))
        await asyncio.sleep(0)
        assert len(await stores.conversations.history("conv-1")) == 1
    await going
    assert refusal.value.code == "erasure.turn_runs"
    assert await stores.conversations.history("conv-1") == []


async def test_many_keys_of_others_are_gone_through(stores: RuntimeStores, client: RedisClient) -> None:
    for number in range(1_500):
        await client.call("SET", f"@other:{{{number}}}", "words")
    await talk(stores, CUSTOMER, "conv-1")
    assert await RedisEraser(client).forget(ADA) == await RedisEraser(client).forget(ADA) + 8
    assert await number_of_keys(client) == 1_500
