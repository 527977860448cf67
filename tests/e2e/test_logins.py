"""The administration of logins in the whole app: pages, links, sessions that end, and strangers at every door."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pyotp
import pytest
from playwright.async_api import Page, expect

from tests.mail.mailbox import mailbox
from tests.support.app import RunningApp, running_app
from tests.support.deadlines import PATIENCE
from tests.support.ports import free_port
from ultracore.identity.demo import KEY, LOGIN

PASSWORD = "four plain words in a row"
ADMIN_DOORS = (
    "/admin",
    "/admin/users/teller1",
    "+/admin/users",
    *(
        f"+/admin/users/teller1/{act}"
        for act in ("disable", "enable", "revoke", "reset", "factor", "give", "take", "address", "disconnect")
    ),
    "+/admin/requests/idr_x/confirm",
    "+/admin/requests/idr_x/decline",
)


class Visitor:
    """A browser without scripts."""

    def __init__(self, app: RunningApp, http: httpx.AsyncClient) -> None:
        self.app = app
        self.http = http

    async def post(self, path: str, page: str = "/account", **fields: str) -> httpx.Response:
        """Send a form as one that stands on `page`."""
        shown = (await self.http.get(page)).text
        token = re.search(r'name="form_token" value="(\w*)"', shown)
        sent = {**fields, "form_token": token[1] if token else ""}
        return await self.http.post(path, data=sent, headers={"Origin": self.app.url})

    async def door(self, door: str) -> httpx.Response:
        """Knock at a path; `+` before it is a form."""
        return await (self.post(door[1:]) if door[0] == "+" else self.http.get(door))


@asynccontextmanager
async def visiting(app: RunningApp, user: str | None, password: str = "demo") -> AsyncIterator[Visitor]:
    async with httpx.AsyncClient(base_url=app.url, timeout=PATIENCE) as http:
        if user is not None:
            (await http.post("/login", data={"username": user, "password": password})).raise_for_status()
        yield Visitor(app, http)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    mail = {"SMTP_URL": f"smtp://127.0.0.1:{free_port()}", "ULTRACORE_MAIL_FROM": "no-reply@bank.example"}
    with running_app(tmp_path_factory.mktemp("logins"), mail) as running:
        yield running


def added(app: RunningApp, login: str) -> str:
    """A new teller; the path of the link for the password."""
    line = app.command("users", "add", login, "--tenant", "tenant_1", "--role", "teller")
    return line.strip().removeprefix(app.url)


async def test_an_administrator_adds_a_login_and_closes_it_on_an_open_page(
    app: RunningApp, page: Page, tmp_path: Path
) -> None:
    await page.goto(f"{app.url}/admin")
    await page.fill("#email", "admin1")
    await page.fill("#password", "demo")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Logins", exact=True)).to_be_visible()
    await page.get_by_label("Login", exact=True).fill("clerk7")
    await page.get_by_label("Teller").check()
    await page.get_by_role("button", name="Add", exact=True).press("Enter")
    link = await page.locator("#link").inner_text()
    browser = page.context.browser
    assert browser is not None
    clerk = await browser.new_page()
    await clerk.goto(link)
    await clerk.get_by_label("New password", exact=True).fill(PASSWORD)
    await clerk.get_by_label("New password, again").fill(PASSWORD)
    await clerk.keyboard.press("Enter")
    await clerk.get_by_role("link", name="Sign in").click()
    await clerk.fill("#email", "clerk7")
    await clerk.fill("#password", PASSWORD)
    await clerk.keyboard.press("Enter")
    await expect(clerk.get_by_text("this conversation is recorded").first).to_be_visible()
    await page.goto(f"{app.url}/admin/users/clerk7")
    await page.get_by_role("button", name="Close the login").click()
    await expect(page.get_by_role("status")).to_contain_text("closed")
    # The open page of the clerk is led to the sign-in by itself.
    await clerk.wait_for_url("**/login*", timeout=PATIENCE * 1000)


async def test_nobody_else_gets_through_an_administrators_door(app: RunningApp) -> None:
    async with visiting(app, None) as stranger:
        for door in ADMIN_DOORS:
            answer = await stranger.door(door)
            assert answer.status_code == 303 and answer.headers["location"].startswith("/login")
    for user in ("customer1", "teller1", "supervisor1", "auditor1"):
        async with visiting(app, user) as visitor:
            answers = [await visitor.door(door) for door in ADMIN_DOORS]
            assert {answer.status_code for answer in answers} == {403}
    denied = [
        event
        for event in app.rows("audit", "export", "--all", "--tenant", "tenant_1")
        if event["event_type"] == "permission_denied" and event["action"] == "page.open"
    ]
    assert len(denied) == 4 * len(ADMIN_DOORS)


async def test_a_stolen_cookie_is_worth_nothing_after_a_revoke(app: RunningApp) -> None:
    async with visiting(app, "lender1") as owner, visiting(app, None) as thief:
        thief.http.cookies = owner.http.cookies
        assert (await thief.http.get("/user")).status_code == 200
        (session,) = app.rows("users", "sessions", "lender1")
        assert session["address"] == "127.0.0.1"
        app.command("users", "revoke", "lender1")
        async with asyncio.timeout(PATIENCE):
            while (await thief.http.get("/user")).status_code != 401:  # noqa: ASYNC110 - another process's clock
                await asyncio.sleep(0.2)
        assert app.rows("users", "sessions", "lender1") == []


async def test_a_link_that_was_used_says_what_an_unknown_one_says(app: RunningApp) -> None:
    path = added(app, "clerk8")
    async with visiting(app, None) as person:
        common = await person.post(path, path, password="qwerty123456789", again="qwerty123456789")
        assert common.status_code == 400 and "guessed first" in common.text
        done = await person.post(path, path, password=PASSWORD, again=PASSWORD)
        assert "Your password is set" in done.text
        again, unknown = await person.http.get(path), await person.http.get("/set-password/" + "x" * 43)
        assert again.status_code == unknown.status_code == 400
        assert again.text == unknown.text and "not valid any more" in again.text
        foreign = await person.http.post(path, data={"password": PASSWORD}, headers={"Origin": "http://evil.test"})
        assert foreign.status_code == 403
        assert (await person.http.get("/set-up")).status_code == 404


async def test_who_forgot_the_password_gets_a_letter_and_signs_in_with_a_new_one(app: RunningApp) -> None:
    port = int(app.environment["SMTP_URL"].rpartition(":")[2])
    # Open to the end: a letter that is not known to be taken is sent again, with another link.
    async with mailbox(port=port) as box, visiting(app, "finance1") as owner, visiting(app, None) as person:
        wrong = await owner.post("/account/address", address="fin@example.com", address_password="wrong")
        assert wrong.status_code == 400 and "is not right" in wrong.text
        given = await owner.post("/account/address", address="fin@example.com", address_password="demo")
        assert given.headers["location"] == "/account?done=address"
        assert "/forgot-password" in (await person.http.get("/login")).text
        asked = await person.post("/forgot-password", "/forgot-password", login="finance1")
        assert "a letter with a link is on its way" in asked.text
        await asyncio.wait_for(box.arrived.wait(), PATIENCE)
        link = re.search(rf"^{app.url}(/set-password/\S+)$", box.text(), re.MULTILINE)
        assert link is not None and box.recipients == ["fin@example.com"]
        assert "Set your password" in (await person.http.get(link[1])).text
        assert (await owner.http.get("/user")).status_code == 200
        done = await person.post(link[1], link[1], password=PASSWORD, again=PASSWORD)
        assert "Your password is set" in done.text
    async with visiting(app, "finance1", PASSWORD) as again:
        assert (await again.http.get("/user")).json()["identifier"] == "finance1"


async def test_a_person_signs_out_elsewhere_and_changes_their_password(app: RunningApp) -> None:
    path = added(app, "clerk9")
    async with visiting(app, None) as person:
        await person.post(path, path, password=PASSWORD, again=PASSWORD)
    async with visiting(app, "clerk9", PASSWORD) as here, visiting(app, "clerk9", PASSWORD) as there:
        assert (await here.http.get("/account")).text.count("127.0.0.1") == 2
        assert (await here.post("/account/elsewhere")).headers["location"] == "/account?done=elsewhere"
        assert (await there.http.get("/user")).status_code == 401
        new = PASSWORD + " and more"
        wrong = await here.post("/account/password", old="wrong", password=new, again=new)
        assert wrong.status_code == 400 and "present password is not right" in wrong.text
        done = await here.post("/account/password", old=PASSWORD, password=new, again=new)
        assert "Your password is set" in done.text
    async with visiting(app, "clerk9", new) as again:
        assert (await again.http.get("/user")).json()["identifier"] == "clerk9"


async def test_a_second_factor_is_set_up_and_removed_on_ones_own_page(app: RunningApp) -> None:
    path = added(app, "clerk6")
    async with visiting(app, None) as person:
        await person.post(path, path, password=PASSWORD, again=PASSWORD)
        for door in ("", "/confirm", "/codes", "/remove"):
            assert (await person.post(f"/account/factor{door}")).headers["location"].startswith("/login")
    async with visiting(app, "clerk6", PASSWORD) as here, visiting(app, "clerk6", PASSWORD) as there:
        wrong = await here.post("/account/factor", factor_password="wrong")
        assert wrong.status_code == 400 and "the password is not right" in wrong.text
        begun = (await here.post("/account/factor", factor_password=PASSWORD)).text
        shown = re.search(r'id="key"[^>]*>([A-Z2-7 ]+)<', begun)
        assert shown is not None and "<svg" in begun
        refused = await here.post("/account/factor/confirm", code="no code")
        assert refused.status_code == 400 and shown[1] not in refused.text
        code = pyotp.TOTP(shown[1].replace(" ", "")).now()
        codes = re.findall(
            r"<code>([a-z2-9]{5}-[a-z2-9]{5})", (await here.post("/account/factor/confirm", code=code)).text
        )
        assert len(codes) == 10 and (await there.http.get("/user")).status_code == 401
        assert "10 recovery codes are left" in (await here.http.get("/account")).text
        done = await here.post("/account/factor/remove", factor_password=PASSWORD, code=codes[0])
        assert done.headers["location"] == "/account?done=removed"


async def test_a_sign_in_with_a_second_factor_wants_both(app: RunningApp) -> None:
    """The demo's login with a factor, whose key is in the documents."""

    async def tried(password: str = "demo", **fields: str) -> httpx.Response:
        return await http.post("/login", data={"username": LOGIN, "password": password, **fields})

    async with httpx.AsyncClient(base_url=app.url, timeout=PATIENCE) as http:
        asked = await tried()
        assert asked.status_code == 401 and asked.json()["code"] is True
        page = await http.post(
            "/login", data={"username": LOGIN, "password": "demo"}, headers={"Accept": "text/html"}
        )
        assert re.search(r'id="second" *>', page.text) and "enter the code" in page.text
        guessed = await tried("wrong", code=pyotp.TOTP(KEY).now())
        assert guessed.status_code == 401 and "code" not in guessed.json()
        assert (await http.get("/user")).status_code == 401 and not http.cookies
        code = pyotp.TOTP(KEY).now()
        assert (await tried(code=code)).status_code == 200
        assert (await http.get("/user")).json()["identifier"] == LOGIN
        http.cookies.clear()
        assert (await tried(code=code)).status_code == 401
        assert [(await tried(code="no code")).status_code for _ in range(4)] == [401, 401, 401, 429]
        blocked = await tried(code=pyotp.TOTP(KEY).now())
        assert blocked.status_code == 429 and "quarter of an hour" in blocked.json()["detail"]
        assert (await http.get("/user")).status_code == 401
    kept = app.rows("audit", "export", "--all", "--tenant", "tenant_1")
    types = [one["event_type"] for one in kept if one["action"] == "factor.sign_in"]
    # The first two had the password and no code.
    assert types == ["mfa_failed", "mfa_failed", "mfa_verified", *["mfa_failed"] * 5, *["access_blocked"] * 2]
    assert len([one for one in kept if one["event_type"] == "login" and one["user_id"] == LOGIN]) == 1


