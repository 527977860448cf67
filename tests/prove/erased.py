"""A customer is erased while the running app serves them and another: afterwards their words are found nowhere.

Said: plain messages, a payment that is approved and one that is declined, both with words on them, an incident.
Searched: each byte under the app's folder (record, ledger, index, Redis' file, log), Kafka, Redis' keys, exports
with what they reveal, replays. The words on the approved payment may stand in the ledger alone: the bank's books.
"""

from __future__ import annotations

import asyncio
import random
import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import redis

from tests.chat.client import Browser, Page, Server
from tests.prove.seeds import Failed, each
from tests.prove.topics import TopicReader
from tests.support.app import QUICK_APP, RunningApp, running_app
from tests.support.kafka import KafkaBroker
from tests.support.scripted_model import ScriptedModel, ScriptedRequest, Step, call, say

FULL_RUNS = 10
ROOT = Path(__file__).resolve().parents[2]
LEDGER = re.compile(r"data/ledger\.db(-wal)?|journal")


@dataclass
class Said:
    """The words of one customer: those that must go, and those on the payment that was made."""

    user: str
    chance: random.Random
    words: list[str] = field(default_factory=list)
    paid: str = ""

    def word(self) -> str:
        """A new word that is found nowhere else."""
        self.words.append(f"{self.user}x{self.chance.getrandbits(64):016x}")
        return self.words[-1]


class Model:
    """Does what is next for whoever asks next, and says "Done." where nothing is."""

    def __init__(self) -> None:
        self.next: list[Step] = []

    def __call__(self, request: ScriptedRequest) -> Step:
        return self.next.pop(0) if self.next else say("Done.")


def run(runs: int, seed: int, bootstrap: str | None = None) -> str:
    """The proof; with `bootstrap` against that broker, else against one of its own for all runs."""
    words = searched = 0
    with ExitStack() as stack:
        broker = bootstrap or stack.enter_context(KafkaBroker()).bootstrap
        reader = stack.enter_context(TopicReader(broker))
        for one in each(runs, seed):
            with tempfile.TemporaryDirectory(prefix="ultracore-erased-") as folder:
                mia, tom, haystacks = asyncio.run(_one(Path(folder), broker, reader, one))
            _search(mia, tom, haystacks, one)
            words += len(mia.words)
            searched += sum(map(len, haystacks.values()))
    return f"{words} words of erased customers, {searched / 1e6:.0f} MB searched, 0 found; evidence is readable"


def _search(mia: Said, tom: Said, haystacks: Mapping[str, bytes], seed: int) -> None:
    found = [f"{word} → {name}" for name, blob in haystacks.items() for word in mia.words if word.encode() in blob]
    found += [
        f"paid → {name}"
        for name, blob in haystacks.items()
        if mia.paid.encode() in blob and not LEDGER.search(name)
    ]
    missing = [word for word in tom.words if word.encode() not in haystacks["export"]]
    if found or missing:
        raise Failed(f"found: {sorted(found)}; lost of the other customer: {missing}", seed)


async def _one(home: Path, bootstrap: str, reader: TopicReader, seed: int) -> tuple[Said, Said, dict[str, bytes]]:
    chance, topic, model = random.Random(seed), f"erased-{uuid4().hex}", Model()  # noqa: S311 - seeded on purpose
    with ScriptedModel(handler=model) as endpoint:
        environment = {
            "PYTHONPATH": str(ROOT),
            "OPENAI_BASE_URL": endpoint.base_url,
            "OPENAI_API_KEY": "sk-of-a-test",
            "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
            "ULTRACORE_AUDIT_TOPIC": topic,
            "ULTRACORE_MESSAGES_PER_MINUTE": "1000",
        }
        with running_app(home, environment, argv=QUICK_APP) as app:
            mia, tom = await _talk_and_erase(app, model, chance)
            haystacks = await asyncio.to_thread(_asked, app)
    haystacks |= await asyncio.to_thread(_files, home)
    haystacks["Kafka"] = b"\n".join(reader.values(topic) + reader.values(f"{topic}.heads"))
    return mia, tom, haystacks


