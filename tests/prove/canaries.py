"""Secrets sown through every door of the running app are found nowhere afterwards.

Sown: chat messages in several spellings, what a hostile model says and asks of tools, its endpoint's errors,
sign-in names and passwords, HTTP headers and paths. Searched: each byte under the app's folder (record, ledger,
index, Redis' file, log at DEBUG), Kafka, Redis' keys, exports with what they reveal, replays, what was drawn.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import redis

from tests.chat.client import Browser, Page, Server
from tests.prove.secrets_sown import SPELLINGS, Secret, Sower, finds
from tests.prove.seeds import Failed, each
from tests.prove.topics import TopicReader
from tests.support.app import RunningApp, running_app
from tests.support.kafka import KafkaBroker
from tests.support.scripted_model import ScriptedModel, ScriptedRequest, Step, call, fail, junk, say, together

FULL_RUNS = 5
ROOT = Path(__file__).resolve().parents[2]
CONTROL = "wombatsandquokkas"


def run(runs: int, seed: int, bootstrap: str | None = None) -> str:
    """The proof; with `bootstrap` against that broker, else against one of its own for all runs."""
    sown = searched = 0
    with ExitStack() as stack:
        broker = bootstrap or stack.enter_context(KafkaBroker()).bootstrap
        reader = stack.enter_context(TopicReader(broker))
        for one in each(runs, seed):
            with tempfile.TemporaryDirectory(prefix="ultracore-canaries-") as folder:
                secrets, haystacks = asyncio.run(_one(Path(folder), broker, reader, one))
            sown += len(secrets)
            searched += sum(len(blob) for blob in haystacks.values())
            _search(secrets, haystacks, one)
    return f"{sown} secrets sown, {searched / 1e6:.0f} MB searched, 0 found"


def _search(secrets: list[Secret], haystacks: Mapping[str, bytes], seed: int) -> None:
    for name in ("export", "drawn"):
        assert CONTROL.encode() in haystacks[name], f"{name} lacks what was said: it is no haystack"
    # What people said lies sealed there, so that the control word is a failure too.
    assert len(haystacks["Redis' keys"]) > 1000, "Redis has next to no keys"
    assert CONTROL.encode() not in haystacks["Redis' keys"], "Redis has what was said in clear"
    found = [f"{secret.place} → {name}" for name, blob in haystacks.items() for secret in finds(secrets, blob)]
    if found:
        raise Failed("found: " + "; ".join(sorted(found)), seed)


async def _one(
    home: Path, bootstrap: str, reader: TopicReader, seed: int
) -> tuple[list[Secret], dict[str, bytes]]:
    sower = Sower(random.Random(seed))  # noqa: S311 - seeded on purpose
    topic = f"canaries-{uuid4().hex}"
    taken = Taken()
    with ScriptedModel(handler=taken) as model:
        environment = {
            "PYTHONPATH": str(ROOT),
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_API_KEY": sower.api_key("the settings"),
            "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
            "ULTRACORE_AUDIT_TOPIC": topic,
            "ULTRACORE_MESSAGES_PER_MINUTE": "1000",
        }
        argv = (sys.executable, "-m", "tests.prove.apps.loud_app")
        with running_app(home, environment, argv=argv) as app:
            drawn = await _sow(app, taken, sower)
            haystacks = await asyncio.to_thread(_asked, app)
        haystacks["drawn"] = json.dumps(drawn, ensure_ascii=False, default=str).encode()
    haystacks |= _files(home)
    haystacks["Kafka"] = b"\n".join(reader.values(topic) + reader.values(f"{topic}.heads"))
    assert haystacks["Kafka"].count(b"\n") > 50, "Kafka holds next to nothing"
    return sower.sown, haystacks


# Sowing


class Taken:
    """A model that was taken over: it does what is next, and says "Done." where nothing is."""

    def __init__(self) -> None:
        self.next: list[Step] = []

    def __call__(self, request: ScriptedRequest) -> Step:
        return self.next.pop(0) if self.next else say("Done.")


async def _sow(app: RunningApp, model: Taken, sower: Sower) -> list[Any]:
    headers = {
        "User-Agent": f"Browser/1.0 {sower.bearer('the user agent')} {sower.card('the user agent')}",
        "Authorization": sower.bearer("a header"),
        "Referer": f"http://127.0.0.1/?card={sower.card('the referer')}&token={sower.api_key('the referer')}",
    }
    async with _browser(app, headers) as browser:
        answer = await browser.sign_in("customer1")
        assert answer.status_code == 200, answer.text
        async with _browser(app, headers) as stranger:
            await _knock(stranger, sower)
        async with browser.page() as page:
            await page.shows("this conversation is recorded")
            await _turn(browser, page, model, f"Tell me of {CONTROL}.", say(f"Of {CONTROL}, nothing."))
            for text in _messages(sower):
                await _turn(browser, page, model, text)
            for text, step in _hostile(sower):
                await _turn(browser, page, model, text, step)
            return page.drawn


@asynccontextmanager
async def _browser(app: RunningApp, headers: Mapping[str, str]) -> AsyncIterator[Browser]:
    browser = Browser(Server(app.url, app.process, app.data_dir))
    browser.http.headers.update(headers)
    async with browser.http:
        yield browser


async def _knock(browser: Browser, sower: Sower) -> None:
    """Sign-ins that fail, and addresses and bodies that nobody serves."""
    for user in (
        sower.card("a user name"),
        sower.card("a user name", SPELLINGS["with spaces"]),
        sower.word("a user name"),
        f"my password is {sower.word('a sentence as a user name')}",
        f"the one-time code is {sower.code('a sentence as a user name')}",
        sower.bearer("a user name"),
    ):
        assert (await browser.sign_in(user, sower.word("a wrong password"))).status_code in (401, 429)
    await browser.sign_in("customer1", sower.word("a wrong password of a right user"))
    await browser.http.get(f"/accounts/{sower.card('a path')}?token={sower.api_key('a query')}")
    await browser.http.post("/project/action", content=f"{{card: {sower.card('a broken body')}".encode())
    await browser.http.post("/project/action", json={"sessionId": sower.card("a session id"), "action": {}})


async def _turn(browser: Browser, page: Page, model: Taken, text: str, *steps: Step) -> None:
    """One turn; a card that it ends with is approved, so that what it proposes is carried out."""
    model.next = list(steps)
    began = len(page.drawn)
    await page.say(text)
    await page.until(lambda drawn: "task_end" in [name for name, _ in drawn[began:]], "the turn's end")
    assert not model.next, f"the model was not asked: {model.next}"
    if any(button["name"] == "approve" for button in page.buttons()):
        await browser.press(page, await page.offers("approve"))


def _messages(sower: Sower) -> list[str]:
    cards = [f"My card is {sower.card(f'a message, {name}', spell)}." for name, spell in SPELLINGS.items()]
    first = sower.card("two messages")
    second = sower.card("two messages", SPELLINGS["with spaces"])
    return [
        *cards,
        f"My card begins with {first[:8]}",
        f"{first[8:]} is the rest of it.",
        f"The other one is {second[:9]}",
        f"{second[10:]}",
        f"My tax file number is {sower.tax_number('a message')}, thank you.",
        f"my password is {sower.word('a message')}",
        f"The one-time code is {sower.code('a message')}",
        f"I sent Authorization: {sower.bearer('a message')}",
        f"and the key {sower.api_key('a message')} too",
    ]


def _hostile(sower: Sower) -> list[tuple[str, Step]]:
    """What a model that was taken over asks of tools and says, how its endpoint fails; each to a message."""
    return [*_security(sower), *_payments(sower), *_accounts(sower), *_answers(sower)]


def _security(sower: Sower) -> Iterator[tuple[str, Step]]:
    asked = "I think that I was scammed, is my account safe?"
    incident = f"my password is {sower.word('an incident')}, card {sower.card('an incident')}"
    yield asked, call("report_incident", {"description": f"I was called, {incident} and they know"})
    yield asked, call("check_message", {"text": f"Send your card {sower.card('a message that is checked')} now"})
    yield asked, call("freeze_card", {"card": sower.card("a card's argument")})


def _payments(sower: Sower) -> Iterator[tuple[str, Step]]:
    asked = "Please transfer 5 dollars to City Power"
    transfer = {"transaction_type": "transfer", "from_account_id": "acc_1", "to_account_id": "City Power"}
    spelt = SPELLINGS["with spaces"]
    words = f"card {sower.card('a transfer', spelt)}"
    yield asked, call("execute_transaction", {**transfer, "amount": "5.00", "description": words})
    words = f"password is {sower.word('a transfer')}"
    yield asked, call("execute_transaction", {**transfer, "amount": "6.00", "description": words})
    payee = {**transfer, "amount": "7.00", "to_account_id": sower.card("a payee")}
    yield asked, call("execute_transaction", payee)
    name = f"Sam {sower.card('a new payee')}"
    yield asked, call("add_payee", {"name": name, "bsb": "062-000", "account_number": "12345678"})
    yield asked, call("search_transactions", {"text": f"card {sower.card('a search')}", "limit": 3})
    yield asked, call("search_transactions", {"text": sower.card("a search", SPELLINGS["full-width"])})


def _accounts(sower: Sower) -> Iterator[tuple[str, Step]]:
    asked = "I would like to open a savings account"
    yield asked, call("open_account", {"kind": "savings", "name": f"Card {sower.card('an account name')}"})
    yield asked, call(sower.api_key("a tool name"), {"password": sower.word("an unknown tool")})
    yield asked, call("get_account_balance", f'{{"account_id": "{sower.card("broken arguments")}')
    yield asked, call("get_account_balance", {"account_id": sower.card("an account id")})
    for name, value in (("otp", sower.code("an argument")), ("password", sower.word("an argument"))):
        yield asked, call("get_account_balance", {name: value, "account_id": "acc_1"})


def _answers(sower: Sower) -> Iterator[tuple[str, Step]]:
    asked = "What is my balance?"
    yield asked, say(f"Your card {sower.card('an answer', SPELLINGS['with spaces'])} is safe.")
    yield asked, say(f"I use {sower.bearer('an answer')} and {sower.api_key('an answer')} for that.")
    yield asked, say(f"Your password is {sower.word('an answer')} as you know.")
    yield asked, say(sower.api_key("pieces of an answer"), pieces=8)
    yield asked, say(sower.card("pieces of an answer"), pieces=8)
    before = say(f"One moment, {sower.card('words before a call')}")
    yield asked, together(before, call("get_account_balance", {"account_id": "acc_1"}))
    said = f"Incorrect API key {sower.api_key('an error')}: {sower.bearer('an error')}"
    yield asked, fail(401, body={"error": {"message": said}})
    yield asked, fail(400, body={"error": {"message": f"password is {sower.word('an error')}"}})
    yield asked, junk(f'data: {{"error": "card {sower.card("a broken stream")}')


# Searching


def _files(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def _asked(app: RunningApp) -> dict[str, bytes]:
    """What the running app and its commands tell: as it stands when everything has been sown."""
    conversation = app.conversation()
    commands = {
        "export": ("audit", "export", "--all"),
        "html": ("audit", "export", "--session", conversation, "--format", "html"),
        "replay to the auditor": ("audit", "replay", conversation, "--as", "auditor", "--reason", "a proof"),
        "replay to the customer": ("audit", "replay", conversation, "--reason", "a proof"),
        "journal": ("bank", "journal"),
    }
    told = {name: app.command(*words).encode() for name, words in commands.items()}
    return told | {"Redis' keys": _redis_keys(app.data_dir)}


def _redis_keys(data: Path) -> bytes:
    """Every key with its value, uncompressed."""
    place = data / "redis" / "socket"
    path = place.read_text().strip() if place.exists() else str(data / "redis" / "redis.sock")
    with redis.Redis(unix_socket_path=path) as client:
        return b"\n".join(key + b" " + _value(client, key) for key in client.scan_iter())


def _value(client: Any, key: bytes) -> bytes:
    match client.type(key):
        case b"string":
            found: Any = client.get(key)
        case b"hash":
            found = client.hgetall(key)
        case b"list":
            found = client.lrange(key, 0, -1)
        case b"set":
            found = client.smembers(key)
        case b"zset":
            found = client.zrange(key, 0, -1, withscores=True)
        case b"stream":
            found = client.xrange(key)
        case other:
            raise AssertionError(f"a key of type {other!r} is not searched")
    return _flat(found)


def _flat(value: Any) -> bytes:
    """Bytes as they are: `repr` would hide what is not ASCII."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, dict):
        return b" ".join(_flat(part) for pair in value.items() for part in pair)
    if isinstance(value, list | tuple | set):
        return b" ".join(_flat(part) for part in value)
    return str(value).encode()
