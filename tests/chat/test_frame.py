"""The frame's door when the bank's site and Anya's are different sites."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import httpx
import pytest

from tests.chat.client import Server, serving
from tests.support.deadlines import PATIENCE

HOST = "http://localhost:9001"


@pytest.fixture(scope="module")
def cross_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"ULTRACORE_WIDGET_HOSTS": HOST, "ULTRACORE_WIDGET_CROSS_SITE": "true"}
    with serving(tmp_path_factory.mktemp("frame"), **settings) as server:
        yield server


async def test_across_sites_cookies_are_partitioned_and_every_request_says_its_page(cross_site: Server) -> None:
    async with httpx.AsyncClient(base_url=cross_site.url, timeout=PATIENCE) as http:
        sticky = {"session_id": str(uuid.uuid4())}
        own = {"Origin": cross_site.url}
        for path in ("/widget/set-session-cookie", "/widget/session", "/widget/leave", "/widget/project/action"):
            assert (await http.post(path, json=sticky)).status_code == 403, path
            assert (await http.post(path, json=sticky, headers={"Origin": HOST})).status_code == 403, path
        cookie = (await http.post("/widget/set-session-cookie", json=sticky, headers=own)).headers["set-cookie"]
        assert cookie.endswith("; Path=/widget; HttpOnly; SameSite=None; Secure; Partitioned")
        # From a bank's server, which is no page: what it sends is signed.
        assert (await http.post("/widget/logout", json={"logout_token": "x"})).status_code == 401
        page = await http.post("/set-session-cookie", json=sticky)
        assert page.status_code == 200 and "partitioned" not in page.headers["set-cookie"].lower()


async def test_without_hosts_there_is_no_widget(chat_server: Server) -> None:
    async with httpx.AsyncClient(base_url=chat_server.url, timeout=PATIENCE) as http:
        for path in ("/widget.js", "/widget", "/widget/chat", "/widget/user", "/widget/frame.js"):
            assert (await http.get(path)).status_code == 404, path
        assert (await http.post("/widget/session", json={})).status_code == 404
