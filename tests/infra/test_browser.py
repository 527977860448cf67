"""The browser for tests is a real one that draws and clicks."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page

PAGE = """<button onclick="this.textContent = 'pressed'">press me</button>"""


async def test_a_click_runs_the_pages_script(page: Page) -> None:
    await page.set_content(PAGE)
    await page.click("button")
    assert await page.inner_text("button") == "pressed"


async def test_a_screenshot_is_a_picture_at_the_given_path(page: Page, tmp_path: Path) -> None:
    await page.set_content(PAGE)
    target = tmp_path / "shot.png"
    await page.screenshot(path=target)
    assert target.read_bytes().startswith(b"\x89PNG")
