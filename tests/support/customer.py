"""A customer in front of the browser: signs in, writes, presses, reads."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect


class Customer:
    """Drives one page of the app."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    async def sign_in(self, user: str = "customer1", password: str = "demo") -> None:
        """Sign in and wait for the greeting."""
        await self.page.goto(self._url)
        await self.page.locator("input[type=password]").wait_for()
        await self.page.locator("input#email, input[name=email]").first.fill(user)
        await self.page.locator("input[type=password]").fill(password)
        await self.page.locator("button[type=submit]").click()
        # The first of two: while a screen reader is told of it, it stands on the page twice.
        await expect(self.page.get_by_text("this conversation is recorded").first).to_be_visible()

    async def say(self, text: str) -> None:
        """Type a message behind what stands there, and send it with Enter as soon as the page sends at all."""
        await self.page.locator("#chat-input").click()
        await self.page.keyboard.press("End")
        await self.page.keyboard.type(text)
        await expect(self.page.locator("#chat-submit")).to_be_enabled()
        await self.page.keyboard.press("Enter")

    async def sees(self, text: str, *, times: int = 1) -> None:
        """Wait until the text is on the page."""
        await expect(self.page.get_by_text(text).nth(times - 1)).to_be_visible()

    def button(self, name: str, *, exact: bool = True) -> Locator:
        """A card's button by its visible name."""
        return self.page.get_by_role("button", name=name, exact=exact)
