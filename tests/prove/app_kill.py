"""The whole app is killed while three customers chat and approve, and started again: nothing lost, all told.

`ultracore serve` with its own Redis and the offline model, over HTTP and sockets. Half of the runs are killed
after a random delay, half at a named place. What a customer saw counts as acknowledged.
"""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import sys
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chat.client import Browser, Page, Server
from tests.prove import kept, kill_worker
from tests.prove.kill_points import PLACES
from tests.prove.seeds import Failed, each
from tests.support.app import QUICK_APP, RunningApp, running_app
from tests.support.processes import ProcessFailed

FULL_RUNS = 10
ROOT = Path(__file__).resolve().parents[2]
WITHOUT_KAFKA = sorted(name for name in PLACES if "published" not in name)
AT_MOST_SECONDS = 20.0
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "ULTRACORE_MESSAGES_PER_MINUTE": "1000"}
PAYEES = {
    "customer1": ("City Power", "Flatmate", "Northside Rentals"),
    "customer2": ("Flatmate",),
    "customer3": ("Wholesale Supplies",),
}
NAMES = (
    "messages that were answered, 0 missing",
    "receipts shown, 0 without an entry",
    "effects, 0 without an intent, 0 doubled",
    "outcomes resolved after a restart, 0 left open, all told",
)


@dataclass
class Seen:
    """What one customer said and saw."""

    user: str
    answered: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    def receipts(self) -> set[str]:
        """The receipts' sentences that were on the page."""
        texts = (text for page in self.pages for text in page.texts())
        return {found for text in texts for found in re.findall(r"Done: .* Receipt \S+\.", text)}


def run(runs: int, seed: int) -> str:
    """The proof."""
    figures: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="ultracore-app-kill-") as name:
        folder = Path(name)
        kill_worker.seed_world(folder / "world")
        shutil.rmtree(folder / "world" / "redis", ignore_errors=True)
        for one in each(runs, seed):
            figures.update(asyncio.run(_one(folder, one)))
    return ", ".join(f"{figures[name]} {name}" for name in NAMES)


async def _one(folder: Path, seed: int) -> Counter[str]:
    chance = random.Random(seed)  # noqa: S311 - seeded on purpose
    place = chance.choice(WITHOUT_KAFKA) if chance.random() < 0.5 else None
    home = folder / str(seed)
    shutil.copytree(folder / "world", home / "data")
    try:
        seen = await _until_killed(home, place, chance)
        return await _after_restart(home, seen)
    except (AssertionError, ProcessFailed, TimeoutError) as error:
        raise Failed(f"{error!r} (killed {place or 'after a delay'})", seed) from error
    finally:
        shutil.rmtree(home)


async def _until_killed(home: Path, place: str | None, chance: random.Random) -> list[Seen]:
    """Three customers chat until the app dies at its place, or a moment has passed."""
    # Such a place is passed with every event: the first dozen are sign-ins and greetings.
    number = chance.randint(1, 3 if place is None or PLACES[place].often < 10 else 60)
    argv: tuple[str | Path, ...] = QUICK_APP
    if place is not None:
        argv = (sys.executable, "-m", "tests.prove.apps.killed_app", place, str(number))
    seen = [Seen(user) for user in PAYEES]
    with running_app(home, ENVIRONMENT, argv=argv) as app:
        chats = [asyncio.create_task(_chat(app, one, random.Random(chance.random()))) for one in seen]  # noqa: S311
        await _kill(
            app, seen, answers=chance.randint(1, 12) if place is None else 1_000, pause=chance.random() / 3
        )
        for chat in chats:
            chat.cancel()
        ended = await asyncio.gather(*chats, return_exceptions=True)
        assert not [error for error in ended if isinstance(error, AssertionError | TimeoutError)], f"{ended}"
    return seen


async def _kill(app: RunningApp, seen: list[Seen], *, answers: int, pause: float) -> None:
    """Once so many messages were answered, and a moment later; or when it has died at its place."""
    gives_up = asyncio.get_running_loop().time() + AT_MOST_SECONDS
    while app.process.running and asyncio.get_running_loop().time() < gives_up:
        if sum(len(one.answered) for one in seen) >= answers:
            await asyncio.sleep(pause)
            break
        await asyncio.sleep(0.02)
    app.process.kill()


def _door(app: RunningApp) -> Server:
    return Server(app.url, app.process, app.data_dir)


