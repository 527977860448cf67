"""One customer attacks with long messages over five sockets; how long does another customer's turn take?

The baseline is the second customer's own turn in the same run, undisturbed. The attacker sends twenty messages of
8 KB on each of five pages at once, 60 of them over the limit of messages a minute, and presses on.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from pathlib import Path

from benchmarks.ratio import Ratio
from benchmarks.support.clients import Page, pages
from benchmarks.support.servers import ours, scripted_endpoint

TOKENS = 40
ANSWER = " ".join(["token"] * TOKENS)
QUESTION = "What's my balance?"
QUIET_TURNS = 12
TURNS_BESIDE = 8
SOCKETS = 5
MESSAGES_A_SOCKET = 20
LONG = "1 " * 4090


async def run() -> list[Ratio]:
    """Measure the second customer alone and beside the attack."""
    with tempfile.TemporaryDirectory() as name, scripted_endpoint(TOKENS) as endpoint:
        # Low enough that the limit is what the attack meets, and enough for the turns that are measured.
        environment = {"OPENAI_BASE_URL": endpoint, "ULTRACORE_MESSAGES_PER_MINUTE": "40"}
        with ours(Path(name), environment).running() as server:
            async with (
                pages(server.url, ["customer1"], SOCKETS) as enemy,
                pages(server.url, ["customer2"], 1) as own,
            ):
                quiet = [await own[0].turn(QUESTION, ANSWER) for _ in range(QUIET_TURNS)]
                attack = asyncio.create_task(_attack(enemy))
                beside = [await own[0].turn(QUESTION, ANSWER) for _ in range(TURNS_BESIDE)]
                await attack
    alone, attacked = (statistics.median(seconds) * 1000 for seconds in (quiet, beside))
    longest = max(beside) * 1000
    return [
        Ratio("turn beside an attack", "the same turn undisturbed", attacked, alone, "ms", 2.0, "at_most"),
        Ratio("longest turn beside it", "the same turn undisturbed", longest, alone, "ms", 20.0, "at_most"),
    ]


async def _attack(enemy: list[Page]) -> None:
    await asyncio.gather(*(one.shout(f"{LONG}{number}") for number in range(MESSAGES_A_SOCKET) for one in enemy))
