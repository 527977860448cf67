"""The gate: what exists over HTTP, for whom, and what every answer says."""

from __future__ import annotations

import json
import re
import uuid

import aiohttp
import pytest
from socketio.exceptions import ConnectionError as SocketRefused  # type: ignore[import-untyped]
from starlette.responses import Response
from starlette.types import Message

from tests.chat.client import Browser, Server, browser_of
from tests.chat.doubles import GREETING
from ultracore.chat.door.headers import SecuredSend
from ultracore.chat.http.my_data import my_data_file

UNUSED = (
    ("PUT", "/project/thread/share"),
    ("GET", "/thread/x"),
    ("GET", "/project/thread/x"),
    ("PUT", "/project/element"),
    ("DELETE", "/project/element"),
    ("POST", "/project/file"),
    ("POST", "/mcp"),
    ("DELETE", "/mcp"),
    ("POST", "/auth/jwt"),
    ("POST", "/auth/header"),
    ("GET", "/auth/oauth/github"),
    ("GET", "/auth/oauth/github/callback"),
    ("POST", "/auth/oauth/azure-ad-hybrid/callback"),
    ("GET", "/copilot/index.js"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/element/x"),
    ("GET", "/env"),
    ("GET", "/anything"),
    ("DELETE", "/"),
)


@pytest.mark.parametrize(("method", "path"), UNUSED)
async def test_a_route_that_we_do_not_use_does_not_exist(customer: Browser, method: str, path: str) -> None:
    answer = await customer.http.request(method, path)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})


async def test_a_session_or_thread_id_of_somebody_else_opens_nothing(customer: Browser, other: Browser) -> None:
    async with customer.page() as page:
        await page.say("pay")
        button = await page.offers("approve")
        thread = next(data["thread_id"] for name, data in page.drawn if name == "first_interaction")
        for path in (
            f"/project/thread/{thread}",
            f"/project/share/{thread}",
            f"/project/thread/{thread}/element/x",
            f"/project/file/x?session_id={page.session_id}",
        ):
            assert (await other.http.get(path)).status_code == 404
        pressed = await other.press(page, button)
        nowhere = await other.press(page, button, sessionId=str(uuid.uuid4()))
        assert pressed.status_code == nowhere.status_code == 400
        assert pressed.json() == nowhere.json()
        for claim in ({"sessionId": page.session_id}, {"threadId": thread}):
            with pytest.raises(SocketRefused):
                async with other.page(**claim):
                    pass
        async with other.page() as own:
            await own.shows(GREETING)
            assert (await other.press(own, button)).status_code == 200
            await own.shows("can no longer be approved")
        assert await page.offers("approve") == button


async def test_without_a_login_there_is_neither_socket_nor_data(chat_server: Server) -> None:
    async with browser_of(chat_server, None) as browser:
        for path in ("/user", "/project/settings"):
            assert (await browser.http.get(path)).status_code == 401
        assert (await browser.http.post("/project/action", json={})).status_code == 401
        with pytest.raises(SocketRefused):
            async with browser.page():
                pass
        browser.http.cookies.set("access_token", "eyJhbGciOiJub25lIn0.eyJtZXRhZGF0YSI6eyJsb2dpbiI6IngifX0.")
        assert (await browser.http.get("/user")).status_code == 401


async def test_nobody_unknown_can_even_open_a_socket(chat_server: Server) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(f"{chat_server.url}/ws/socket.io/?EIO=4&transport=websocket")


async def test_a_user_has_at_most_five_sockets(chat_server: Server) -> None:
    async with browser_of(chat_server, "customer2") as browser:
        async with browser.page(), browser.page(), browser.page(), browser.page(), browser.page() as last:
            with pytest.raises(SocketRefused):
                async with browser.page():
                    pass
            await last.socket.disconnect()
            async with browser.page(last.session_id) as again:
                await again.shows(GREETING)


