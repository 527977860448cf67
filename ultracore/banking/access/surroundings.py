"""From which devices, places and at which hours a login is used. Kept as keyed digests, never raw.

A device is the browser's user agent without its version numbers, so that an update makes no new device. A place is
the network of the address: the first 24 bits of IPv4, the first 48 of IPv6. An hour is one of six spans of four
hours, in UTC. A device or place is familiar a day after it was first seen: a thief with a login cannot make
theirs familiar by trying twice.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.identifiers import Clock
from ultracore.banking.seals import Digest
from ultracore.banking.store import Database, to_change
from ultracore.banking.store.tables import surroundings, users
from ultracore.principal import Connection

FAMILIAR_AFTER: Final = timedelta(hours=24)
# A write at every step of a conversation would cost more than the exact time is worth.
_NOTED_AGAIN_AFTER: Final = timedelta(hours=1)
# With few sightings every hour is a new one, and would say nothing.
_ENOUGH_SIGHTINGS: Final = 20
_MOST_KEPT: Final = 200
_HOURS_A_SPAN: Final = 4
# Browsers update themselves every few weeks, which must not look like another device.
_VERSION: Final = re.compile(r"[\d._]+")


@dataclass(frozen=True, slots=True)
class Familiarity:
    """The unfamiliar parts of a moment. `unusual_hour` needs enough sightings to say so."""

    new_device: bool
    new_place: bool
    unusual_hour: bool


@dataclass(frozen=True, slots=True)
class NewSurrounding:
    """A device or place that was seen for the first time at `first_seen`."""

    kind: str
    first_seen: datetime


def device_of(user_agent: str | None) -> str:
    """The user agent without version numbers; empty if the browser names none."""
    return " ".join(_VERSION.sub(" ", user_agent or "").split())


def place_of(address: str | None) -> str:
    """The network of an address; the text itself if it is none."""
    try:
        found = ipaddress.ip_address((address or "").strip())
    except ValueError:
        return (address or "").strip()
    # A socket for both families reports IPv4 in this form: the same network must not be two places.
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))


class SurroundingsService:
    """Remembers and compares. Every method raises `LedgerUnavailable`."""

    def __init__(self, database: Database, digest: Digest, clock: Clock) -> None:
        self._database = database
        self._digest = digest
        self._clock = clock

    async def remember(self, user_id: str, connection: Connection) -> None:
        """Note what the login is used from now. Writes at most once an hour for the same surroundings."""
        now, keys = self._clock(), self._keys(user_id, connection)
        async with self._database.read() as session:
            seen = await _last_seen(session, user_id)
        if all(now - seen[key] < _NOTED_AGAIN_AFTER for key in keys if key in seen) and seen.keys() >= keys:
            return

        async def work(session: AsyncConnection) -> None:
            login = to_change(select(users.c.user_id).where(users.c.user_id == user_id))
            if (await session.execute(login)).first() is None:
                return
            seen = await _last_seen(session, user_id)
            for kind, digest in sorted(keys):
                # A client that sends a new browser name with every request must not fill the store.
                if (kind, digest) in seen or len(seen) < _MOST_KEPT:
                    await _note(session, user_id, kind, digest, now, known=(kind, digest) in seen)

        await self._database.write(work)

    async def compare(self, user_id: str, connection: Connection) -> Familiarity:
        """Compare this connection and hour with those that the login has been used from for at least a day."""
        return await self.compare_at(user_id, connection, self._clock())

    async def compare_at(self, user_id: str, connection: Connection, now: datetime) -> Familiarity:
        """As `compare`, for another moment."""
        rows = select(surroundings).where(
            surroundings.c.user_id == user_id, surroundings.c.first_seen <= now - FAMILIAR_AFTER
        )
        async with self._database.read() as session:
            found = (await session.execute(rows)).all()
        familiar = {(row.kind, row.digest) for row in found}
        sightings = sum(row.times for row in found if row.kind == "hour")
        keys = dict(self._keys(user_id, connection, now))
        return Familiarity(
            new_device=("device", keys["device"]) not in familiar,
            new_place=("place", keys["place"]) not in familiar,
            unusual_hour=sightings >= _ENOUGH_SIGHTINGS and ("hour", keys["hour"]) not in familiar,
        )

    async def new_since(self, user_ids: list[str], since: datetime) -> list[NewSurrounding]:
        """Devices and places first seen since then, of logins that had been used from elsewhere before."""
        query = select(surroundings).where(surroundings.c.user_id.in_(user_ids), surroundings.c.kind != "hour")
        async with self._database.read() as session:
            rows = (await session.execute(query.order_by(surroundings.c.first_seen))).all()
        begun: set[tuple[str, str]] = set()
        new = []
        for row in rows:
            # The first device of a login is always new, so only a later one is worth a warning.
            if (row.user_id, row.kind) in begun and row.first_seen >= since:
                new.append(NewSurrounding(row.kind, row.first_seen))
            begun.add((row.user_id, row.kind))
        return new

    def _keys(self, user_id: str, connection: Connection, now: datetime | None = None) -> set[tuple[str, str]]:
        span = str((now or self._clock()).hour // _HOURS_A_SPAN)
        values = {
            "device": device_of(connection.user_agent),
            "place": place_of(connection.ip_address),
            "hour": span,
        }
        return {(kind, self._digest([user_id, kind, value])) for kind, value in values.items()}


async def _last_seen(session: AsyncConnection, user_id: str) -> dict[tuple[str, str], datetime]:
    rows = await session.execute(select(surroundings).where(surroundings.c.user_id == user_id))
    return {(row.kind, row.digest): row.last_seen for row in rows}


async def _note(
    session: AsyncConnection, user_id: str, kind: str, digest: str, now: datetime, *, known: bool
) -> None:
    this = {"user_id": user_id, "kind": kind, "digest": digest}
    if not known:
        await session.execute(insert(surroundings).values(**this, first_seen=now, last_seen=now, times=1))
        return
    change = update(surroundings).values(last_seen=now, times=surroundings.c.times + 1)
    await session.execute(change.where(*(surroundings.c[name] == value for name, value in this.items())))
