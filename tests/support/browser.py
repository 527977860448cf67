"""A real browser for tests: Debian's Chromium, headless, driven by Playwright's asynchronous interface.

The asynchronous one, because the synchronous one leaves a running loop in the main thread, in which no other
asynchronous test could run. A browser belongs to one test.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright, expect

from tests.support.deadlines import PATIENCE

expect.set_options(timeout=PATIENCE * 1000)

# No sandbox because CI is root; the others keep Chromium from asking hosts of its own.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
)


class BrowserUnavailable(Exception):
    """This machine has no Chromium. The message says what to install."""


def chromium_path() -> str:
    """Where Chromium is. Raises `BrowserUnavailable`."""
    path = shutil.which("chromium")
    if path is None:
        raise BrowserUnavailable("Browser tests need Debian's package chromium on the PATH.")
    return path


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """A browser with an empty profile, closed at the end. Raises `BrowserUnavailable`."""
    executable = chromium_path()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, headless=True, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()
