"""The page that makes the first administrator, over a bank that has none."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import cast

import httpx
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from tests.banking.ledgers import in_file, raw
from tests.chat.doubles import MemoryThrottle
from tests.identity.house import BROWSER, PASSWORD, House, Phone
from ultracore.admin import AdminParts, AdminServer, admin_pages
from ultracore.audit.defaults import master_key
from ultracore.cache.stores import LoginSessions, LoginThrottle
from ultracore.errors import UltracoreError
from ultracore.identity import IdentityServices
from ultracore.principal import Principal
from ultracore.settings import Settings
from ultracore.web import Door, Site

ORIGIN = "http://bank.test"


def over(parts: AdminParts) -> httpx.AsyncClient:
    """A browser at the pages, signed in as nobody."""

    async def caller(request: Request) -> Principal | None:
        return None

    async def denied(request: Request, principal: Principal) -> None:
        raise AssertionError("nobody is signed in")

    def explain(error: UltracoreError, path: str) -> tuple[int, str]:
        return 400, error.sentence

    door = Door(caller=caller, denied=denied, explain=explain, origins=(ORIGIN,), form_key=b"k", phone="13 00")
    table = admin_pages(Site(door), AdminServer(lambda: parts, lambda request: BROWSER))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (await table.answer(Request(scope, receive)))(scope, receive, send)

    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=ORIGIN)


async def test_the_first_administrator_is_made_on_a_page_that_is_gone_afterwards(
    house: House, ledger_file: Path, tmp_path: Path
) -> None:
    with raw(in_file(ledger_file)) as connection:
        connection.execute("UPDATE users SET status = 'disabled' WHERE user_id = 'admin1'")
    master = master_key(Settings(data_dir=tmp_path))
    identity = IdentityServices.over(
        house.bank, house.trail, tmp_path, master, operators_alone=False, clock=house.clock
    )
    # Nobody signs in here, so that there are no sessions and no failures to count.
    sessions, throttle = cast(LoginSessions, None), cast(LoginThrottle, None)
    parts = AdminParts(identity=identity, logins=sessions, throttle=throttle, public_address=ORIGIN)
    await parts.offer_set_up()
    form = {"tenant": "bank_7", "login": "first", "password": PASSWORD, "again": PASSWORD}
    async with over(parts) as browser:
        assert "The first administrator" in (await browser.get("/set-up")).text
        wrong = await browser.post("/set-up", data={**form, "code": "guess"}, headers={"Origin": ORIGIN})
        assert wrong.status_code == 400 and "This code is not right" in wrong.text
        assert re.search(r'name="tenant"[^>]+value="bank_7"', wrong.text) and PASSWORD not in wrong.text
        code = (tmp_path / "set-up.code").read_text().strip()
        done = await browser.post("/set-up", data={**form, "code": code}, headers={"Origin": ORIGIN})
        assert done.status_code == 200 and "Your password is set" in done.text
        assert not (tmp_path / "set-up.code").exists()
        assert (await browser.get("/set-up")).status_code == 404
    assert await house.bank.users.authenticate("first", PASSWORD) is not None


async def test_a_role_that_must_have_a_second_factor_sets_one_up_before_it_signs_in(
    house: House, tmp_path: Path
) -> None:
    master = master_key(Settings(data_dir=tmp_path))
    shipped = IdentityServices.over(house.bank, house.trail, tmp_path, master, operators_alone=False)
    sessions, throttle = cast(LoginSessions, None), cast(LoginThrottle, MemoryThrottle())
    identity = replace(shipped, factors=house.factors)
    parts = AdminParts(identity=identity, logins=sessions, throttle=throttle, public_address=ORIGIN)
    origin = {"Origin": ORIGIN}
    async with over(parts) as browser:
        assert "Set up your second factor" in (await browser.get("/second-factor")).text
        for wrong in ({"login": "customer1", "password": "demo"}, {"login": "admin1", "password": "wrong"}):
            refused = await browser.post("/second-factor", data=wrong, headers=origin)
            assert refused.status_code == 400 and "is not right. Please try again" in refused.text
        begun = await browser.post("/second-factor", data={"login": "admin1", "password": "demo"}, headers=origin)
        key = re.search(r'id="key"[^>]*>([A-Z2-7 ]+)<', begun.text)
        assert key is not None
        phone = Phone(key[1].replace(" ", ""), house.clock)
        typed = {"login": "admin1", "code": "no code"}
        again = await browser.post("/second-factor/confirm", data=typed, headers=origin)
        assert again.status_code == 400 and key[1] not in again.text
        done = await browser.post(
            "/second-factor/confirm", data={"login": "admin1", "code": phone.code()}, headers=origin
        )
        assert "Your recovery codes" in done.text and "/login" in done.text
        once = await browser.post("/second-factor", data={"login": "admin1", "password": "demo"}, headers=origin)
        assert once.status_code == 400 and "There is a second factor already" in once.text
