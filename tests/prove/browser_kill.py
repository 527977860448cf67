"""A browser behind nginx, whose replica is killed in an answer, in a tool, with a card open, and in a press.

Each run plays each case once, in a conversation of its own, and then takes the next message on the page as it has
reconnected by itself. Every second seed uses affinity, which nothing may need. At the end the ledger is compared
with what the pages said.
"""

from __future__ import annotations

import asyncio
import random
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.prove.behind_nginx import open_pages, replicas_behind_nginx, signed_in
from tests.prove.pages import CASE_SECONDS, PATIENCE, pay, say_on, sees
from tests.prove.replica_kill import ENDED, IN_A_PRESS, IN_A_TOOL, PEOPLE, RECEIPT, model, transfers
from tests.prove.seeds import Failed, each
from tests.support.app import RunningApp
from tests.support.browser import open_browser
from tests.support.processes import wait_until
from tests.support.scripted_model import ScriptedModel
from ultracore.ai.sentences import CUT_SHORT, INTERRUPTED

FULL_RUNS = 20


@dataclass
class House:
    """Two replicas behind one address, a browser, and what was paid by what its pages said."""

    apps: list[RunningApp]
    url: str
    browser: Browser
    places: Path
    chance: random.Random
    begun: int = 0
    receipts: int = 0
    told: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def visit(self) -> AsyncIterator[Visit]:
        """A person's page, in a conversation of its own; afterwards both replicas run again."""
        self.begun += 1
        user, account, payee = PEOPLE[self.begun % len(PEOPLE)]
        before = [open_pages(app) for app in self.apps]
        page = await signed_in(self.browser, self.url, user)
        yield Visit(self, page, account, payee, before)
        await page.context.close()
        for app in self.apps:
            if not app.process.running:
                await asyncio.to_thread(app.process.start)
                await asyncio.to_thread(app.wait_until_ready)

    @asynccontextmanager
    async def timed(self) -> AsyncIterator[None]:
        """Keep how long this block took."""
        began = time.monotonic()
        yield
        self.told.append(time.monotonic() - began)

    async def death(self) -> None:
        """Return once a replica has killed itself."""
        died = lambda: not all(app.process.running for app in self.apps)  # noqa: E731 - one question
        await asyncio.to_thread(wait_until, died, seconds=PATIENCE / 1000, what="a replica's death")


@dataclass
class Visit:
    """One page, and where its person keeps money."""

    house: House
    page: Page
    account: str
    payee: str
    before: list[int]
    """How many pages each replica had before this one. It keeps a page for a while after the browser has left."""

    async def ask_to_pay(self) -> None:
        """Ask for a payment, and wait for its card."""
        amount = f"{self.house.chance.randrange(1, 9)}.{self.house.chance.randrange(10, 100)}"
        await say_on(self.page, f"transfer {amount} dollars from {self.account} to {self.payee}")
        await expect(pay(self.page)).to_be_visible(timeout=PATIENCE)

    async def kill_its_replica(self) -> None:
        """Kill the replica that has the page's socket."""
        more = [open_pages(app) - count for app, count in zip(self.house.apps, self.before, strict=True)]
        await asyncio.to_thread(self.house.apps[more.index(max(more))].process.kill)

    @asynccontextmanager
    async def reconnected(self) -> AsyncIterator[None]:
        """The page gets another socket in this block by itself."""
        async with self.house.timed(), self.page.expect_websocket(timeout=PATIENCE):
            yield

    async def goes_on(self) -> None:
        """The conversation takes the next message."""
        await say_on(self.page, "are you there?")
        await sees(self.page, "I am here again.")


async def in_an_answer(visit: Visit) -> None:
    """The words that were shown stay, once, and the person is told that there are no more."""
    await say_on(visit.page, "tell me something long")
    await sees(visit.page, f"word{visit.house.chance.randrange(3, 30)}")
    async with visit.reconnected():
        await visit.kill_its_replica()
        await sees(visit.page, CUT_SHORT)
    word = visit.page.get_by_role("article").get_by_text(re.compile(r"\bword2\b"))
    await expect(word).to_have_count(1, timeout=PATIENCE)


