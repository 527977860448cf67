"""One conversation on several pages of real browsers: decided in one tab, reloaded, opened by a second sign-in.

A run plays each case once, in a conversation of its own. At the end the ledger is compared with what was pressed.
"""

from __future__ import annotations

import asyncio
import random
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, expect

from tests.prove.seeds import Failed, each
from tests.support.app import RunningApp, running_app
from tests.support.browser import open_browser
from tests.support.scripted_model import ScriptedModel, ScriptedRequest, Step, call, say, together

FULL_RUNS = 20
PATIENCE = 60_000.0
"""Milliseconds. Only a page that never gets there takes so long."""
CASE_SECONDS = 300.0
"""Some calls of the browser's driver have no deadline of their own."""
USER = "customer1"
ADDRESS = re.compile(r"/thread/[0-9a-f-]+$")
SIGN_IN = re.compile(r"/login$")
PARTS = ("Here is the first part.\n\n", "Then comes the second part.\n\n", "And that is all of it.")
LATER = ("I am preparing that for you.\n\n", "It takes a moment.\n\n", "Here is the card.\n\n")


@dataclass
class House:
    """The app, its model, a browser, and how many cents over a dollar the last payment was."""

    app: RunningApp
    browser: Browser
    chance: random.Random
    paid: int = 0

    async def page(self) -> Page:
        """A page with cookies of its own, signed in."""
        context = await self.browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        await page.goto(self.app.url)
        await page.fill("#email", USER)
        await page.fill("#password", "demo")
        await page.click("button[type=submit]")
        await sees(page, "this conversation is recorded")
        return page

    def payment(self, *, later: bool = False) -> str:
        """A message that asks for another amount each time, small enough that the customer can pay all of them."""
        self.paid += self.chance.randrange(1, 10)
        return f"transfer {1 + self.paid // 100}.{self.paid % 100:02} dollars{' slowly' if later else ''}"


Case = Callable[[House], Awaitable[None]]


def model(request: ScriptedRequest) -> Step:
    """What the agents' model answers, by the last message of the person."""
    said = [str(message["content"]) for message in request.messages if message["role"] == "user"][-1]
    if "transfer" not in said:
        return say("", pieces=PARTS, delay=1.5)
    wanted = call("execute_transaction", _transfer(said.split()[1]))
    return together(say("", pieces=LATER, delay=1.5), wanted) if "slowly" in said else wanted


def _transfer(amount: str) -> dict[str, str]:
    terms = {"transaction_type": "transfer", "from_account_id": "acc_1", "to_account_id": "City Power"}
    return {**terms, "amount": amount}


async def two_tabs(house: House) -> None:
    """A card is shown in two tabs and decided in one: the other shows how it ended, and cannot be pressed."""
    first = await house.page()
    await say_on(first, house.payment())
    await expect(pay(first)).to_be_visible(timeout=PATIENCE)
    second = await first.context.new_page()
    await second.goto(first.url)
    await expect(pay(second)).to_be_visible(timeout=PATIENCE)
    pressed, other = house.chance.sample([first, second], 2)
    await pay(pressed).click()
    await closed(other)
    await closed(pressed)


async def reload_in_an_answer(house: House) -> None:
    """The page is loaded again while an answer is being written: the new page gets all of it, once."""
    page = await house.page()
    await say_on(page, "what can you do for me")
    await sees(page, PARTS[0].strip())
    await page.reload()
    for part in PARTS:
        await sees(page, part.strip())
        await expect(page.get_by_role("article").get_by_text(part.strip())).to_have_count(1, timeout=PATIENCE)


async def reload_before_a_card(house: House) -> None:
    """The page is loaded again while a card is being prepared: the card comes to the new page, and works there."""
    page = await house.page()
    await say_on(page, house.payment(later=True))
    await sees(page, LATER[0].strip())
    await page.reload()
    await pay(page).click()
    await closed(page)


async def second_sign_in(house: House) -> None:
    """Another login of the person opens the conversation: it has buttons of its own, and both see the end."""
    first = await house.page()
    await say_on(first, house.payment())
    await expect(pay(first)).to_be_visible(timeout=PATIENCE)
    second = await house.page()
    await second.goto(first.url)
    await pay(second).click()
    await closed(second)
    await closed(first)


