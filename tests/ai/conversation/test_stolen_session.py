"""Somebody who can write to Redis tries to be another customer."""

from __future__ import annotations

import pytest

from tests.ai.conversation.test_outages import ASK
from tests.ai.screen import BROWSER, Desk, Screen, principal
from ultracore.ai.screen import Inbound
from ultracore.cache import RedisClient
from ultracore.cache.server.service import running_endpoint
from ultracore.errors import SessionEnded


async def test_one_customer_s_session_under_another_s_key_reads_nothing(desk: Desk) -> None:
    thief = await Desk.sign_in(desk.app, desk.model, principal("customer2", "cust_2"))
    endpoint = running_endpoint(desk.app.settings.data_path)
    assert endpoint is not None
    client = RedisClient(endpoint, call_seconds=10)
    kept = await client.call("HGET", f"@login:{{{desk.who.login_id}}}", "principal")
    await client.call("HSET", f"@login:{{{thief.who.login_id}}}", "principal", kept)
    await client.aclose()
    screen = Screen()
    await desk.app.desk.message(
        Inbound(thief.who.login_id, desk.conversation_id, "4f0c4b0e-98d3-4ed5-a8fa-4d30f7c1a111", ASK, BROWSER),
        screen,
    )
    assert "2,500" not in screen.shown and screen.answers == []
    with pytest.raises(SessionEnded):
        await desk.app.desk.stop(thief.who.login_id, desk.conversation_id)
