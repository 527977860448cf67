"""Verification of the index: what it would show of each stream is what was published, up to the signed heads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from ultracore.audit.index import AuditIndex, IndexedConversation, Query
from ultracore.audit.verify.record import BreakFound, Expectation, RecordCheck, Verdict

_ALL: Final = 2**31 - 1
# In pages, so that a stream of any length is checked in the memory of this many events.
_PAGE: Final = 500
_PAUSE: Final = 0.2


async def verify_index(
    index: AuditIndex, heads: Expectation, *, stream_id: str | None = None, catch_up_seconds: float = 20.0
) -> Verdict:
    """Check every stream of the index, or one, against heads that were read before it.

    `catch_up_seconds`: how long the index may take to hold what the heads name already. Raises `BreakFound`,
    `IndexUnavailable`.
    """
    check = _IndexCheck(index, heads, stream_id)
    deadline = asyncio.get_running_loop().time() + catch_up_seconds
    await check.read()
    while not check.record.reaches_heads() and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(_PAUSE)
        await check.read()
    try:
        return check.record.finish(complete=stream_id is None)
    except BreakFound as found:
        why = f"{found.why} (in the index; if it is behind, ultracore audit index --once brings it up)"
        raise BreakFound(found.where, found.sequence, why) from found


class _IndexCheck:
    def __init__(self, index: AuditIndex, heads: Expectation, stream_id: str | None) -> None:
        self._index = index
        self._only = stream_id
        self._lines = 0
        self.record = RecordCheck(heads, only=stream_id)

    async def read(self) -> None:
        """Check what has come since the last time."""
        for listed in await self._listed():
            if listed.last_sequence > self.record.end_of(listed.stream_id)[0]:
                await self._read(listed)
            # Events may have come since the listing; what it says must have been there all the same.
            end = self.record.end_of(listed.stream_id)
            if end[0] < listed.last_sequence or (end[0] == listed.last_sequence and end[1] != listed.hash):
                why = f"the index lists {listed.last_sequence} events and holds others"
                raise BreakFound(listed.stream_id, end[0] + 1, why)

    async def _read(self, listed: IndexedConversation) -> None:
        while page := await self._page(listed.stream_id):
            for published in page:
                self._lines += 1
                self.record.line(published + b"\n", self._lines)

    async def _page(self, stream_id: str) -> list[bytes]:
        return await self._index.events(stream_id, after=self.record.end_of(stream_id)[0], limit=_PAGE)

    async def _listed(self) -> Sequence[IndexedConversation]:
        found: list[IndexedConversation] = []
        for system in (False, True):
            found += await self._index.find(Query(stream_id=self._only, system=system, limit=_ALL))
        return found
