"""How tests speak of time: something ends by itself, and its cost grows with its input.

A machine twice loaded must not fail a test. So a deadline is tested against a peer that never answers, with a
bound of several times the deadline; and the cost of a computation by the processor's time that a large input takes
against a small one. How fast something is, is a question for `benchmarks/`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

PATIENCE = 90.0
"""Seconds that a test waits for a state which must come. Only a hang takes so long; a busy machine does not."""

ROUNDS = 5
SMALLEST_SECONDS = 0.001


@asynccontextmanager
async def gives_up(within: float) -> AsyncIterator[None]:
    """What waits inside for a peer that never answers must end by itself, after at most `within` seconds."""
    try:
        async with asyncio.timeout(within) as watchdog:
            yield
    except TimeoutError:
        if watchdog.expired():
            raise AssertionError(f"It still waited after {within:g} s.") from None
        raise


def growth(work: Callable[[int], object], small: int, large: int) -> float:
    """How many times more processor time `work(large)` takes than `work(small)`; the best of five of each.

    Below a millisecond both count as one: what costs so little cannot be told apart, and is no danger.
    """
    return _cost(work, large) / _cost(work, small)


def _cost(work: Callable[[int], object], size: int) -> float:
    return max(SMALLEST_SECONDS, min(_once(work, size) for _ in range(ROUNDS)))


def _once(work: Callable[[int], object], size: int) -> float:
    began = time.thread_time()
    work(size)
    return time.thread_time() - began