async def in_a_tool(visit: Visit) -> None:
    """The turn ends on the page, and its tool does not run again by itself."""
    (visit.house.places / IN_A_TOOL).touch()
    async with visit.reconnected():
        await say_on(visit.page, f"what is the balance of {visit.account}")
        await visit.house.death()
        await sees(visit.page, INTERRUPTED)


async def with_a_card_open(visit: Visit) -> None:
    """The card stays on the page, and its button works there, once."""
    await visit.ask_to_pay()
    async with visit.reconnected():
        await visit.kill_its_replica()
    await pay(visit.page).click()
    await expect(visit.page.get_by_role("article").filter(has_text=RECEIPT)).to_have_count(1, timeout=PATIENCE)
    visit.house.receipts += 1


async def with_a_press_under_way(visit: Visit) -> None:
    """What became of the payment is told on the page, and is what the ledger has."""
    await visit.ask_to_pay()
    (visit.house.places / visit.house.chance.choice(IN_A_PRESS)).touch()
    # A conversation begins with what became of the person's interrupted payments of before.
    told = visit.page.get_by_role("article").filter(has_text=ENDED)
    before = await told.count()
    await pay(visit.page).click()
    # Any replica may get the press, so the one that dies need not be the one that has the page's socket.
    await visit.house.death()
    async with visit.house.timed():
        await expect(told.nth(before)).to_be_visible(timeout=PATIENCE)
    await expect(pay(visit.page)).to_have_count(0, timeout=PATIENCE)
    visit.house.receipts += await visit.page.get_by_role("article").filter(has_text=RECEIPT).count()


CASES: dict[str, Callable[[Visit], Awaitable[None]]] = {
    "in an answer": in_an_answer,
    "in a tool": in_a_tool,
    "with a card open": with_a_card_open,
    "with a press under way": with_a_press_under_way,
}


@asynccontextmanager
async def opened(folder: Path, seed: int) -> AsyncIterator[House]:
    """Everything that the cases need."""
    places = folder / "places"
    places.mkdir()
    argv = (sys.executable, "-m", "tests.prove.apps.armed_app", str(places))
    with ScriptedModel() as scripted:
        scripted.answer_with(model)
        with replicas_behind_nginx(folder, scripted, affinity=bool(seed % 2), argv=argv) as (apps, url):
            async with open_browser() as browser:
                yield House(apps, url, browser, places, random.Random(seed))  # noqa: S311 - seeded on purpose


async def play(house: House, name: str) -> None:
    """One kill, and the next message after it."""
    async with asyncio.timeout(CASE_SECONDS), house.visit() as visit:
        await CASES[name](visit)
        await visit.goes_on()


async def run(runs: int, seed: int) -> str:
    """The proof: every case once a run, over two replicas of its own."""
    held: dict[str, int] = dict.fromkeys(CASES, 0)
    receipts, told = 0, 0.0
    for one in each(runs, seed):
        with tempfile.TemporaryDirectory(prefix="ultracore-browser-") as folder:
            async with opened(Path(folder), one) as house:
                for name in CASES:
                    try:
                        await play(house, name)
                    except (AssertionError, TimeoutError) as error:
                        raise Failed(f"{name}: {error!r:.300}", one) from error
                    held[name] += 1
                made = await transfers(house.apps[0])
                if made != house.receipts:
                    raise Failed(f"{made} transfers in the ledger, {house.receipts} receipts on pages", one)
                receipts, told = receipts + made, max(told, *house.told)
    cases = ", ".join(f"{name} {number} of {runs}" for name, number in held.items())
    return f"killed {cases}; told within {told:.1f} s; {receipts} transfers, each once and with its receipt"
