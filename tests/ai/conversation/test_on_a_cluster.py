"""One whole conversation with its sign-in, turn order, limits and memory in a Redis Cluster of three nodes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest
from pydantic import SecretStr

from tests.ai.conversation.test_outages import ASK, BALANCE, card
from tests.ai.screen import Desk
from tests.support.redis_servers import BINARY, RedisCluster, ask
from tests.support.scripted_model import ScriptedModel, say
from ultracore.settings import Settings

pytestmark = pytest.mark.skipif(BINARY is None, reason="no redis-server on PATH")


@pytest.fixture
async def clustered(settings: Settings, scripted_model: ScriptedModel) -> AsyncIterator[tuple[Desk, RedisCluster]]:
    with RedisCluster() as cluster:
        update = {"openai_base_url": scripted_model.base_url, "redis_url": SecretStr(cluster.url)}
        async with Desk.open(settings.model_copy(update=update), scripted_model) as desk:
            yield desk, cluster


async def test_a_balance_a_transfer_and_its_approval(clustered: tuple[Desk, RedisCluster]) -> None:
    desk, cluster = clustered
    desk.model.expect(BALANCE, say("You have AUD 2,500.00."))
    assert (await desk.say(ASK)).answers == ["You have AUD 2,500.00."]
    await card(desk)
    assert (await desk.press(approve=True)).closed[-1][0] == "done"
    assert await desk.balance() == "2450.00"
    await desk.app.threads.create(desk.who, desk.conversation_id, "Payments")
    assert [one.thread_id for one in await desk.app.threads.page(desk.who, 10)] == [desk.conversation_id]
    assert (await desk.app.health())["redis"] == "ok"
    # A key for each of many logins, so that no node can be left out by chance.
    for _ in range(40):
        await desk.app.logins.create(replace(desk.who, login_id=uuid4().hex))
    assert all(ask(server.port, "DBSIZE") > 0 for server in cluster.servers)


async def test_a_node_that_dies_makes_it_not_ready(clustered: tuple[Desk, RedisCluster]) -> None:
    desk, cluster = clustered
    cluster.servers[1].process.kill()
    health = await desk.app.health()
    assert health["redis"].startswith("cache.")
    assert (health["audit"], health["ledger"]) == ("ok", "ok")