async def _chat(app: RunningApp, seen: Seen, chance: random.Random) -> None:
    """Questions and transfers, one after another, on one page."""
    browser = Browser(_door(app))
    async with browser.http:
        answer = await browser.sign_in(seen.user)
        assert answer.status_code == 200, answer.text
        async with browser.page() as page:
            seen.pages.append(page)
            await page.shows("this conversation is recorded")
            while True:
                if chance.random() < 0.3:
                    await _say(page, "What's my balance?", seen)
                    continue
                amount = f"{chance.randrange(1, 9)}.{chance.randrange(10, 100)}"
                await _say(page, f"transfer {amount} dollars to {chance.choice(PAYEES[seen.user])}", seen)
                if page.buttons():
                    name = "approve" if chance.random() < 0.9 else "decline"
                    closed = _closings(page)
                    await browser.press(page, await page.offers(name))
                    await page.until(lambda _: _closings(page) > closed, "the card's end")  # noqa: B023 - awaited


async def _say(page: Page, text: str, seen: Seen) -> None:
    """Say something, and wait for the end of the turn. It counts as answered once an answer begins."""
    began = len(page.drawn)
    await page.say(text)
    await page.until(lambda drawn: _answers(drawn[began:]), "an answer")
    seen.answered.append(text)
    await page.until(lambda drawn: "task_end" in [name for name, _ in drawn[began:]], "the turn's end")


def _closings(page: Page) -> int:
    """How many cards say how they ended."""
    ends = r"Done: |You declined|was not made|could not confirm"
    return sum(re.search(ends, text) is not None for text in page.texts())


def _answers(drawn: list[tuple[str, Any]]) -> bool:
    """Whether something of ours was drawn: Chainlit's server sends the person's own message back too."""
    begun = [(name, data) for name, data in drawn if name in ("new_message", "stream_start")]
    # An empty step is Chainlit's own: it is drawn before our handler has seen the message.
    return any(
        data["type"] != "user_message" and (data["output"] or name == "stream_start") for name, data in begun
    )


async def _after_restart(home: Path, seen: list[Seen]) -> Counter[str]:
    with running_app(home, ENVIRONMENT) as app:
        record, ledger = kept.read_record(app.data_dir), kept.read_ledger(app.data_dir)
        kept.check_acknowledged(kept.Told(set(), [], [], 0), record, ledger)
        kept.check_effects(record, ledger)
        events = await asyncio.to_thread(app.rows, "audit", "export", "--all")
        answered, receipts = _check_seen(events, seen, ledger)
        due = kept.resolved_by_user(record, ledger)
        notices = [(one.user, text) for one in seen for text in await _told(app, one, due[one.user])]
        resolved = kept.check_told_later(record, ledger, kept.Told(set(), [], notices, 0))
        assert "holds" in await asyncio.to_thread(app.command, "audit", "verify")
        await asyncio.to_thread(app.command, "bank", "check")
    counts = (answered, receipts, len(ledger.entries), resolved)
    return Counter(dict(zip(NAMES, counts, strict=True)))


def _check_seen(events: list[dict[str, Any]], seen: list[Seen], ledger: kept.Ledger) -> tuple[int, int]:
    """What was answered is on the record, and a receipt that was shown is the ledger's; how many of each."""
    said: Counter[tuple[str, str]] = Counter()
    for event in events:
        if event["event_type"] == "user_message":
            said[event["user_id"], event["revealed"]["content"]["metadata"]["text"]] += 1
    answered = Counter((one.user, text) for one in seen for text in one.answered)
    assert answered <= said, f"answered messages missing: {answered - said}"
    receipts = {sentence for one in seen for sentence in one.receipts()}
    numbers = {entry["receipt_number"] for entry in ledger.entries}
    unknown = {sentence for sentence in receipts if not any(number in sentence for number in numbers)}
    assert not unknown, f"receipts that the ledger does not know: {unknown}"
    return answered.total(), len(receipts)


async def _told(app: RunningApp, seen: Seen, due: int) -> list[str]:
    """What a customer is told of interruptions in the next session, once at least `due` sentences are there."""
    async with AsyncExitStack() as stack:
        browser = Browser(_door(app))
        await stack.enter_async_context(browser.http)
        await browser.sign_in(seen.user)
        page = await stack.enter_async_context(browser.page())
        await page.shows("this conversation is recorded")

        def interrupted() -> list[str]:
            return [text for text in page.texts() if "that was interrupted" in text]

        await page.until(lambda _: len(interrupted()) >= due, f"{due} sentences about interruptions")
        return interrupted()