async def sign_out_of_the_first(house: House) -> None:
    """The login that asked signs out: the card is withdrawn on the page of the other one."""
    first = await house.page()
    await say_on(first, house.payment())
    await expect(pay(first)).to_be_visible(timeout=PATIENCE)
    second = await house.page()
    await second.goto(first.url)
    await expect(pay(second)).to_be_visible(timeout=PATIENCE)
    await first.click("#user-nav-button")
    await first.get_by_role("menuitem", name="Sign out").click()
    await sees(second, "This request was withdrawn. Nothing was changed.")
    await expect(pay(second)).to_have_count(0, timeout=PATIENCE)
    # A page that is closed while it goes to the sign-in may keep Chromium from ever closing it.
    await expect(first).to_have_url(SIGN_IN, timeout=PATIENCE)


CASES: dict[str, Case] = {
    "two tabs": two_tabs,
    "reload in an answer": reload_in_an_answer,
    "reload before a card": reload_before_a_card,
    "second sign-in": second_sign_in,
    "sign-out of the first": sign_out_of_the_first,
}
PAYING = ("two tabs", "reload before a card", "second sign-in")


def pay(page: Page) -> Locator:
    """The button that pays."""
    return page.get_by_role("button", name="Pay", exact=True)


async def sees(page: Page, text: str) -> None:
    """Wait until the text is on the page."""
    await expect(page.get_by_text(text).first).to_be_visible(timeout=PATIENCE)


async def say_on(page: Page, text: str) -> None:
    """Type a message, send it, and wait until the page has its conversation's address."""
    await page.locator("#chat-input").click()
    await page.keyboard.type(text)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(ADDRESS, timeout=PATIENCE)


async def closed(page: Page) -> None:
    """The card shows that it was carried out, and has neither buttons nor a clock."""
    await sees(page, "Receipt R-")
    await expect(pay(page)).to_have_count(0, timeout=PATIENCE)
    await expect(page.get_by_text("Time left to decide")).to_have_count(0, timeout=PATIENCE)
    await expect(page.get_by_role("article").get_by_text("Paid", exact=True)).to_have_count(1, timeout=PATIENCE)


@asynccontextmanager
async def opened(folder: Path, seed: int) -> AsyncIterator[House]:
    """Everything that the cases need."""
    with ScriptedModel() as scripted:
        scripted.answer_with(model)
        environment = {"OPENAI_BASE_URL": scripted.base_url, "ULTRACORE_MESSAGES_PER_MINUTE": "1000"}
        with running_app(folder, environment) as app:
            async with open_browser() as browser:
                yield House(app, browser, random.Random(seed))  # noqa: S311 - seeded on purpose


async def play(house: House, name: str) -> None:
    """One case, in contexts that are closed after it."""
    await CASES[name](house)
    for context in house.browser.contexts:
        await context.close()


async def entries(house: House) -> int:
    """How many transfers the ledger has made for the customer in this app."""
    rows = await asyncio.to_thread(house.app.rows, "bank", "journal", "--account", "acc_1")
    return sum(row["kind"] == "transfer" and row["proposal"] is not None for row in rows)


async def run(runs: int, seed: int) -> str:
    """The proof: every case `runs` times over one app."""
    held: dict[str, int] = dict.fromkeys(CASES, 0)
    with tempfile.TemporaryDirectory(prefix="ultracore-pages-") as folder:
        async with opened(Path(folder), seed) as house:
            for one in each(runs, seed):
                for name in CASES:
                    try:
                        async with asyncio.timeout(CASE_SECONDS):
                            await play(house, name)
                    except (AssertionError, TimeoutError) as error:
                        raise Failed(f"{name}: {error!r:.300}", one) from error
                    held[name] += 1
            made = await entries(house)
    assert made == sum(held[name] for name in PAYING), f"{made} transfers in the ledger"
    told = ", ".join(f"{name} {number} of {runs}" for name, number in held.items())
    return f"{told}; {made} transfers in the ledger, each once"
