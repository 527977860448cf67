"""A result out of the cache goes the whole way of a tool call: checked, recorded, refused to strangers."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.ai.screen import Desk
from tests.support.deadlines import PATIENCE
from tests.support.scripted_model import call, say

ABOUT_ME = {"tenant_id": "tenant_1", "customer_id": "cust_1"}


async def ask(desk: Desk, arguments: dict[str, Any] | None = None) -> list[tuple[str, Any]]:
    """The events that one question about the credit score leaves, with what the tool gave."""
    before = len(await desk.record())
    desk.model.expect(call("analyze_credit_risk", arguments or ABOUT_ME))
    desk.model.expect(say("That is your score."))
    await desk.say("what is my credit score")
    events = (await desk.record())[before:]
    return [(event.event_type.value, (event.metadata or {}).get("result")) for event in events]


async def test_a_hit_is_authorised_and_recorded_like_a_miss(desk: Desk) -> None:
    await ask(desk)
    missed, hit = await ask(desk), await ask(desk)
    counts = desk.app.cache.classes["credit_score"]
    assert (counts.hits, counts.misses) == (2, 1)
    assert missed == hit
    assert "tool_executed" in [kind for kind, _ in hit]


async def test_what_is_kept_is_not_given_to_a_customer_who_names_another(desk: Desk) -> None:
    await desk.app.bank.lending.risk("tenant_1", "cust_2")
    asked = await ask(desk, {"tenant_id": "tenant_1", "customer_id": "cust_2"})
    assert "tool_executed" not in [kind for kind, _ in asked]
    counts = desk.app.cache.classes["credit_score"]
    assert (counts.hits, counts.misses) == (0, 1)


async def test_a_profile_is_worked_out_at_sign_in_before_it_is_asked_for(desk: Desk) -> None:
    classes = desk.app.cache.classes
    async with asyncio.timeout(PATIENCE):
        while "risk_profile" not in classes or not classes["risk_profile"].writes:  # noqa: ASYNC110  # no event says so
            await asyncio.sleep(0.01)
    await desk.app.bank.risk.profile("tenant_1", "cust_1")
    assert classes["risk_profile"].hits == 1
