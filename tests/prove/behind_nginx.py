"""A browser behind nginx as `deploy/nginx.conf` sets it up, while the replica that has its page is killed.

Each run kills it with `kill -9`, writes a message, pays by a card on the page as it has reconnected by itself, and
starts the replica again. Every second seed uses affinity, which nothing may need. At the end the record and
the ledger are compared with what was written and pressed.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from playwright.async_api import Browser, Page, expect

from tests.e2e.replicas import running_replicas
from tests.prove.pages import CASE_SECONDS, PATIENCE, closed, pay, say_on, sees
from tests.prove.seeds import Failed, each
from tests.support.app import QUICK_APP, RunningApp
from tests.support.browser import open_browser
from tests.support.nginx import nginx_as_deployed
from tests.support.ports import free_port
from tests.support.processes import wait_until
from tests.support.scripted_model import ScriptedModel, ScriptedRequest, Step, call, say

FULL_RUNS = 20
OPEN_PAGES = re.compile(r"^ultracore_chat_pages (\d+)", re.MULTILINE)
TERMS = {"transaction_type": "transfer", "from_account_id": "acc_1", "to_account_id": "City Power"}


@dataclass
class House:
    """Two replicas behind one address, and a page there that is signed in."""

    apps: list[RunningApp]
    page: Page
    said: int = 0
    paid: int = 0

    async def kill_the_one_with_the_page(self) -> RunningApp:
        """Kill it, and return when the page has a socket again, without having been loaded again."""
        holder, other = await asyncio.to_thread(lambda: sorted(self.apps, key=open_pages, reverse=True))
        async with self.page.expect_websocket(timeout=PATIENCE):
            await asyncio.to_thread(holder.process.kill)
        what = "the page to be at the other replica"
        seconds = PATIENCE / 1000
        await asyncio.to_thread(wait_until, lambda: open_pages(other) > 0, seconds=seconds, what=what)
        return holder

    async def go_on(self) -> None:
        """A question is answered, and a payment is made."""
        self.said += 1
        await say_on(self.page, f"question {self.said}")
        await sees(self.page, f"This is answer {self.said}.")
        self.said += 1
        self.paid += 1
        await say_on(self.page, f"transfer {self.paid}.50 dollars")
        await pay(self.page).click()
        await closed_once_more(self.page, self.paid)


async def closed_once_more(page: Page, number: int) -> None:
    """The card is closed, and there are so many receipts."""
    if number == 1:
        await closed(page)
    await expect(page.get_by_text("Receipt R-")).to_have_count(number, timeout=PATIENCE)
    await expect(pay(page)).to_have_count(0, timeout=PATIENCE)


def open_pages(app: RunningApp) -> int:
    """How many pages have their socket at this replica."""
    with urlopen(f"{app.url}/metrics", timeout=PATIENCE / 1000) as answer:  # noqa: S310 - a loopback address of ours
        found = OPEN_PAGES.search(answer.read().decode())
    return int(found[1]) if found else 0


def model(request: ScriptedRequest) -> Step:
    """What the agents' model answers, by the last message of the person."""
    said = [str(message["content"]) for message in request.messages if message["role"] == "user"][-1]
    if said.startswith("question"):
        return say(f"This is answer {said.split()[1]}.")
    return call("execute_transaction", TERMS | {"amount": said.split()[1]})


@contextmanager
def replicas_behind_nginx(
    folder: Path, scripted: ScriptedModel, *, affinity: bool, argv: tuple[str | Path, ...] = QUICK_APP
) -> Iterator[tuple[list[RunningApp], str]]:
    """Two replicas, and the one address that they have together."""
    outside = free_port()
    environment = {
        "OPENAI_BASE_URL": scripted.base_url,
        "ULTRACORE_MESSAGES_PER_MINUTE": "1000",
        "ULTRACORE_TRUSTED_PROXIES": "127.0.0.1",
        "ULTRACORE_ALLOWED_ORIGINS": f"https://127.0.0.1:{outside}",
    }
    with running_replicas(folder, environment, argv=argv) as apps:
        ports = [app.port for app in apps]
        with nginx_as_deployed(ports, folder / "nginx", https=outside, affinity=affinity) as url:
            yield apps, url


async def signed_in(browser: Browser, url: str, user: str = "customer1") -> Page:
    """A page with cookies of its own, signed in."""
    context = await browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    await page.goto(url)
    await page.fill("#email", user)
    await page.fill("#password", "demo")
    await page.click("button[type=submit]")
    await sees(page, "this conversation is recorded")
    return page


@asynccontextmanager
async def opened(folder: Path, *, affinity: bool) -> AsyncIterator[House]:
    """Everything that a run needs."""
    with ScriptedModel() as scripted:
        scripted.answer_with(model)
        with replicas_behind_nginx(folder, scripted, affinity=affinity) as (apps, url):
            async with open_browser() as browser:
                yield House(apps, await signed_in(browser, url))


async def play(house: House) -> None:
    """One kill, and what comes after it."""
    killed = await house.kill_the_one_with_the_page()
    await house.go_on()
    await asyncio.to_thread(killed.process.start)
    await asyncio.to_thread(killed.wait_until_ready)


async def check(house: House) -> None:
    """Nothing is lost and nothing is done twice."""
    app = house.apps[0]
    kinds = [event["event_type"] for event in await asyncio.to_thread(app.events)]
    rows = await asyncio.to_thread(app.rows, "bank", "journal", "--account", "acc_1")
    made = sum(row["kind"] == "transfer" and row["proposal"] is not None for row in rows)
    counted = kinds.count("user_message"), kinds.count("turn_failed"), made
    assert counted == (house.said, 0, house.paid), f"messages, failed turns and transfers: {counted}"


async def run(runs: int, seed: int) -> str:
    """The proof: half of the runs with affinity, half without."""
    paid = 0
    for one in each(runs, seed):
        try:
            async with asyncio.timeout(CASE_SECONDS):
                with tempfile.TemporaryDirectory(prefix="ultracore-nginx-") as folder:
                    async with opened(Path(folder), affinity=bool(one % 2)) as house:
                        await house.go_on()
                        await play(house)
                        await check(house)
                        paid += house.paid
        except (AssertionError, TimeoutError) as error:
            raise Failed(f"behind nginx: {error!r}", one) from error
    return f"{runs} kills behind nginx, each page went on by itself; {paid} transfers, each once"
