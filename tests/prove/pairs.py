"""Pairs of messages sent at the same moment to two replicas: one turn after another, none lost, none twice.

A run is one pair. Every conversation has some of them, with a page of the same person on each replica; at its end
both pages show all that was said and answered once, and on the record no two turns overlap.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.chat.client import Page
from tests.e2e.replicas import House, running_replicas, signed_in, thread_of
from tests.prove.seeds import Failed
from tests.support.scripted_model import ScriptedModel, ScriptedRequest, Step, say

FULL_RUNS = 1000
PAIRS_A_CONVERSATION = 25
OF_A_TURN = frozenset({"user_message", "assistant_message", "turn_failed", "turn_stopped"})


def model(request: ScriptedRequest) -> Step:
    """An answer that names the message."""
    said = [str(message["content"]) for message in request.messages if message["role"] == "user"][-1]
    return say(f"That was {said.split()[-1]}.")


async def run(runs: int, seed: int) -> str:
    """The proof."""
    turns = 0
    with tempfile.TemporaryDirectory(prefix="ultracore-pairs-") as folder, ScriptedModel() as scripted:
        scripted.answer_with(model)
        environment = {"OPENAI_BASE_URL": scripted.base_url, "ULTRACORE_MESSAGES_PER_MINUTE": "100000"}
        with running_replicas(Path(folder), environment) as apps:
            house = House(apps, scripted)
            for first in range(0, runs, PAIRS_A_CONVERSATION):
                names = [_letters(number) for number in range(first, min(runs, first + PAIRS_A_CONVERSATION))]
                try:
                    turns += await _conversation(house, names)
                except (AssertionError, TimeoutError) as error:
                    raise Failed(f"pairs {names[0]} to {names[-1]}: {error!r}", seed) from error
    return f"{turns} turns of {runs} pairs, 0 overlapping, 0 lost, 0 doubled, on the record and on both pages"


def _letters(number: int) -> str:
    """A name without digits: what a model says of those is judged as a figure."""
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:04}")


async def _conversation(house: House, names: Sequence[str]) -> int:
    """One conversation; how many turns it had."""
    async with signed_in(house) as (first, second), first.page() as page:
        await page.say("are you there begin")
        await page.shows("That was begin.")
        thread = await thread_of(page)
        async with second.page(threadId=thread) as other:
            for name in names:
                await asyncio.gather(page.say(f"are you there a-{name}"), other.say(f"are you there b-{name}"))
                # Only so many messages of a conversation wait for their turn; the others are told to come again.
                await page.until(lambda _, name=name: _answers(page) >= {f"a-{name}", f"b-{name}"}, "both answers")  # type: ignore[misc]
            said = [f"{side}-{name}" for name in names for side in "ab"]
            for one in (page, other):
                await one.until(lambda _, one=one: _answers(one) >= set(said), "all answers")  # type: ignore[misc]
                shown = Counter(one.texts())
                assert all(shown[f"That was {name}."] == 1 for name in said), "an answer is shown twice"
            _check_own(page, other, said)
    events = await asyncio.to_thread(house.apps[1].rows, "audit", "export", "--session", thread)
    return _check_record(events, said)


def _answers(page: Page) -> set[str]:
    texts = (text.removeprefix("That was ").removesuffix(".") for text in page.texts())
    return set(texts)


def _check_own(page: Page, other: Page, said: Sequence[str]) -> None:
    """A page draws by itself what is written on it, and is sent what was written on the other, once."""
    for one, side in ((page, "b"), (other, "a")):
        shown = Counter(one.texts())
        assert all(shown[f"are you there {name}"] == 1 for name in said if name.startswith(side)), (
            "a message is missing"
        )


def _check_record(events: Sequence[dict[str, Any]], said: Sequence[str]) -> int:
    """Every message and its answer once, and no turn begins before the one before it has ended."""
    texts = Counter(
        (event["event_type"], event["revealed"]["content"]["metadata"]["text"])
        for event in events
        if event["event_type"] in ("user_message", "assistant_message")
    )
    for name in said:
        assert texts["user_message", f"are you there {name}"] == 1, f"{name} is on the record {texts} times"
        assert texts["assistant_message", f"That was {name}."] == 1, f"the answer to {name} is not there once"
    order = [event["turn_id"] for event in events if event["event_type"] in OF_A_TURN and event["turn_id"]]
    spans = [turn for turn, before in zip(order, [None, *order], strict=False) if turn != before]
    assert len(spans) == len(set(spans)), "turns overlap on the record"
    return len(said)