async def test_a_request_from_a_foreign_page_changes_nothing(customer: Browser) -> None:
    foreign = {"Origin": "https://evil.example"}
    for path in ("/login", "/logout", "/project/action", "/set-session-cookie"):
        assert (await customer.http.post(path, headers=foreign)).status_code == 403
    assert (await customer.http.get("/user")).status_code == 200
    preflight = await customer.http.options("/project/settings", headers=foreign)
    assert "access-control-allow-origin" not in preflight.headers


async def test_a_file_that_is_named_by_its_content_is_kept_for_ever(customer: Browser) -> None:
    page = (await customer.http.get("/")).text
    asset = re.search(r"/assets/[^\"']+\.js", page)
    assert asset is not None
    kept = (await customer.http.get(asset.group())).headers["cache-control"]
    assert kept == "public, max-age=31536000, immutable"


async def test_pages_load_nothing_from_elsewhere_and_are_not_framed(customer: Browser) -> None:
    for path in ("/", "/login"):
        page = await customer.http.get(path)
        assert page.status_code == 200
        assert "https://" not in page.text and "http://" not in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy and "script-src 'self' 'unsafe-inline'" not in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"] == "same-origin"
        assert page.headers["cache-control"] == "no-store"


async def test_the_login_cookie_is_http_only_same_site_and_short(chat_server: Server) -> None:
    async with browser_of(chat_server, None) as browser:
        cookie = (await browser.sign_in()).headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie and f"Max-Age={8 * 3600}" in cookie


async def test_an_answer_over_tls_keeps_cookies_and_pages_on_tls() -> None:
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    async def nothing() -> Message:
        return {"type": "http.request"}

    answer = Response("x")
    answer.set_cookie("access_token", "x", httponly=True)
    await answer({"type": "http", "method": "GET", "headers": []}, nothing, SecuredSend(keep, "policy", tls=True))
    headers = dict(sent[0]["headers"])
    assert headers[b"set-cookie"].endswith(b"; Secure")
    assert headers[b"strict-transport-security"] == b"max-age=31536000"


async def test_the_sticky_cookie_takes_only_a_session_id(customer: Browser) -> None:
    number = str(uuid.uuid4())
    answer = await customer.http.post("/set-session-cookie", json={"session_id": number})
    assert f"X-Chainlit-Session-id={number}" in answer.headers["set-cookie"]
    assert "SameSite=lax" in answer.headers["set-cookie"]
    for body in (b'{"session_id": "x; Domain=evil"}', b"{}", b"[]", b""):
        assert (await customer.http.post("/set-session-cookie", content=body)).status_code == 400


async def test_polling_is_not_offered(customer: Browser) -> None:
    answer = await customer.http.get("/ws/socket.io/?EIO=4&transport=polling")
    assert answer.status_code == 404


async def test_files_of_pages_are_anybodys_and_kept_for_good(chat_server: Server) -> None:
    async with browser_of(chat_server, None) as browser:
        lost = await browser.http.get("/web/lost.css")
        assert lost.status_code == 404 and "There is no such page." in lost.text
        style = re.findall(r'"(/web/pages\.\w+\.css)"', lost.text)[0]
        answer = await browser.http.get(style)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
        assert "immutable" in answer.headers["cache-control"]


def test_no_text_ends_a_line_of_a_copy_of_ones_data() -> None:
    text = "one\u2028two\u2029three\u0085four \\u2028"
    written = my_data_file({"text": text}).decode()
    assert len(written.splitlines()) == 3
    assert json.loads(written) == {"text": text}


async def test_what_is_no_press_of_a_button_is_refused_on_the_record(chat_server: Server) -> None:
    # Somebody whom no other test refuses anything: only so many refusals of one person are noted in a minute.
    async with browser_of(chat_server, "customer3") as customer, customer.page() as page:
        await page.say("pay")
        button = await page.offers("approve")
        for changes in (
            {"action": {**button, "name": "pay"}},
            {"action": {**button, "payload": {"approval_id": "", "amount": "1"}}},
            {"sessionId": str(uuid.uuid4())},
        ):
            assert (await customer.press(page, button, **changes)).status_code == 400
    assert chat_server.events().count("permission_denied tenant_1 customer3") == 3
