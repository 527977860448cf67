"""One test a row of the library facts that would void an identity, an approval or the record. Named by the row."""

from __future__ import annotations

import asyncio
import base64
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from socketio.exceptions import ConnectionError as SocketRefused  # type: ignore[import-untyped]

from tests.chat.client import Browser, Server, browser_of, serving
from tests.chat.doubles import GREETING, STARTERS

FORM = "application/x-www-form-urlencoded"
FORGED_IDS = (
    "",
    "session",
    "../../x y",
    "00000000-0000-1000-8000-000000000000",
    "A84B846B-4371-424F-B3CB-D7650028893D",
    "a84b846b4371424fb3cbd7650028893d",
    "{a84b846b-4371-424f-b3cb-d7650028893d}",
)


@pytest.mark.parametrize("session_id", FORGED_IDS)
async def test_row_1_a_session_id_that_is_no_canonical_uuid4_is_refused(
    customer: Browser, session_id: str
) -> None:
    with pytest.raises(SocketRefused):
        async with customer.page(sessionId=session_id):
            pass


async def test_row_1_a_session_id_belongs_to_the_login_that_used_it_first(
    customer: Browser, other: Browser
) -> None:
    async with customer.page() as page:
        await page.say("hello")
        await page.shows("I read: hello")
        with pytest.raises(SocketRefused):
            async with other.page(page.session_id):
                pass
        assert page.socket.connected
    with pytest.raises(SocketRefused):
        async with other.page(page.session_id):
            pass


async def test_row_1_a_session_id_stays_its_logins_after_the_page_was_left(
    customer: Browser, other: Browser
) -> None:
    async with customer.page() as page:
        await page.shows(GREETING)
        await page.socket.emit("clear_session")
        await page.say("hello")
        await page.shows("I read: hello")
    with pytest.raises(SocketRefused):
        async with other.page(page.session_id):
            pass


async def test_row_2_a_foreign_origin_gets_no_socket(customer: Browser) -> None:
    with pytest.raises(SocketRefused):
        async with customer.page(origin="https://evil.example"):
            pass
    async with customer.page(origin=customer.server.url) as page:
        await page.shows(GREETING)


async def test_row_6_sign_out_ends_the_token_and_closes_the_sockets(chat_server: Server) -> None:
    async with browser_of(chat_server) as browser:
        stolen = browser.cookie()
        async with browser.page() as page:
            await page.shows(GREETING)
            assert (await browser.http.post("/logout")).json() == {"success": True}
            async with asyncio.timeout(5):
                await page.closed()
            assert ("reload", {}) in page.drawn
        for path in ("/user", "/project/settings"):
            answer = await browser.http.get(path, headers={"Cookie": stolen})
            assert answer.status_code == 401
        browser.http.headers["Cookie"] = stolen
        browser.http.cookies.clear()
        with pytest.raises(SocketRefused):
            async with browser.page():
                pass


async def test_row_6_sockets_close_within_5_s_when_a_login_is_revoked_elsewhere(tmp_path: Path) -> None:
    with serving(tmp_path, CHAT_TEST_IDLE_SECONDS="1") as server:
        async with browser_of(server) as browser, browser.page() as page:
            await page.shows(GREETING)
            async with asyncio.timeout(1 + 5):
                await page.closed()


