"""Chainlit opens no database and calls no server of its own, whichever way the app is started."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.chat.client import CHECKOUT, Server, browser_of
from tests.support.app import running_app
from tests.support.ports import free_port
from tests.support.preloaded import ULTRACORE


@contextmanager
def listening() -> Iterator[tuple[int, list[bytes]]]:
    """A port that takes connections and keeps the first bytes of each."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(2)
                    heard.append(connection.recv(100) or b"connected")

        threading.Thread(target=accept, daemon=True).start()
        yield int(server.getsockname()[1]), heard
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("variable", ["DATABASE_URL", "LITERAL_API_KEY"])
@pytest.mark.parametrize("way", ["ultracore serve", "chainlit run"])
async def test_a_page_opens_and_no_door_of_chainlits(way: str, variable: str, tmp_path: Path) -> None:
    port = free_port()
    argv: tuple[str | Path, ...] = (ULTRACORE, "serve")
    if way == "chainlit run":
        argv = (
            sys.executable,
            "-m",
            "chainlit",
            "run",
            str(CHECKOUT / "app.py"),
            "--headless",
            "--port",
            str(port),
        )
    with listening() as (elsewhere, heard):
        environment = {
            "PORT": str(port),
            "PYTHONPATH": str(CHECKOUT),
            variable: f"sqlite:///{tmp_path}/data/own-ledger.db",
            "LITERAL_API_URL": f"http://127.0.0.1:{elsewhere}",
            "CHAINLIT_APP_ROOT": str(CHECKOUT) if way == "chainlit run" else "",
        }
        with running_app(tmp_path, environment, argv=argv, port=port) as app:
            async with browser_of(Server(app.url, app.process, app.data_dir), "customer1") as browser:
                async with browser.page() as page:
                    await page.shows("I'm Anya")
                    await page.say("What's my balance?")
                    await page.shows("2,500.00")
        assert heard == []
    assert (tmp_path / "data" / "own-ledger.db").exists() == (variable == "DATABASE_URL")
