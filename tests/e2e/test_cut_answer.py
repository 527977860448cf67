"""The app dies in the middle of an answer: the record has at least what was seen, marked; it is shown again."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path

import pytest

from tests.chat.client import Browser, Page, Server
from tests.support.app import RunningApp, running_app
from tests.support.scripted_model import ScriptedModel, say
from ultracore.ai.sentences import CUT_SHORT

LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = ["Once\n\n", *(f"{first}{second}\n\n" for first in LETTERS for second in LETTERS)]
QUESTION = "What's my balance?"


def server_of(app: RunningApp) -> Server:
    return Server(app.url, app.process, app.data_dir)


def answer_on(page: Page) -> str:
    """What the browser has of the answer."""
    return next((text for text in page.texts() if text.startswith("Once")), "")


async def read_until_killed(app: RunningApp, browser: Browser, words: int, *, with_redis: bool) -> str:
    """Ask, and kill the app once so many words are on the page; what was on it."""
    async with browser.page() as page:
        await page.shows("this conversation is recorded")
        await page.say(QUESTION)
        await page.until(lambda _: len(answer_on(page).split()) >= words, f"{words} words")
        if with_redis:
            os.kill(int((app.data_dir / "redis" / "redis.pid").read_text()), signal.SIGKILL)
        await asyncio.to_thread(app.process.kill)
        await page.closed()
        return answer_on(page)


def check_record(app: RunningApp, seen: str) -> None:
    """One answer, cut, with all that was seen, before the turn's failure."""
    events = app.events()
    kinds = [event["event_type"] for event in events]
    answers = [event for event in events if (event["metadata"] or {}).get("kind") == "answer"]
    assert [event["metadata"].get("interrupted") for event in answers] == [True]
    text = answers[0]["revealed"]["content"]["metadata"]["text"]
    assert text.startswith(seen.strip()) and "".join(WORDS).startswith(text)
    assert kinds.count("turn_failed") == 1 and kinds.index("turn_failed") > events.index(answers[0])
    assert "holds" in app.command("audit", "verify")
    shown = app.rows("audit", "replay", app.conversation(), "--format", "jsonl", "--reason", "test")
    assert text in [line["text"] for line in shown]


async def see_it_again(app: RunningApp, seen: str) -> None:
    """The customer opens the conversation: what was seen stands there, with the word that it was cut, once."""
    conversation = app.conversation()
    browser = Browser(server_of(app))
    async with browser.http:
        await browser.sign_in()
        async with browser.page(threadId=conversation) as page:
            await page.shows(CUT_SHORT)
            assert answer_on(page).startswith(seen.strip())
        await stands_in_thread(browser, conversation, seen)
    notices = [event for event in app.events() if (event["metadata"] or {}).get("kind") == "notice"]
    assert sum(event["revealed"]["content"]["metadata"]["text"] == CUT_SHORT for event in notices) == 1


async def stands_in_thread(browser: Browser, conversation: str, seen: str) -> None:
    """What was shown again is kept in the thread a moment later, and is no second answer."""
    async with asyncio.timeout(20):
        while True:
            kept = (await browser.http.get(f"/project/thread/{conversation}")).json()
            again = [step for step in kept["steps"] if step["output"].startswith(seen.strip())]
            if again:
                assert len(again) == 1
                return
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("with_redis", [False, True], ids=["app", "app and its Redis"])
async def test_a_killed_apps_record_has_at_least_what_was_seen(tmp_path: Path, *, with_redis: bool) -> None:
    seed = random.SystemRandom().randrange(10**6)
    words = random.Random(seed).randint(1, 25)  # noqa: S311 - any place will do
    with ScriptedModel([say("", pieces=WORDS, delay=0.03)]) as model:
        environment = {"OPENAI_BASE_URL": model.base_url}
        with running_app(tmp_path, environment) as app:
            browser = Browser(server_of(app))
            async with browser.http:
                await browser.sign_in()
                seen = await read_until_killed(app, browser, words, with_redis=with_redis)
        with running_app(tmp_path, environment) as app:
            await asyncio.to_thread(check_record, app, seen)
            await see_it_again(app, seen)
