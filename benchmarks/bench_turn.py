"""A whole turn of ours against the bare app: latency for one person, turns a second for fifteen.

Both servers run at the same time and take turns at being measured, so that other work on the machine meets
both. Both answer from the same endpoint, 40 tokens without a pause, no tools. Ours does all that it does in use:
principal, limit, lock, routing, history, the check of answers, and the record of every event.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.ratio import Ratio
from benchmarks.support.clients import Page, pages
from benchmarks.support.servers import Server, bare, ours, scripted_endpoint

TOKENS = 40
ANSWER = " ".join(["token"] * TOKENS)
QUESTION = "What's my balance?"
USERS = ["customer1", "customer2", "customer3", "customer9"]
PAGES = 15
WARM_UP_TURNS = 4
LATENCY_ROUNDS = 6
TURNS_A_ROUND = 20
LOAD_ROUNDS = 7
TURNS_A_PAGE = 4


@dataclass
class Side:
    """One of the two, with its open pages and what was measured of it."""

    pages: Sequence[Page]
    seconds: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    async def one_person(self) -> None:
        """Turns one after another on one page."""
        self.seconds += [await self.pages[0].turn(QUESTION, ANSWER) for _ in range(TURNS_A_ROUND)]

    async def everybody(self, turns: int = TURNS_A_PAGE) -> None:
        """Turns on all pages at once."""
        begun = time.perf_counter()
        await asyncio.gather(*(_converse(page, turns) for page in self.pages))
        self.rates.append(len(self.pages) * turns / (time.perf_counter() - begun))

    async def warm_up(self) -> None:
        """Turns that do not count: connections open, conversations are routed, histories have their length."""
        await self.everybody(WARM_UP_TURNS)
        self.rates.clear()


async def _converse(page: Page, turns: int) -> None:
    for _ in range(turns):
        await page.turn(QUESTION, ANSWER)


async def run() -> list[Ratio]:
    """Measure both, in alternation."""
    with tempfile.TemporaryDirectory() as name, scripted_endpoint(TOKENS) as endpoint:
        environment = {"OPENAI_BASE_URL": endpoint}
        own, baseline = ours(Path(name) / "ours", environment), bare(Path(name) / "bare", environment)
        with own.running(), baseline.running():
            async with _side(own) as mine, _side(baseline) as theirs:
                await _measure(mine, theirs)
    return _ratios(mine, theirs)


@asynccontextmanager
async def _side(server: Server) -> AsyncIterator[Side]:
    async with pages(server.url, USERS, PAGES) as opened:
        yield Side(opened)


async def _measure(mine: Side, theirs: Side) -> None:
    await mine.warm_up()
    await theirs.warm_up()
    for _ in range(LATENCY_ROUNDS):
        await mine.one_person()
        await theirs.one_person()
    for _ in range(LOAD_ROUNDS):
        await mine.everybody()
        await theirs.everybody()


def _ratios(mine: Side, theirs: Side) -> list[Ratio]:
    latency, baseline_latency = (statistics.median(side.seconds) * 1000 for side in (mine, theirs))
    rate, baseline_rate = (statistics.median(side.rates) for side in (mine, theirs))
    return [
        Ratio("turn, 1 user", "bare Chainlit", latency, baseline_latency, "ms", 1.5, "at_most"),
        Ratio(f"turns, {PAGES} users", "bare Chainlit", rate, baseline_rate, "turns/s", 0.8, "at_least"),
    ]
