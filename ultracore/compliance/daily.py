"""Runs the checks once a day of the bank, in whichever process comes first."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from ultracore.audit import AuditStore
from ultracore.compliance.service import ComplianceChecks
from ultracore.zone import day_of

logger = logging.getLogger(__name__)

FIRST_SECONDS: Final = 600.0
"""After a start the program has other things to do first."""
AGAIN_SECONDS: Final = 900.0
_FACT: Final = "compliance_day"


class DailyChecks:
    """Checks each day in one of all processes; `step` is the work of a `RepeatedTask`.

    The day of a process that was killed at it is looked at by the checks of the next days, which look back a week.
    """

    def __init__(
        self,
        checks: ComplianceChecks,
        store: AuditStore,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._checks = checks
        self._store = store
        self._clock = clock

    async def step(self) -> float:
        """Check if this day is due; seconds until the next time. Raises what the checks raise."""
        await self.run_if_due()
        return AGAIN_SECONDS

    async def run_if_due(self) -> bool:
        """Check this day; False if that was done already. Raises what the checks raise."""
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
