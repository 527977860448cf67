"""One of two replicas is killed at work; the open page of the other is told within ten seconds and goes on.

A run plays each case once: in an answer, in a tool, with a card open, with a press under way. At the end the
ledger is compared with what the pages said. `front` puts a proxy before the replicas, whose address pages use.
"""

from __future__ import annotations

import asyncio
import random
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.chat.client import Browser, Page, Server
from tests.e2e.replicas import shared_parts, thread_of
from tests.prove.seeds import Failed, each
from tests.support.app import QUICK_APP, RunningApp, running_app
from tests.support.ports import free_port
from tests.support.scripted_model import ScriptedModel, ScriptedRequest, Step, call, say
from ultracore.ai.sentences import CUT_SHORT

FULL_RUNS = 20
TOLD_SECONDS = 10.0
WORDS = [f"word{number}\n\n" for number in range(400)]
IN_A_TOOL = "settled, outcome not recorded"
IN_A_PRESS = (
    "claimed, not recorded",
    "intent recorded, not settled",
    "in the settling transaction",
    "settled, outcome not recorded",
)
# In turn: a killed replica gives no place for a socket back, and a person has five, each for a minute.
PEOPLE = (
    ("customer1", "acc_1", "City Power"),
    ("customer2", "acc_3", "Flatmate"),
    ("customer3", "acc_5", "Wholesale Supplies"),
)
RECEIPT = re.compile(r"Receipt R-")
ENDED = re.compile(r"Receipt R-|was not made|could not confirm|Nothing was|was interrupted")

Front = Callable[[Sequence[RunningApp]], AbstractContextManager[str]]
"""Opens a proxy before the replicas and gives its address."""


@dataclass
class House:
    """The replica that stays, what both share, and what was paid by what the pages said."""

    folder: Path
    common: dict[str, str]
    survivor: RunningApp
    chance: random.Random
    front: Front | None
    told_seconds: float = TOLD_SECONDS
    port: int = field(default_factory=free_port)
    started: int = 0
    receipts: int = 0

    @asynccontextmanager
    async def pages(self, place: str | None = None) -> AsyncIterator[Scene]:
        """A replica that will die, and one login with a browser at each of the two."""
        self.started += 1
        user, account, payee = PEOPLE[self.started % len(PEOPLE)]
        home = self.folder / f"victim-{self.started}"
        home.mkdir()
        argv: tuple[str | Path, ...] = QUICK_APP
        if place is not None:
            argv = (sys.executable, "-m", "tests.prove.apps.killed_app", place, "1")
        with ExitStack() as stack:
            victim = stack.enter_context(running_app(home, self.common, argv=argv, port=self.port))
            front = stack.enter_context(self.front([victim, self.survivor])) if self.front else None
            first, second = Browser(_door(victim, front)), Browser(_door(self.survivor, front))
            async with first.http, second.http:
                await first.sign_in(user)
                second.http.cookies.update(first.http.cookies)
                async with first.page() as page:
                    amount = f"{self.chance.randrange(1, 9)}.{self.chance.randrange(10, 100)}"
                    yield Scene(
                        victim,
                        first,
                        second,
                        page,
                        account,
                        f"transfer {amount} dollars from {account} to {payee}",
                    )


@dataclass
class Scene:
    """One conversation, begun at the replica that will die."""

    victim: RunningApp
    first: Browser
    second: Browser
    page: Page
    account: str
    payment: str

    async def kill(self) -> None:
        """SIGKILL."""
        await asyncio.to_thread(self.victim.process.kill)

    async def dead(self) -> None:
        """Return once it has killed itself at its place."""
        died = lambda: not self.victim.process.running  # noqa: E731 - one question
        await asyncio.to_thread(self.victim.process.wait_until, died, seconds=60, what="its death")


def _door(app: RunningApp, front: str | None) -> Server:
    return Server(front or app.url, app.process, app.data_dir)


def model(request: ScriptedRequest) -> Step:
    """What the agents' model answers, by the last message of the person."""
    if request.messages[-1]["role"] == "tool":
        return say("That is all.")
    said = [str(message["content"]) for message in request.messages if message["role"] == "user"][-1]
    if "transfer" in said:
        _, amount, _, _, account, _, payee = said.split(maxsplit=6)
        terms = {"transaction_type": "transfer", "from_account_id": account, "to_account_id": payee}
        return call("execute_transaction", {**terms, "amount": amount})
    if "balance" in said:
        return call("get_account_balance", {"account_id": said.split()[-1]})
    return say("", pieces=WORDS, delay=0.05) if "long" in said else say("I am here again.")


async def in_an_answer(house: House) -> None:
    """The words that were shown stay, once, and the person is told that there are no more."""
    async with house.pages() as scene:
        await scene.page.say("tell me something long")
        async with scene.second.page(threadId=await thread_of(scene.page)) as other:
            await other.shows(f"word{house.chance.randrange(3, 30)}")
            await scene.kill()
            async with told_within(house.told_seconds, other):
                await other.shows(CUT_SHORT)
                await idle(other)
            # A word that was shown before any that the kill waits for.
            found = [len(re.findall(r"\bword2\b", text)) for text in other.texts()]
            assert sum(found) == 1, f"the words that were shown stand {sum(found)} times"
            await goes_on(other)