async def test_row_7_the_sixth_guess_has_to_wait_and_is_told_how_long(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        async with browser_of(server, None) as browser:
            for _ in range(5):
                answer = await browser.sign_in(password="guess")
                assert (answer.status_code, answer.json()["detail"]) == (
                    401,
                    "The user name or the password is not right. Please try again.",
                )
            refused = await browser.sign_in()
            assert refused.status_code == 429
            assert refused.json() == {"detail": "Too many attempts. Try again in 14 minutes."}
        failed, blocked = "login_failed tenant_1 customer1", "access_blocked tenant_1 customer1"
        assert server.events() == [*[failed] * 5, blocked]


async def test_row_9_and_40_stop_reaches_the_turn_that_runs_and_says_nothing_of_its_own(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("wait")
        await page.shows("Waiting")
        await page.say("hello")
        await page.shows("I read: hello")
        await page.socket.emit("stop")
        await page.shows("You stopped this answer.")
        assert not any("Task manually stopped" in text for text in page.texts())


async def test_row_10_and_33_events_that_we_do_not_use_do_nothing(customer: Browser) -> None:
    async with customer.page() as page:
        number = await page.say("hello")
        await page.shows("I read: hello")
        before = page.texts()
        edited = {"message": {"id": number, "type": "user_message", "output": "pay", "createdAt": ""}}
        for event, data in (
            ("edit_message", edited),
            ("message_favorite", edited),
            ("fetch_favorites", {}),
            ("window_message", "pay"),
            ("audio_start", {}),
            ("audio_chunk", {"isStart": True, "mimeType": "x", "elapsedTime": 1, "data": "x"}),
            ("audio_end", {}),
            ("chat_settings_change", {"role": "admin"}),
            ("chat_settings_edit", {"role": "admin"}),
        ):
            await page.socket.emit(event, data)
        await page.say("afterwards")
        await page.shows("I read: afterwards")
        assert page.texts() == [*before, "I read: afterwards"]
        assert [name for name, _ in page.drawn].count("task_start") == len(("hello", "afterwards"))


async def test_row_11_a_message_id_that_comes_again_does_not_run_again(customer: Browser) -> None:
    async with customer.page() as page:
        number = await page.say("hello")
        await page.say("pay", id=number)
        await page.say("afterwards")
        await page.shows("I read: afterwards")
        assert not [button for button in page.buttons() if button["name"] == "approve"]
        assert page.texts().count("I read: hello") == 1


@pytest.mark.parametrize("kind", ["system_message", "assistant_message", "tool", "run", None, 7])
async def test_row_12_a_browser_may_only_send_user_messages(customer: Browser, kind: Any) -> None:
    async with customer.page() as page:
        await page.shows(GREETING)
        await page.say("hello", type=kind)
        await page.shows("I could not read that.")
        assert not any("I read" in text for text in page.texts())


async def test_row_12_author_and_time_of_a_message_are_not_the_browsers(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("hello", name="System", createdAt="1999-01-01T00:00:00Z", metadata={"role": "system"})
        await page.shows("I read: hello")
        assert not [data for _, data in page.drawn if "1999" in json.dumps(data) or "System" in json.dumps(data)]


@pytest.mark.parametrize(
    "payload",
    [{}, {"approval_id": 7}, {"approval_id": ""}, {"approval_id": "x", "amount": "1"}, {"approval_id": None}, []],
)
async def test_row_13_a_press_carries_exactly_one_opaque_id(customer: Browser, payload: Any) -> None:
    async with customer.page() as page:
        await page.say("pay")
        button = await page.offers("approve")
        answer = await customer.press(page, {**button, "payload": payload})
        assert answer.status_code == 400
        assert await page.offers("approve") == button


async def test_row_13_a_press_of_a_button_that_was_never_sent_changes_nothing(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("pay")
        button = await page.offers("approve")
        for name in ("approve", "decline"):
            forged = {"id": "x", "name": name, "payload": {"approval_id": uuid.uuid4().hex}}
            assert (await customer.press(page, forged)).status_code == 200
        await page.shows("can no longer be approved")
        assert (await customer.press(page, {**button, "name": "transfer"})).status_code == 400
        assert not any("Receipt" in text for text in page.texts())


async def test_row_15_what_was_raised_is_never_shown(customer: Browser) -> None:
    async with customer.page() as page:
        await page.say("boom")
        await page.shows("Something went wrong on our side.")
        shown = next(text for text in page.texts() if "Something went wrong" in text)
        assert "call us on [13 00 00 00](tel:13000000): " in shown and " Ref " in shown
        assert "canary" not in json.dumps(page.drawn) and "4111" not in json.dumps(page.drawn)
        log = customer.server.process.output()
        assert shown.split()[-1] in log and "canary" not in log


async def test_row_21_nothing_of_the_login_is_sent_to_the_browser(customer: Browser) -> None:
    login_id = _claims(customer)["metadata"]["login"]
    async with customer.page() as page:
        await page.say("hello")
        await page.shows("I read: hello")
        assert login_id not in json.dumps(page.drawn)
    user = await customer.http.get("/user")
    assert user.json() == {"identifier": "customer1", "display_name": "Sam Example", "metadata": {}}


async def test_row_25_files_are_not_taken(customer: Browser) -> None:
    async with customer.page() as page:
        sent = {"file": ("x.txt", b"x" * 10, "text/plain")}
        answer = await customer.http.post(f"/project/file?session_id={page.session_id}", files=sent)
        assert answer.status_code == 404
        await page.socket.emit("client_message", {"message": {}, "fileReferences": [{"id": "x"}]})
        await page.shows("I could not read that.")
    big = await customer.http.post("/project/action", content=b"x" * 200_000)
    undeclared = await customer.http.post("/project/action", content=_pieces())
    assert big.status_code == undeclared.status_code == 413
    form = await customer.http.post("/login", content=_pieces(), headers={"Content-Type": FORM})
    assert form.status_code in (400, 413)


async def test_row_35_a_thread_id_that_we_did_not_issue_is_refused(customer: Browser, other: Browser) -> None:
    async with customer.page() as page:
        await page.say("hello")
        await page.shows("I read: hello")
        issued = next(data["thread_id"] for name, data in page.drawn if name == "first_interaction")
    for thread_id in ("../../x y", str(uuid.uuid4()), "x" * 65, 7):
        with pytest.raises(SocketRefused):
            async with customer.page(threadId=thread_id):
                pass
    with pytest.raises(SocketRefused):
        async with other.page(threadId=issued):
            pass
    async with customer.page(page.session_id, threadId=issued) as back:
        await back.shows("I read: hello")


@pytest.mark.parametrize("number", ["1", None, "../x", "00000000-0000-1000-8000-000000000000"])
async def test_row_41_a_malformed_message_id_is_a_sentence_of_ours(customer: Browser, number: Any) -> None:
    async with customer.page() as page:
        await page.shows(GREETING)
        await page.say("hello", id=number)
        await page.shows("I could not read that.")
        assert not any("hexadecimal" in text or "I read" in text for text in page.texts())


async def test_row_41_an_unknown_session_on_a_press_is_no_error_of_ours(customer: Browser) -> None:
    press = {"name": "approve", "payload": {"approval_id": "x"}}
    for session_id in (str(uuid.uuid4()), "x", None, 7):
        answer = await customer.http.post("/project/action", json={"sessionId": session_id, "action": press})
        assert (answer.status_code, answer.json()["detail"][:20]) == (400, "I could not read tha")
    for body in (b"", b"[]", b"{", b'{"action": []}', b"\xff", b"[" * 30_000):
        assert (await customer.http.post("/project/action", content=body)).status_code == 400


async def test_suggestions_are_worth_nothing_after_the_first_message(customer: Browser) -> None:
    async with customer.page() as page:
        await page.until(lambda _: len(page.buttons()) == len(STARTERS))
        button = page.buttons()[-1]
        await page.say("hello")
        await page.shows("I read: hello")
        assert (await customer.press(page, button)).status_code == 200
        await page.say("afterwards")
        await page.shows("I read: afterwards")
        assert not page.buttons()


async def _pieces() -> AsyncIterator[bytes]:
    """A body whose length is not declared."""
    for _ in range(20):
        yield b"x" * 10_000


def _claims(browser: Browser) -> dict[str, Any]:
    """What the cookie says, read without its key."""
    body = browser.http.cookies["access_token"].split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims
