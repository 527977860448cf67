"""Strangers get nothing of the desk, at every route that it has."""

from __future__ import annotations

import re

import pytest

from tests.desk.conftest import DeskWorld
from tests.desk.test_queue_pages import fill
from ultracore.banking.cases import SearchOwner

FOREIGN = "supervisor2"


def routes(desk: DeskWorld) -> list[tuple[str, str]]:
    """Every route of the desk, with an id of this test's world in its braces."""
    return [(route.method, route.path.pattern.strip("^$")) for route in desk.table._routes]


async def addresses(desk: DeskWorld) -> list[tuple[str, str]]:
    await fill(desk)
    (case, *_) = await desk.core.bank.cases.waiting("tenant_1", limit=1)
    owner = SearchOwner("tenant_1", "supervisor1", "cust_1")
    search = await desk.core.bank.saved_searches.save(owner, "conv-kept", "decision=denied", shared=True)
    ids = {"case": case.case_id, "conversation": case.conversation_id, "search": search.search_id}
    return [
        (method, re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda part: ids[part[1]], path).replace("\\", ""))
        for method, path in routes(desk)
    ]


@pytest.mark.parametrize("who", ["customer1", "teller1", "admin1"])
async def test_another_role_gets_a_403_page_everywhere(desk: DeskWorld, who: str) -> None:
    asked = await addresses(desk)
    async with desk.browser(who) as browser:
        for method, path in asked:
            answer = await (browser.get(path) if method == "GET" else browser.send(path, {}))
            assert (answer.status_code, "cust_1" in answer.text) == (403, False), path
    assert len(desk.denied) == len(asked)


async def test_somebody_who_is_not_signed_in_is_led_to_the_sign_in_everywhere(desk: DeskWorld) -> None:
    for method, path in await addresses(desk):
        async with desk.browser("nobody") as browser:
            answer = await (browser.client.get(path) if method == "GET" else browser.client.post(path))
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/login"), path


async def test_another_tenants_supervisor_gets_nothing_of_it_anywhere(desk: DeskWorld) -> None:
    asked = await addresses(desk)
    before = await desk.core.bank.cases.waiting("tenant_1", limit=10)
    async with desk.browser(FOREIGN) as browser:
        for method, path in asked:
            answer = await (browser.get(path) if method == "GET" else browser.send(path, {"version": "1"}))
            assert "cust_1" not in answer.text, path
            assert "conv-" not in re.sub(r'(action|href)="[^"]*"', "", answer.text), path
    assert await desk.core.bank.cases.waiting("tenant_1", limit=10) == before