async def _talk_and_erase(app: RunningApp, model: Model, chance: random.Random) -> tuple[Said, Said]:
    mia, tom = Said("customer1", chance), Said("customer2", chance)
    async with AsyncExitStack() as stack:
        pages = [await stack.enter_async_context(_signed_in(app, said.user)) for said in (mia, tom)]
        await _talk(mia, *pages[0], model, pays=True)
        await _talk(tom, *pages[1], model, pays=False)
        told = await asyncio.to_thread(
            app.command, "audit", "erase", "--customer", "cust_1", "--reason", "request 1"
        )
        assert "\tdone\n" in told, told
        assert (await pages[0][0].http.get("/user")).status_code == 401, "the erased customer is still signed in"
        await _turn(*pages[1], model, f"And {tom.word()}?", [])
    await _come_back(app, model, chance)
    return mia, tom


async def _come_back(app: RunningApp, model: Model, chance: random.Random) -> None:
    """An erased customer who signs in again has conversations as before."""
    again = Said("customer1", chance)
    async with _signed_in(app, again.user) as (browser, page):
        await _turn(browser, page, model, f"Hello again, {again.word()}.", [])
    assert again.words[0] in await asyncio.to_thread(app.command, "audit", "export", "--all")


async def _talk(said: Said, browser: Browser, page: Page, model: Model, *, pays: bool) -> None:
    about = {"transaction_type": "transfer", "from_account_id": "acc_1", "to_account_id": "City Power"}
    await _turn(browser, page, model, f"My dog is called {said.word()}.", [say(f"What a name: {said.words[-1]}.")])
    await _turn(
        browser, page, model, f"I was called by {said.word()}.", [_incident(f"a man, {said.word()}, called")]
    )
    if not pays:
        return
    for answer in ("decline", "approve"):
        words = said.word()
        asked = call("execute_transaction", {**about, "amount": "5.00", "description": words})
        await _turn(browser, page, model, "Please transfer 5 dollars to City Power", [asked], answer=answer)
        said.paid = words
    said.words.remove(said.paid)


def _incident(text: str) -> Step:
    return call("report_incident", {"description": text})


async def _turn(
    browser: Browser, page: Page, model: Model, text: str, steps: list[Step], *, answer: str | None = None
) -> None:
    """One turn to its end, and the press on its card."""
    model.next = list(steps)
    began = len(page.drawn)
    await page.say(text)
    await page.until(lambda drawn: "task_end" in [name for name, _ in drawn[began:]], "the turn's end")
    if answer is not None:
        response = await browser.press(page, await page.offers(answer))
        assert response.status_code == 200, response.text


@asynccontextmanager
async def _signed_in(app: RunningApp, user: str) -> AsyncIterator[tuple[Browser, Page]]:
    browser = Browser(Server(app.url, app.process, app.data_dir))
    async with browser.http:
        answer = await browser.sign_in(user)
        assert answer.status_code == 200, answer.text
        async with browser.page() as page:
            await page.shows("this conversation is recorded")
            yield browser, page


def _asked(app: RunningApp) -> dict[str, bytes]:
    """What the running app and its commands tell."""
    told = {"export": app.command("audit", "export", "--all"), "journal": app.command("bank", "journal")}
    erased = app.command("audit", "sessions", "--customer", "cust_1").splitlines()[-1].split("\t")[0]
    for view in ("customer", "auditor"):
        told[f"replay to the {view}"] = app.command("audit", "replay", erased, "--as", view)
    assert "[erased]" in told["replay to the customer"], told["replay to the customer"]
    assert "City Power" in told["replay to the auditor"], "transaction evidence is not readable"
    app.command("audit", "verify")
    return {name: text.encode() for name, text in told.items()} | {"Redis": _redis_keys(app.data_dir)}


def _redis_keys(data: Path) -> bytes:
    """Every key with what Redis would move to another server, uncompressed."""
    place = data / "redis" / "socket"
    path = place.read_text().strip() if place.exists() else str(data / "redis" / "redis.sock")
    with redis.Redis(unix_socket_path=path) as client:
        client.config_set("rdbcompression", "no")
        return b"\n".join(key + b" " + (client.dump(key) or b"") for key in client.scan_iter())


def _files(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}
