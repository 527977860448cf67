"""axe-core in the page: what of it a person with a screen reader, a keyboard or poor sight could not use."""

from __future__ import annotations

import asyncio
import time
from functools import cache
from importlib.resources import files

from playwright.async_api import Frame, Page

_RUN = """async () => {
    const found = await axe.run(document, {
        iframes: false,
        resultTypes: ["violations"],
    });
    return found.violations
        .filter((one) => ["serious", "critical"].includes(one.impact))
        .flatMap(({impact, id, nodes}) => nodes.map((node) => `${impact} ${id}: ${node.target} ${node.html}`));
}"""

PAUSE = 0.2
SECONDS = 60.0


async def serious_findings(page: Page | Frame) -> list[str]:
    """A line for each element that axe finds a serious or critical fault in, once the page is as it stays."""
    # Through the debugger, so that the page's policy for scripts stays as it is served.
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_script())
    found, ends = await _look(page), time.monotonic() + SECONDS
    while found and time.monotonic() < ends:
        # What is drawn this moment has its names, and its colours after a fade, a moment later.
        await asyncio.sleep(PAUSE)
        found = await _look(page)
    return found


async def _look(page: Page | Frame) -> list[str]:
    found: list[str] = await page.evaluate(_RUN)
    return [line[:300] for line in found]


@cache
def _script() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
