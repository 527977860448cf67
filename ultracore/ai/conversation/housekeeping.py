"""What runs beside the conversations: cards run out; what a crash cut or left open is written down and closed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable

from ultracore.ai.conversation.cut_answers import CutAnswers
from ultracore.ai.presses import Presses, Reconciler
from ultracore.observability import Metrics

logger = logging.getLogger(__name__)

Lag = Callable[[], Awaitable[int]]
"""How many events wait to be published."""

# A card runs out on the screen by its own clock, and its buttons should be gone soon after.
SWEEP_SECONDS = 2.0
# Reading open intents and claims is work for the store, and what they wait for is rare: a crash.
RECONCILE_SECONDS = 15.0


class Housekeeping:
    """One task a process. Any number of processes may run one; each expiry and each intent is closed once."""

    def __init__(
        self,
        presses: Presses,
        reconciler: Reconciler,
        cut_answers: CutAnswers,
        metrics: Metrics,
        lag: Lag | None = None,
    ) -> None:
        self._presses = presses
        self._reconciler = reconciler
        self._cut_answers = cut_answers
        self._metrics = metrics
        self._lag = lag
        self._task: asyncio.Task[None] | None = None

    async def start(self, *, alone: bool) -> None:
        """Begin. If this process is `alone` on its data, everything open was left by a crash: close it first.

        Raises what the store and the ledger raise: an app that cannot look must not open for business.
        """
        # Before the first message: a turn that begins must find the end of the one before it on the record.
        await self._cut_answers.sweep(alone=alone)
        await self._reconciler.run(alone=alone)
        self._task = asyncio.get_running_loop().create_task(self._run(), name="housekeeping")

    async def stop(self) -> None:
        """End the task, and write down what was only counted so far. Idempotent."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._presses.refusals.write_counts(ending=True)

    async def _run(self) -> None:
        reconcile_at = time.monotonic() + RECONCILE_SECONDS
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self._presses.expire_due()
                await self._presses.refusals.write_counts()
                if self._lag is not None:
                    self._metrics.relay_lag.set(await self._lag())
                if time.monotonic() >= reconcile_at:
                    reconcile_at = time.monotonic() + RECONCILE_SECONDS
                    await self._cut_answers.sweep()
                    await self._reconciler.run()
            except Exception:  # a supervised worker's outer loop: the next round tries again
                logger.exception("a round of housekeeping failed")
