"""From starting the process to its being ready: ours against a bare Chainlit app, and against the contract's 5 s.

Ours is ready when record, Redis and ledger have answered; the first start over an empty data directory also makes
keys, schema and the demo world with its year of history. Bare Chainlit is ready when it answers at all.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.ratio import Ratio
from benchmarks.support.servers import Server, bare, ours

ROUNDS = 5
WANTED_SECONDS = 5.0
NOT_SLOWER_THAN = 2.0


async def run() -> list[Ratio]:
    """Start them in alternation."""
    return await asyncio.to_thread(_run)


def _run() -> list[Ratio]:
    first: list[float] = []
    again: list[float] = []
    baseline: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        for number in range(ROUNDS):
            folder = Path(name) / str(number)
            own, other = ours(folder / "ours"), bare(folder / "bare", {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"})
            first.append(_start(own))
            baseline.append(_start(other))
            again.append(_start(own))
    median = statistics.median
    return [
        Ratio("first start", "the contract", median(first), WANTED_SECONDS, "s", 1.0, "at_most"),
        Ratio("start", "the contract", median(again), WANTED_SECONDS, "s", 1.0, "at_most"),
        Ratio("start", "bare Chainlit", median(again), median(baseline), "s", NOT_SLOWER_THAN, "at_most"),
    ]


def _start(server: Server) -> float:
    """Seconds until it was ready; it is ended then."""
    begun = time.perf_counter()
    with server.running():
        return time.perf_counter() - begun
