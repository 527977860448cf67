"""Letters that wait. Each attempt at one is made by one of all processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking import Clock, new_id, utc_now
from ultracore.banking.store import Database
from ultracore.banking.store.tables import mail_queue as table
from ultracore.errors import Unavailable

Kind = Literal["link", "reset", "contact"]
"""A link for a new password; word of a reset, and of another mail address."""

# Longer than an attempt takes: another process must not send while this one still waits for an answer.
CLAIM_SECONDS: Final = 60
MOST_WAITING: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedLetter:
    """A letter that waits. One with a link has no address yet: `user_id` is as somebody typed it."""

    mail_id: str
    kind: Kind
    user_id: str
    address: str | None
    ip_address: str | None
    made_at: datetime
    due_at: datetime
    attempts: int


class MailQueue:
    """Every method raises `LedgerUnavailable`."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def ask_link(self, name: str, ip_address: str | None) -> None:
        """Somebody wants a new password for a login of that name, if there is one. The work is the same if not.

        Raises `Unavailable` if more waits than anybody would have asked for.
        """
        now = self._clock()

        async def work(session: AsyncConnection) -> None:
            waiting = (await session.execute(select(func.count()).select_from(table))).scalar_one()
            if waiting >= MOST_WAITING:
                raise Unavailable("too many letters wait", code="mail.full")
            await put(session, "link", name, None, now, ip_address=ip_address)

        await self._database.write(work)

    async def claim(self) -> QueuedLetter | None:
        """The next letter that is due, for this process alone for a minute; None if there is none."""
        now = self._clock()
        # Read first: every process asks every few seconds, and SQLite has one write lock for all of them.
        async with self._database.read() as session:
            due = select(table).where(table.c.due_at <= now).order_by(table.c.due_at).limit(1)
            row = (await session.execute(due)).one_or_none()
        if row is None:
            return None
        # The time is part of the condition: of two processes that read the same row one claims it.
        this = table.c.mail_id == row.mail_id, table.c.due_at == row.due_at

        async def work(session: AsyncConnection) -> int:
            values = {"due_at": now + timedelta(seconds=CLAIM_SECONDS), "attempts": row.attempts + 1}
            return (await session.execute(update(table).where(*this).values(**values))).rowcount

        return _waiting(row) if await self._database.write(work) else None

    async def again(self, letter: QueuedLetter, seconds: float) -> None:
        """The letter was not taken; to be tried again after so many seconds."""
        due_at = self._clock() + timedelta(seconds=seconds)

        async def work(session: AsyncConnection) -> None:
            await session.execute(update(table).where(table.c.mail_id == letter.mail_id).values(due_at=due_at))

        await self._database.write(work)

    async def ended(self, letter: QueuedLetter) -> None:
        """Nothing more is to be sent."""

        async def work(session: AsyncConnection) -> None:
            await session.execute(delete(table).where(table.c.mail_id == letter.mail_id))

        await self._database.write(work)


async def put(
    session: AsyncConnection,
    kind: Kind,
    login: str,
    address: str | None,
    now: datetime,
    *,
    ip_address: str | None = None,
) -> None:
    """Let a letter wait, as a part of the change that it is about."""
    row = {"mail_id": new_id("mail"), "kind": kind, "user_id": login, "address": address, "ip_address": ip_address}
    await session.execute(insert(table).values(**row, made_at=now, due_at=now, attempts=0))


def _waiting(row: Row[Any]) -> QueuedLetter:
    return QueuedLetter(**{name: getattr(row, name) for name in QueuedLetter.__dataclass_fields__})
