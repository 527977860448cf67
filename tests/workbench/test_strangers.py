"""Strangers get nothing of the workbench, at every route that it has."""

from __future__ import annotations

import re

import pytest

from tests.workbench.conftest import PEOPLE, WorkbenchWorld, apply
from ultracore.web.table import _Route

SECRETS = ("cust_1", "Alex", "L-TESTS", "red")


async def addresses(bench: WorkbenchWorld) -> list[tuple[_Route, str]]:
    """Every route, with an id of the first tenant's in its braces."""
    report = await bench.bank.security.incidents.report("tenant_1", "cust_1", "customer1", "a red letter")
    ids = {"reference": await apply(bench.bank, 1), "incident": report.reference}
    return [
        (
            route,
            re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda part: ids[part[1]], route.path.pattern.strip("^$")).replace(
                "\\", ""
            ),
        )
        for route in bench.table._routes
        if isinstance(route, _Route)
    ]


async def status(bench: WorkbenchWorld) -> str:
    (newest, *_) = await bench.bank.lending.applications("tenant_1", "cust_1")
    return newest.status.value


@pytest.mark.parametrize("who", sorted(PEOPLE))
async def test_another_role_gets_a_403_page_everywhere(bench: WorkbenchWorld, who: str) -> None:
    asked = [one for one in await addresses(bench) if not one[0].roles & PEOPLE[who].roles]
    for route, path in asked:
        answer = await (bench.get(who, path) if route.method == "GET" else bench.send(who, path, act="decide"))
        shown = re.sub(r'(action|href)="[^"]*"| required\b', "", answer.text)
        assert (answer.status_code, [word for word in SECRETS if word in shown]) == (403, []), path
    assert len(bench.denied) == len(asked)
    assert asked


@pytest.mark.parametrize("who", ["lender9", "supervisor2", "security9", "teller9"])
async def test_another_tenants_staff_get_nothing_of_it_anywhere(bench: WorkbenchWorld, who: str) -> None:
    for route, path in await addresses(bench):
        for act in ("tie", "decide", "agree", "take", "close"):
            fields = {"act": act, "outcome": "approved", "letter": "x" * 40, "seen": "dec_1", "version": "0"}
            answer = await (bench.get(who, path) if route.method == "GET" else bench.send(who, path, **fields))
            shown = re.sub(r'(action|href)="[^"]*"| required\b', "", answer.text)
            assert [word for word in SECRETS if word in shown] == [], path
    assert await status(bench) == "submitted"
    assert await bench.bank.security.incident_desk.count("tenant_1", is_open=True) == 1
    assert await bench.events("loan.decide") == await bench.events("incident.work") == []


async def test_somebody_who_is_not_signed_in_is_led_to_the_sign_in_everywhere(bench: WorkbenchWorld) -> None:
    async with bench.browser("nobody") as browser:
        for route, path in await addresses(bench):
            answer = await (browser.get(path) if route.method == "GET" else browser.client.post(path))
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/login"), path
