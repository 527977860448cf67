"""Signing in and out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chat.client import Browser, Server, browser_of, serving
from tests.chat.doubles import MEMORY_CODE


async def test_sign_ins_failures_and_sign_outs_are_on_the_record(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        async with browser_of(server, None) as browser:
            await browser.sign_in("customer1", "wrong")
            await browser.sign_in("hunter2", "customer1")
            await browser.sign_in()
            await browser.http.post("/logout")
            await browser.http.post("/logout")
        assert server.events() == [
            "login_failed tenant_1 customer1",
            "login_failed None None",
            "login tenant_1 customer1",
            "logout tenant_1 customer1",
        ]


async def test_staff_sign_in_as_customers_do(chat_server: Server) -> None:
    async with browser_of(chat_server, None) as browser:
        assert (await browser.sign_in("teller1")).status_code == 200
        assert (await browser.http.get("/user")).json()["identifier"] == "teller1"


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"username": "customer1"},
        {"username": " ", "password": "demo"},
        {"username": "x" * 500, "password": "x"},
    ],
)
async def test_an_incomplete_form_is_a_sentence(chat_server: Server, form: dict[str, str]) -> None:
    async with browser_of(chat_server, None) as browser:
        answer = await browser.http.post("/login", data=form)
        assert answer.json() == {"detail": "Please enter your user name and your password."}
        assert answer.status_code == 400


async def test_the_form_works_without_a_script(chat_server: Server) -> None:
    plain = {"Accept": "text/html,application/xhtml+xml"}
    async with browser_of(chat_server, None) as browser:
        wrong = {"username": "customer1", "password": "<b>"}
        refused = await browser.http.post("/login", data=wrong, headers=plain)
        assert refused.status_code == 401 and "is not right. Please try again.</p>" in refused.text
        right = {"username": "customer1", "password": "demo"}
        entered = await browser.http.post("/login", data=right, headers=plain)
        assert (entered.status_code, entered.headers["location"]) == (303, "/")
        assert (await browser.http.get("/user")).status_code == 200


async def test_signing_in_again_ends_the_session_before(customer: Browser) -> None:
    before = customer.cookie()
    assert (await customer.sign_in()).status_code == 200
    assert (await customer.http.get("/user")).status_code == 200
    customer.http.cookies.clear()
    assert (await customer.http.get("/user", headers={"Cookie": before})).status_code == 401


async def test_right_passwords_without_a_right_code_use_up_the_tries_of_a_sign_in(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        async with browser_of(server, None) as browser:
            for code in ("", "000000", "", "000000"):
                assert (await browser.sign_in("customer4", code=code)).status_code == 401
            # A sign-in with both forgives them.
            assert (await browser.sign_in("customer4", code=MEMORY_CODE)).status_code == 200
            tried = [(await browser.sign_in("customer4", code=code)).status_code for code in ("", "000000") * 3]
            assert tried == [401] * 5 + [429]
            assert (await browser.sign_in("customer4", code=MEMORY_CODE)).status_code == 429
