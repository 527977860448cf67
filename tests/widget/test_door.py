"""The widget over HTTP, against the whole app: what a bank's server has signed, and what others made up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import httpx
import pytest
import socketio  # type: ignore[import-untyped]

from tests.audit.people import eventually
from tests.support.app import RunningApp, running_app
from tests.support.deadlines import PATIENCE
from tests.widget.forgeries import forgeries
from tests.widget.signing import ISSUER, VERIFIER, Signer

SIGNER = Signer()
SESSION = "/widget/session"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    folder = tmp_path_factory.mktemp("widget")
    (folder / "keys.json").write_text(json.dumps({ISSUER: {"jwks": SIGNER.key_set()}}))
    settings = {
        "ULTRACORE_WIDGET_HOSTS": ISSUER,
        "ULTRACORE_WIDGET_KEYS_FILE": str(folder / "keys.json"),
        "ULTRACORE_WIDGET_APPROVE": "page",
    }
    with running_app(folder, settings) as running:
        yield running


@pytest.fixture
async def http(app: RunningApp) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=app.url, timeout=PATIENCE) as client:
        yield client


async def exchange(http: httpx.AsyncClient, code: object, verifier: object = VERIFIER) -> httpx.Response:
    # Half of a surrogate pair cannot be written by httpx itself.
    body = json.dumps({"code": code, "verifier": verifier})
    return await http.post(SESSION, content=body, headers={"Content-Type": "application/json"})


async def who(http: httpx.AsyncClient) -> Any:
    answer = await http.get("/widget/user")
    return answer.json()["identifier"] if answer.status_code == 200 else answer.status_code


def refusal(answer: httpx.Response) -> str:
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json" and "set-cookie" not in answer.headers
    assert answer.json()["status"] == 401
    return str(answer.json()["code"])


async def test_a_code_is_exchanged_once_for_a_cookie_of_the_frame_alone(http: httpx.AsyncClient) -> None:
    code = SIGNER.code(sid="once")
    answer = await exchange(http, code)
    assert answer.status_code == 200 and 0 < answer.json()["expires_in"] <= 900
    cookie = answer.headers["set-cookie"]
    assert "Path=/widget;" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert await who(http) == "customer1"
    assert refusal(await exchange(http, code)) == "launch.used"
    # Neither cookie opens the other door, under its own name or under the other's.
    token = http.cookies["anya_widget"]
    async with httpx.AsyncClient(base_url=str(http.base_url), timeout=PATIENCE) as page:
        assert (await page.get("/user", headers={"Cookie": f"anya_widget={token}"})).status_code == 401
        assert (await page.get("/user", headers={"Cookie": f"access_token={token}"})).status_code == 401
        await page.post("/login", data={"username": "customer1", "password": "demo"})
        own = page.cookies["access_token"]
        assert (await page.get("/user")).status_code == 200
        for stolen in (f"access_token={own}", f"anya_widget={own}"):
            assert (await page.get("/widget/user", headers={"Cookie": stolen})).status_code == 401
        bearer = {"Authorization": f"Bearer {own}", "Cookie": ""}
        assert (await page.get("/widget/user", headers=bearer)).status_code == 401


async def test_no_forged_code_brings_anything(http: httpx.AsyncClient) -> None:
    tried = list(forgeries(SIGNER))
    assert len(tried) >= 300
    for name, code, verifier in tried:
        answer = await exchange(http, code, verifier)
        assert answer.status_code == 401 and "set-cookie" not in answer.headers, f"{name}: {answer.text}"
    assert await who(http) == 401


@pytest.mark.parametrize("user", ["teller1", "supervisor1", "admin1", "customer9", "nobody", "cust_1"])
async def test_a_host_signs_in_customers_of_its_own_tenant_only(http: httpx.AsyncClient, user: str) -> None:
    assert refusal(await exchange(http, SIGNER.code(sub=user))) == "launch.subject"


async def test_one_session_of_the_host_is_one_login_until_the_host_ends_it(http: httpx.AsyncClient) -> None:
    await exchange(http, SIGNER.code(sid="long"))
    first = http.cookies["anya_widget"]
    await exchange(http, SIGNER.code(sid="long"))
    assert http.cookies["anya_widget"] == first, "the same login session goes on"
    notice = {"logout_token": SIGNER.notice(sid="long")}
    assert (await http.post("/widget/logout", json=notice)).status_code == 200
    assert await who(http) == 401
    assert refusal(await exchange(http, SIGNER.code(sid="long"))) == "launch.ended"
    assert (await http.post("/widget/logout", json=notice)).status_code == 200, "told twice is told once"


async def test_a_notice_of_sign_out_must_be_signed_by_the_host(http: httpx.AsyncClient) -> None:
    await exchange(http, SIGNER.code(sid="kept"))
    for wrong in (
        Signer().notice(sid="kept"),
        SIGNER.code(sid="kept"),
        SIGNER.notice(sid="kept", sub="customer2"),
        "",
        None,
    ):
        await http.post("/widget/logout", json={"logout_token": wrong})
        assert await who(http) == "customer1"
    assert (await http.post("/widget/logout", content=SIGNER.notice(sid="kept"))).status_code == 200
    assert await who(http) == 401


async def test_another_person_on_the_same_browser_finds_nobody_signed_in(
    http: httpx.AsyncClient,
) -> None:
    await exchange(http, SIGNER.code(sid="one"))
    before = http.cookies["anya_widget"]
    await exchange(http, SIGNER.code(sid="two", sub="customer2"))
    assert await who(http) == "customer2"
    old = {"Cookie": f"anya_widget={before}"}
    async with httpx.AsyncClient(base_url=str(http.base_url), timeout=PATIENCE) as other:
        assert (await other.get("/widget/user", headers=old)).status_code == 401
    assert (await http.post("/widget/leave")).status_code == 200
    assert await who(http) == 401


async def test_only_the_widget_may_be_framed_and_only_by_its_hosts(http: httpx.AsyncClient) -> None:
    for path in ("/widget", "/widget/chat", "/widget/user", "/widget/nothing"):
        policy = (await http.get(path)).headers["content-security-policy"]
        assert f"frame-ancestors {ISSUER}" in policy and "'unsafe-eval'" not in policy
    for path in ("/", "/login", "/user", "/widget.js", "/widgets", "/health"):
        assert "frame-ancestors 'none'" in (await http.get(path)).headers["content-security-policy"], path


async def test_the_loader_is_small_and_any_site_may_check_its_integrity(http: httpx.AsyncClient) -> None:
    import gzip

    answer = await http.get("/widget.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert len(gzip.compress(answer.content)) <= 15 * 1024 and "document.cookie" not in answer.text


@pytest.mark.parametrize("path", ["/login", "/my-data", "/metrics", "/project/file", "/admin", "/ready"])
async def test_the_frame_answers_what_it_needs_and_nothing_else(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.post(f"/widget{path}", data={"username": "customer1"})).status_code == 404
    if path != "/login":  # where Chainlit's page goes when nobody is signed in
        assert (await http.get(f"/widget{path}")).status_code == 404


async def test_another_sites_page_reaches_neither_session_nor_socket(http: httpx.AsyncClient) -> None:
    foreign = {"Origin": "https://evil.example"}
    answer = await http.post(SESSION, json={"code": SIGNER.code(sid="f"), "verifier": VERIFIER}, headers=foreign)
    assert answer.status_code == 403
    await exchange(http, SIGNER.code(sid="socket"))
    cookie = f"anya_widget={http.cookies['anya_widget']}"
    assert await connects(http, {"Cookie": cookie})
    assert not await connects(http, {"Cookie": cookie, **foreign})
    assert not await connects(http, {"Cookie": cookie, "Origin": ISSUER}), "the host's own page neither"
    assert not await connects(http, {})


async def test_the_frame_gives_files_to_their_owner_alone_and_while_the_host_has_them_signed_in(
    http: httpx.AsyncClient,
) -> None:
    period = "from=2020-01-01&to=2020-01-31"
    own = f"/widget/documents/statement.csv?account=acc_1&{period}"
    foreign = own.replace("acc_1", "acc_3")
    assert (await http.get(own)).status_code == 401, "nobody is signed in"
    await http.post("/widget/ask", json={"host": ISSUER, "text": "When are you open?"})
    assert "anya_visit" in http.cookies
    assert (await http.get(own)).status_code == 401, "a visitor is nobody's owner"
    await exchange(http, SIGNER.code(sid="files"))
    answer = await http.get(own)
    assert answer.status_code == 200 and answer.headers["content-disposition"].startswith("attachment;")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert (await http.get(own.removeprefix("/widget"))).status_code == 303, "no cookie of the page"
    for path in (foreign, "/widget/documents", "/widget/documents/receipts/R-BBBBB-BBBBB.pdf", "/widget/account"):
        assert (await http.get(path)).status_code == 404, path
    assert (await http.post(own)).status_code == 404
    await http.post("/widget/logout", json={"logout_token": SIGNER.notice(sid="files")})
    assert (await http.get(own)).status_code == 401, "the host has signed them out"


async def test_where_the_bank_wants_its_own_page_the_frame_approves_nothing(http: httpx.AsyncClient) -> None:
    sent = {"approval_id": "guessed"}
    assert (await http.post("/widget/approval-ticket", json=sent)).status_code == 401
    await exchange(http, SIGNER.code(sid="page"))
    assert '<meta name="anya-approve" content="page">' in (await http.get("/widget/chat")).text
    action = {"name": "approve", "payload": sent}
    press = {"sessionId": "3f2b8c1e-0d4a-4b6f-9c57-1a2b3c4d5e6f", "action": action}
    refused = await http.post("/widget/project/action", json=press)
    assert refused.status_code == 400 and "on our own page" in refused.json()["detail"]
    for wrong in (sent, {"approval_id": 1}, {"approval_id": "x" * 200}, {}):
        answer = await http.post("/widget/approval-ticket", json=wrong)
        assert answer.status_code == 400 and "ticket" not in answer.json(), wrong
    assert (await http.post("/approval-ticket", json=sent)).status_code == 404, "the frame alone has tickets"
    page = await http.get("/approve")
    assert page.status_code == 400 and "frame-ancestors 'none'" in page.headers["content-security-policy"]


async def connects(http: httpx.AsyncClient, headers: dict[str, str]) -> bool:
    """True if the frame's socket lets a page with these headers in."""
    import uuid

    async with aiohttp.ClientSession() as transport:
        socket = socketio.AsyncClient(reconnection=False, http_session=transport)
        claim = {"sessionId": str(uuid.uuid4()), "clientType": "webapp", "threadId": "", "userEnv": "{}"}
        path = "/widget/ws/socket.io"
        try:
            await socket.connect(
                str(http.base_url).rstrip("/"), headers, auth=claim, transports=["websocket"], socketio_path=path
            )
        except socketio.exceptions.ConnectionError:
            return False
        await socket.disconnect()
        return True


async def test_a_session_that_an_administrator_ends_is_over_and_the_next_code_begins_another(
    app: RunningApp, http: httpx.AsyncClient
) -> None:
    await exchange(http, SIGNER.code(sid="revoked", sub="customer2"))
    before = http.cookies["anya_widget"]
    await asyncio.to_thread(app.command, "users", "revoke", "customer2")

    async def ended() -> bool:
        return bool(await who(http) == 401)

    # The app asks the database about a person at most once a second.
    await eventually(ended)
    assert (await exchange(http, SIGNER.code(sid="revoked", sub="customer2"))).status_code == 200
    assert await who(http) == "customer2" and http.cookies["anya_widget"] != before