async def test_a_privileged_role_waits_on_the_page_for_another_administrator(app: RunningApp) -> None:
    added(app, "clerk5")
    line = app.command("users", "add", "boss2", "--tenant", "tenant_1", "--role", "administrator")
    path = line.strip().removeprefix(app.url)
    async with visiting(app, None) as person:
        await person.post(path, path, password=PASSWORD, again=PASSWORD)
    async with visiting(app, "admin1") as first, visiting(app, "boss2", PASSWORD) as second:
        asked = await first.post("/admin/users/clerk5/give", role="auditor", since="", until="2030-12-31")
        assert asked.headers["location"] == "/admin/users/clerk5?done=waiting"
        shown = (await second.http.get("/admin")).text
        found = re.search(r"/admin/requests/(\w+)/confirm", shown)
        assert found is not None and "/confirm" not in (await first.http.get("/admin")).text
        own = await first.post(f"/admin/requests/{found[1]}/confirm")
        assert own.status_code == 400 and "Another administrator has to confirm this" in own.text
        done = await second.post(f"/admin/requests/{found[1]}/confirm")
        assert done.headers["location"] == "/admin?done=confirmed"
    roles = app.rows("users", "roles", "clerk5")
    assert [row["role"] for row in roles] == ["auditor", "teller"] and roles[0]["until"].startswith(
        "2030-12-31T13"
    )
