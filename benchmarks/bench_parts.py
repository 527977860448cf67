"""Parts that the contract gives a time of their own: the embedded Redis's start, a year's trial balance."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.ratio import Ratio
from ultracore.banking import Bank
from ultracore.banking.demo import seed_demo_world
from ultracore.banking.store import sqlite_url
from ultracore.cache.server.service import EmbeddedRedis

ROUNDS = 9
REDIS_SECONDS = 0.3
BALANCE_SECONDS = 0.5


async def run() -> list[Ratio]:
    """Measure both over fresh folders."""
    with tempfile.TemporaryDirectory() as name:
        redis = await asyncio.to_thread(_redis, Path(name))
        balance = await _trial_balance(Path(name) / "ledger.db")
    return [
        Ratio("embedded Redis's start", "the contract", redis, REDIS_SECONDS, "s", 1.0, "at_most"),
        Ratio("trial balance of a year", "the contract", balance, BALANCE_SECONDS, "s", 1.0, "at_most"),
    ]


def _redis(folder: Path) -> float:
    """The median seconds until a server of ours answers."""
    times = []
    for number in range(ROUNDS):
        begun = time.perf_counter()
        with EmbeddedRedis(folder / str(number)):
            times.append(time.perf_counter() - begun)
    return statistics.median(times)


async def _trial_balance(file: Path) -> float:
    """The median seconds of a trial balance of the demo world's year."""
    bank = await Bank.open(sqlite_url(file))
    try:
        await seed_demo_world(bank.database, "demo", datetime.now(UTC))
        times = []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            await bank.trial_balance.at("tenant_1")
            times.append(time.perf_counter() - begun)
    finally:
        await bank.close()
    return statistics.median(times)
