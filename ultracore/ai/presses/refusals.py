"""Refused presses on the record: each of them, and of a flood the first ones and how many more there were."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ultracore.ai.recording import TurnLog
from ultracore.audit.vocabulary import ToolDecided
from ultracore.observability import Metrics
from ultracore.principal import Principal

logger = logging.getLogger(__name__)

MOST_A_MINUTE: Final = 20
UNKNOWN: Final = "unknown"
"""The tool of a press behind which there is no request that the person may know of."""

MANY: Final = "approval.many_refused"
"""The code of an event that stands for refused presses without one of their own; `presses` says how many."""

_SECONDS: Final = 60.0
_MOST_PEOPLE: Final = 10_000


@dataclass(slots=True)
class _Minute:
    """What one person was refused since `began`. What was only counted belongs to `log`."""

    began: float
    written: int = 0
    counted: int = 0
    log: TurnLog | None = None


class RefusedPresses:
    """`note` each refusal. The record gets `MOST_A_MINUTE` of a person in a minute, so that no flood fills it."""

    def __init__(self, metrics: Metrics, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._metrics = metrics
        self._clock = clock
        self._minutes: OrderedDict[tuple[str, str], _Minute] = OrderedDict()

    async def note(self, person: Principal, log: TurnLog, refused: ToolDecided) -> bool:
        """Write a refusal down. False if it was only counted: what is shown of it is not written down either."""
        if await self.admit(person, refused.reason or UNKNOWN, log):
            await log.best_effort(refused)
            return True
        return False

    async def admit(self, person: Principal, code: str, log: TurnLog | None = None) -> bool:
        """Count a refusal, and say whether it gets an event of its own; else the number goes to `log`, if any."""
        self._metrics.refused_presses.labels(code).inc()
        logger.info("a press was refused: %s", code, extra={"code": code})
        minute = await self._minute(person)
        if minute.written >= MOST_A_MINUTE:
            minute.counted, minute.log = minute.counted + 1, log or minute.log
            return False
        minute.written += 1
        return True

    async def write_counts(self, *, ending: bool = False) -> None:
        """Write how many were only counted in minutes that are over, or in every one if the app is `ending`."""
        for person, minute in list(self._minutes.items()):
            if ending or self._is_over(minute):
                self._minutes.pop(person, None)
                await _write_count(minute)

    async def _minute(self, person: Principal) -> _Minute:
        key = person.tenant_id, person.user_id
        minute = self._minutes.get(key)
        if minute is not None and not self._is_over(minute):
            return minute
        # In its place before anything is awaited: of presses at the same moment only one begins a minute.
        self._minutes[key] = fresh = _Minute(self._clock())
        over = [] if minute is None else [minute]
        if len(self._minutes) > _MOST_PEOPLE:
            over.append(self._minutes.popitem(last=False)[1])
        for one in over:
            await _write_count(one)
        return fresh

    def _is_over(self, minute: _Minute) -> bool:
        return self._clock() - minute.began >= _SECONDS


async def _write_count(minute: _Minute) -> None:
    if minute.log is not None:
        told = {"presses": minute.counted}
        await minute.log.best_effort(ToolDecided(UNKNOWN, told, result="denied", reason=MANY))
