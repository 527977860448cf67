"""Derived results of the bank in Redis: sealed under their customer's key, good for one state of the ledger.

A value is bound to its kind, tenant, customer and version. One that was changed, copied from another customer or
put back from yesterday does not open, and counts as none. Nothing here raises what Redis does: without it the
ledger is read.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ultracore.cache.cache_manager import CacheManager
from ultracore.cache.derived.lifetimes import LONGEST, SHORTEST, after_change, after_use, bounded
from ultracore.cache.stores import Seals
from ultracore.errors import CacheUnavailable

log = logging.getLogger(__name__)

# Redis that hangs costs one read its deadline, and not each of them.
PAUSE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class _KeptResult:
    """What lies in Redis: `sealed` binds everything that counts, the times only say how long it has lain."""

    sealed: bytes
    seconds: float
    at: float

    @classmethod
    def read(cls, value: object) -> _KeptResult | None:
        """None for anything that was not written here."""
        if not isinstance(value, Mapping):
            return None
        sealed, seconds, at = value.get("sealed"), value.get("seconds"), value.get("at")
        # A float written by us is one when it is read; anything else is not ours.
        if not isinstance(sealed, str) or not isinstance(seconds, float) or not isinstance(at, float):
            return None
        try:
            return cls(base64.b64decode(sealed, validate=True), bounded(seconds), at)
        except (binascii.Error, ValueError):
            return None

    @property
    def age(self) -> float:
        # Another replica's clock may be ahead, and a number that somebody else wrote may be any.
        return min(max(time.time() - self.at, 0.0), LONGEST) if math.isfinite(self.at) else 0.0

    def written(self) -> dict[str, Any]:
        text = base64.b64encode(self.sealed).decode()
        return {"sealed": text, "seconds": self.seconds, "at": self.at}


class DerivedCache:
    """Keeps derived results by `CacheManager`, one for each kind and customer."""

    def __init__(self, manager: CacheManager, seals: Seals) -> None:
        self._manager = manager
        self._seals = seals
        self._away_until = 0.0

    async def find(self, kind: str, tenant_id: str, customer_id: str, version: str) -> bytes | None:
        """The result that was kept for this version; None if there is none that this program sealed for it."""
        if time.monotonic() < self._away_until:
            return None
        place = _place(kind, tenant_id, customer_id, version)
        seal = await self._seals.of(tenant_id, "", customer_id)

        def opened(value: object) -> tuple[_KeptResult, bytes] | None:
            kept = _KeptResult.read(value)
            text = None if kept is None else seal.open(kept.sealed, place)
            return None if kept is None or text is None else (kept, text)

        try:
            found = await self._manager.get_cached_derived(kind, tenant_id, customer_id, opened)
            if found is None:
                return None
            await self._prolong(kind, tenant_id, customer_id, found[0])
        except CacheUnavailable as error:
            self._away(error)
            return None
        return found[1]

    async def keep(self, kind: str, tenant_id: str, customer_id: str, version: str, result: bytes) -> None:
        """Keep the result of one version in place of the one before. Does nothing while Redis is away."""
        if time.monotonic() < self._away_until:
            return
        seal = await self._seals.of(tenant_id, "", customer_id)
        sealed = seal.close(result, _place(kind, tenant_id, customer_id, version))
        try:
            before = await self._manager.get_cached_derived(
                kind, tenant_id, customer_id, _KeptResult.read, peek=True
            )
            seconds = SHORTEST if before is None else after_change(before.seconds, before.age)
            await self._write(kind, tenant_id, customer_id, _KeptResult(sealed, seconds, time.time()))
        except CacheUnavailable as error:
            self._away(error)

    async def _prolong(self, kind: str, tenant_id: str, customer_id: str, kept: _KeptResult) -> None:
        seconds = after_use(kept.seconds, kept.age)
        if seconds is not None:
            await self._write(kind, tenant_id, customer_id, _KeptResult(kept.sealed, seconds, time.time()))

    async def _write(self, kind: str, tenant_id: str, customer_id: str, kept: _KeptResult) -> None:
        await self._manager.cache_derived(kind, tenant_id, customer_id, kept.written(), kept.seconds)

    def _away(self, error: CacheUnavailable) -> None:
        self._away_until = time.monotonic() + PAUSE_SECONDS
        log.warning("derived results are read from the ledger for a while: %s", error.code)


def _place(*parts: str) -> str:
    return "derived:" + json.dumps(parts)
