"""Two replicas behind nginx as `deploy/nginx.conf` sets it up. In full: `make prove ARGS=browser_kill`."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.e2e.test_sign_in import addresses
from tests.prove import behind_nginx, browser_kill, replica_kill


async def test_a_page_goes_on_by_itself_when_the_replica_behind_it_is_killed(tmp_path: Path) -> None:
    async with behind_nginx.opened(tmp_path, affinity=False) as house:
        await house.go_on()
        await house.kill_the_one_with_the_page()
        await house.go_on()
        await behind_nginx.check(house)
        await check_what_nginx_keeps_out(house)


async def test_a_press_whose_replica_is_killed_is_told_on_the_page_and_its_card_is_closed(tmp_path: Path) -> None:
    async with browser_kill.opened(tmp_path, 1) as house:
        await browser_kill.play(house, "with a press under way")
        assert await replica_kill.transfers(house.apps[0]) == house.receipts


async def check_what_nginx_keeps_out(house: behind_nginx.House) -> None:
    """What operators may see, and an address that a browser claims."""
    url = house.page.url.partition("/thread/")[0]
    async with httpx.AsyncClient(base_url=url, verify=False, headers={"Origin": url}) as stranger:  # noqa: S501
        closed = [(await stranger.get(path)).status_code for path in ("/metrics", "/ready")]
        claim = {"X-Forwarded-For": "203.0.113.5"}
        form = {"username": "customer2", "password": "demo"}
        answer = await stranger.post("/login", data=form, headers=claim)
    assert (closed, answer.status_code) == ([404, 404], 200)
    assert "203.0.113.5" not in addresses(house.apps[0])