async def in_a_tool(house: House) -> None:
    """The turn ends on the open page, and its tool does not run again by itself."""
    async with house.pages(IN_A_TOOL) as scene:
        thread = scene.page
        await thread.shows("this conversation is recorded")
        await thread.say(f"what is the balance of {scene.account}")
        async with scene.second.page(threadId=await thread_of(thread)) as other:
            await scene.dead()
            async with told_within(house.told_seconds, other):
                await idle(other)
            await goes_on(other)


async def with_a_card_open(house: House) -> None:
    """The card stays on the open page, and its button works there, once."""
    async with house.pages() as scene:
        await scene.page.say(scene.payment)
        await scene.page.offers("approve")
        async with scene.second.page(threadId=await thread_of(scene.page)) as other:
            await other.offers("approve")
            await scene.kill()
            answer = await scene.second.press(other, await other.offers("approve"))
            assert answer.status_code == 200
            await other.shows("Receipt R-")
            house.receipts += 1
            await goes_on(other)


async def with_a_press_under_way(house: House) -> None:
    """What became of the payment is told on the open page, and is what the ledger has."""
    async with house.pages(house.chance.choice(IN_A_PRESS)) as scene:
        await scene.page.say(scene.payment)
        button = await scene.page.offers("approve")
        async with scene.second.page(threadId=await thread_of(scene.page)) as other:
            await other.offers("approve")
            try:
                await scene.first.press(scene.page, button)
            except httpx.HTTPError:
                pass  # It dies before it answers.
            await scene.dead()
            async with told_within(house.told_seconds, other):
                await other.until(lambda _: not other.buttons(), "the card's end")
                await other.until(lambda _: any(ENDED.search(text) for text in other.texts()), "what became")
                await idle(other)
            house.receipts += any(RECEIPT.search(text) for text in other.texts())
            await goes_on(other)


CASES: dict[str, Callable[[House], Awaitable[None]]] = {
    "in an answer": in_an_answer,
    "in a tool": in_a_tool,
    "with a card open": with_a_card_open,
    "with a press under way": with_a_press_under_way,
}


@asynccontextmanager
async def told_within(seconds: float, page: Page) -> AsyncIterator[None]:
    """What the page must show in this time; a failure says what it shows instead."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as late:
        raise AssertionError(f"not told within {seconds:g} s: {page.state()}") from late


async def idle(page: Page) -> None:
    """Return once the page takes input."""
    await page.until(lambda _: not page.running, "the turn's end")


async def goes_on(page: Page) -> None:
    """The conversation takes the next message."""
    await page.say("are you there?")
    await page.shows("I am here again.")
    await idle(page)


async def transfers(app: RunningApp) -> int:
    """How many payments the ledger has of those that the people have approved."""
    made = 0
    for _, account, _ in PEOPLE:
        rows = await asyncio.to_thread(app.rows, "bank", "journal", "--account", account)
        made += sum(_is_payment(row) for row in rows)
    return made


def _is_payment(row: dict[str, Any]) -> bool:
    """Whether the line is a transfer that somebody approved, on the side that pays."""
    return row["kind"] == "transfer" and row["proposal"] is not None and str(row["amount"]).startswith("-")


async def run(runs: int, seed: int, front: Front | None = None, *, told_seconds: float = TOLD_SECONDS) -> str:
    """The proof: every case `runs` times, a fresh replica each time."""
    held: dict[str, int] = dict.fromkeys(CASES, 0)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ultracore-replicas-")))
        scripted = stack.enter_context(ScriptedModel())
        scripted.answer_with(model)
        environment = {"OPENAI_BASE_URL": scripted.base_url, "ULTRACORE_MESSAGES_PER_MINUTE": "1000"}
        common = stack.enter_context(shared_parts(folder, environment))
        (folder / "survivor").mkdir()
        survivor = stack.enter_context(running_app(folder / "survivor", common, argv=QUICK_APP))
        chance = random.Random(seed)  # noqa: S311 - seeded on purpose
        house = House(folder, common, survivor, chance, front, told_seconds)
        for one in each(runs, seed):
            for name, case in CASES.items():
                try:
                    await case(house)
                except (AssertionError, TimeoutError) as error:
                    raise Failed(f"{name}: {error!r}", one) from error
                held[name] += 1
        made = await transfers(survivor)
        await asyncio.to_thread(survivor.command, "bank", "check")
    assert made == house.receipts, f"{made} transfers in the ledger, {house.receipts} receipts shown"
    told = ", ".join(f"{name} {number} of {runs}" for name, number in held.items())
    return f"killed {told}; {made} transfers in the ledger, each once and with its receipt"
