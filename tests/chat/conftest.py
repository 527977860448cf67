"""One server for the tests that leave it as they found it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.chat.client import Browser, Server, browser_of, serving


@pytest.fixture(scope="session")
def chat_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The chat over doubles, shared."""
    with serving(tmp_path_factory.mktemp("chat")) as server:
        yield server


@pytest.fixture
async def customer(chat_server: Server) -> AsyncIterator[Browser]:
    """`customer1`, signed in."""
    async with browser_of(chat_server) as browser:
        yield browser


@pytest.fixture
async def other(chat_server: Server) -> AsyncIterator[Browser]:
    """`customer2`, signed in."""
    async with browser_of(chat_server, "customer2") as browser:
        yield browser
