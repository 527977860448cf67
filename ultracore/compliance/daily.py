"""Runs the checks once a day of the bank, in whichever process comes first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from ultracore.audit import AuditStore
from ultracore.compliance.service import ComplianceChecks
from ultracore.errors import UltracoreError
from ultracore.zone import day_of

logger = logging.getLogger(__name__)

FIRST_SECONDS: Final = 600.0
"""After a start the program has other things to do first."""
AGAIN_SECONDS: Final = 900.0
_FACT: Final = "compliance_day"
_STOP_SECONDS: Final = 5.0


class DailyChecks:
    """`start` and `stop` it once. Any number of processes may run one; each day is checked by one of them."""

    def __init__(
        self,
        checks: ComplianceChecks,
        store: AuditStore,
        *,
        first_seconds: float = FIRST_SECONDS,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._checks = checks
        self._store = store
        self._first_seconds = first_seconds
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Check from now on."""
        self._task = asyncio.create_task(self._run(), name="compliance")

    async def stop(self) -> None:
        """Check no more. A day that was not finished is checked again after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=_STOP_SECONDS)

    async def run_if_due(self) -> bool:
        """Check this day if nobody has; False if somebody did. Raises what the checks raise."""
        today = day_of(self._clock()).isoformat()
        # Claimed before, so that two processes do not both write a day; given back if it was not finished.
        before = await self._store.claim_fact(_FACT, today)
        if before == today:
            return False
        done = False
        try:
            outcomes = await self._checks.run(now=self._clock())
            done = True
        finally:
            if not done:
                await self._store.keep_fact(_FACT, before or "")
        broken = sum(len(outcome.findings) for outcome in outcomes)
        logger.log(
            logging.WARNING if broken else logging.INFO, "the checks of %s found %d violations", today, broken
        )
        return True

    async def _run(self) -> None:
        await asyncio.sleep(self._first_seconds)
        while True:
            try:
                await self.run_if_due()
            except UltracoreError as error:
                logger.warning("the checks of the day wait: %s", error.code)
            await asyncio.sleep(AGAIN_SECONDS)
