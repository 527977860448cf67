"""Marks against a login in the last hour: refused requests for what is not theirs, failed sign-ins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.identifiers import Clock, new_id
from ultracore.banking.seals import Digest
from ultracore.banking.store import Database
from ultracore.banking.store.tables import access_marks

MarkKind = Literal["denied", "sign_in_failed"]

KEPT_FOR: Final = timedelta(hours=1)
_SHORTLY: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class RecentMarks:
    """How many of each: denials of the last quarter of an hour, and both kinds of the last hour."""

    denied_shortly: int
    denied: int
    failed_sign_ins: int


class MarksService:
    """Keeps marks for an hour, under the keyed digest of the login's name. Raises `LedgerUnavailable`."""

    def __init__(self, database: Database, digest: Digest, clock: Clock) -> None:
        self._database = database
        self._digest = digest
        self._clock = clock

    async def note(self, user_id: str, kind: MarkKind) -> None:
        """Write one mark, for a login that exists or not: the work is the same. Every login's old marks go."""
        now = self._clock()
        mark = {"mark_id": new_id("mrk"), "login_digest": self._login(user_id), "kind": kind, "at": now}

        async def work(session: AsyncConnection) -> None:
            # Cleared at each writing, so that the table holds an hour at most and needs no sweep.
            await session.execute(delete(access_marks).where(access_marks.c.at < now - KEPT_FOR))
            await session.execute(insert(access_marks).values(**mark))

        await self._database.write(work)

    async def recent(self, user_id: str) -> RecentMarks:
        """The marks of one login."""
        now = self._clock()
        query = select(access_marks.c.kind, access_marks.c.at).where(
            access_marks.c.login_digest == self._login(user_id), access_marks.c.at >= now - KEPT_FOR
        )
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
        denied = [row.at for row in rows if row.kind == "denied"]
        return RecentMarks(
            denied_shortly=sum(at >= now - _SHORTLY for at in denied),
            denied=len(denied),
            failed_sign_ins=len(rows) - len(denied),
        )

    def _login(self, user_id: str) -> str:
        return self._digest(["login", user_id])
