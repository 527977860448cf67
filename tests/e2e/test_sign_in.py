"""Many sign-ins at once, attackers beside owners, and proxies in front: the whole app over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.prove import sign_in
from tests.prove.sign_in import knock
from tests.support.app import RunningApp, running_app
from tests.support.nginx import nginx_before
from tests.support.ports import free_port


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    environment = {"ULTRACORE_TRUSTED_PROXIES": "127.0.0.0/8"}
    with running_app(tmp_path_factory.mktemp("app"), environment) as running:
        # Whichever test comes first finds a record to count in.
        httpx.post(f"{running.url}/login", data={"username": "customer1", "password": "demo"}).raise_for_status()
        yield running


async def at_once(app: RunningApp, count: int, users: list[str], password: str, address: str) -> list[int]:
    # A connection each: one that is kept may be closed by the server just while the next request is on its way.
    each_its_own = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=app.url, timeout=60, limits=each_its_own) as client:
        asked = (knock(client, password, address, users[number % len(users)]) for number in range(count))
        return [answer.status_code for answer in await asyncio.gather(*asked)]


@pytest.mark.parametrize("count", [16, 100])
async def test_right_passwords_at_once_from_one_address_all_come_in(app: RunningApp, count: int) -> None:
    users = ["customer1", "customer2", "customer3", "teller1"]
    assert set(await at_once(app, count, users, "demo", "192.0.2.7")) == {200}


async def test_one_persons_sign_ins_at_once_all_come_in(app: RunningApp) -> None:
    assert set(await at_once(app, 16, ["customer2"], "demo", "192.0.2.8")) == {200}


async def test_of_many_wrong_guesses_at_once_five_are_checked(app: RunningApp) -> None:
    before = sign_in.failures(app)
    codes = await at_once(app, 300, ["customer3"], "wrong", "192.0.2.66")
    assert codes.count(401) == 5
    assert codes.count(429) == 295
    assert sign_in.failures(app) - before == 5


async def test_a_refusal_says_how_long_and_is_on_the_record_once(app: RunningApp) -> None:
    await at_once(app, 12, ["supervisor1"], "wrong", "192.0.2.67")
    async with httpx.AsyncClient(base_url=app.url) as client:
        answer = await knock(client, "demo", "192.0.2.67", "supervisor1")
    assert answer.status_code == 429
    assert "Try again in" in answer.json()["detail"]
    rows = app.command("audit", "export", "--all", "--tenant", "tenant_1").splitlines()
    assert 1 <= sum('"access_blocked"' in row and '"supervisor1"' in row for row in rows) <= 2


async def test_a_flood_of_made_up_names_is_twenty_lines_of_the_record(app: RunningApp) -> None:
    names = [f"nobody{number}" for number in range(160)]
    codes = await at_once(app, 160, names, "wrong", "192.0.2.68")
    assert codes.count(401) == 100
    rows = app.command("audit", "export", "--all").splitlines()
    assert sum('"access_blocked"' in row and '"tenant_id":"none"' in row for row in rows) <= 20


def test_an_owner_comes_in_beside_guesses_from_a_whole_network() -> None:
    assert "known device: at once" in sign_in.run(60, seed=1)


async def test_behind_nginx_the_record_has_the_browsers_address_and_cookies_are_secure(tmp_path: Path) -> None:
    outside = free_port()
    environment = {
        "ULTRACORE_TRUSTED_PROXIES": "127.0.0.1",
        "ULTRACORE_ALLOWED_ORIGINS": f"http://127.0.0.1:{outside},https://chat.bank.example",
    }
    with (
        running_app(tmp_path, environment) as app,
        nginx_before(app.port, tmp_path / "nginx", port=outside) as url,
    ):
        async with httpx.AsyncClient(base_url=url) as browser:
            answer = await knock(browser, "demo", "203.0.113.5, 198.51.100.77, 127.0.0.1")
        assert answer.status_code == 200
        assert all("Secure" in cookie for cookie in answer.headers.get_list("set-cookie"))
        assert "max-age" in answer.headers["strict-transport-security"]
        assert addresses(app) == ["198.51.100.77"]


async def test_who_is_no_listed_proxy_speaks_for_nobody_else(tmp_path: Path) -> None:
    with running_app(tmp_path, {"ULTRACORE_TRUSTED_PROXIES": "10.0.0.0/8"}) as app:
        async with httpx.AsyncClient(base_url=app.url) as browser:
            assert (await knock(browser, "demo", "203.0.113.5")).status_code == 200
        assert addresses(app) == ["127.0.0.1"]


def addresses(app: RunningApp) -> list[str]:
    """Where the sign-ins on the record came from; it is sealed there."""
    rows = app.rows("audit", "export", "--all", "--tenant", "tenant_1")
    return [row["revealed"]["content"]["ip_address"] for row in rows if row["event_type"] == "login"]
