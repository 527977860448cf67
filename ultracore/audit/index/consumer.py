"""Brings the index up to its source, batch by batch, and puts alarms on the record."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from ultracore.audit.index.applying import Applied
from ultracore.audit.index.service import AuditIndex
from ultracore.audit.index.values import Alarm, Lag, Source
from ultracore.audit.trail import AuditTrail
from ultracore.audit.values import Origin
from ultracore.audit.vocabulary import ForeignEventRefused

_log = logging.getLogger(__name__)

_STANDBY_SECONDS: Final = 2.0
"""How long a consumer waits that finds another one at work; both work on the same index."""


class IndexConsumer:
    """One consumer of one source. Any number of processes may run one over the same index."""

    def __init__(
        self, index: AuditIndex, source: Source, trail: AuditTrail, *, standby_seconds: float = _STANDBY_SECONDS
    ) -> None:
        self.index = index
        self._standby = standby_seconds
        self._source = source
        self._trail = trail
        # A process that ended in between may have left alarms that were not announced.
        self._may_have_alarms = True

    async def step(self) -> Applied:
        """Take what comes next, or wait for it a moment. Raises what the index, the source or the keys raise."""
        batch = await self._source.next(await self.index.progress(self._source.name))
        if not batch.moves:
            await self._announce()
            return Applied()
        applied = await self.index.apply(batch.events, source=self._source.name, moves=batch.moves)
        if applied.raced:
            await asyncio.sleep(self._standby)
        self._may_have_alarms = self._may_have_alarms or applied.alarms > 0
        await self._announce()
        return applied

    async def catch_up(self) -> int:
        """Apply all that is there; how many events were new. Raises what `step` and `lag` raise."""
        new = 0
        while (await self.lag()).events:
            new += (await self.step()).new
        await self._announce()
        return new

    async def lag(self) -> Lag:
        """How far the index is behind. Raises `Unavailable` if the index or the source does not answer."""
        return await self._source.lag(await self.index.progress(self._source.name))

    async def close(self) -> None:
        """Let go of the source."""
        await self._source.close()

    async def _announce(self) -> None:
        """Each alarm is one event of its tenant's system stream; if that fails, the next step tries again."""
        while self._may_have_alarms:
            alarms = await self.index.alarms(announced=False)
            # Recorded before they are marked: a crash in between repeats an alarm and loses none.
            for alarm in alarms:
                await _record(self._trail, alarm)
            if alarms:
                await self.index.announced(alarms)
            self._may_have_alarms = bool(alarms)


async def _record(trail: AuditTrail, alarm: Alarm) -> None:
    _log.critical(
        "the audit index refused an event (%s): stream %s, sequence %d, event %s, known %s, arrived %s",
        alarm.kind,
        alarm.stream_id,
        alarm.sequence,
        alarm.event_id,
        alarm.known_hash,
        alarm.other_hash,
    )
    event = ForeignEventRefused(
        kind=alarm.kind,
        event_id=alarm.event_id,
        stream_id=alarm.stream_id,
        sequence=alarm.sequence,
        arrived_hash=alarm.other_hash,
        known_hash=alarm.known_hash,
    )
    await trail.write(event, Origin(alarm.tenant_id))
