"""Spent codes, and which login session of ours continues a host's: in SQL, for every process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.store import Database, to_change
from ultracore.banking.store.tables import widget_codes, widget_sessions
from ultracore.widget.codes import LaunchCode, SignOutNotice
from ultracore.widget.errors import LaunchRefused

Clock = Callable[[], datetime]
Digest = Callable[[Any], str]
"""64 hexadecimal digits of a JSON-able value, keyed."""

_AFTER_END: Final = timedelta(minutes=10)
"""Longer than clocks differ: a code that is forgotten here is refused for its age by every process."""
_SESSION_KEPT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Continued:
    """The login session that a host's session goes on in, and when the host's was first seen."""

    login_id: str
    since: datetime


def utc_now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC)


class WidgetSessions:
    """What codes have brought. Every method raises `LedgerUnavailable` if the database does not answer."""

    def __init__(self, database: Database, digest: Digest, clock: Clock = utc_now) -> None:
        self._database = database
        self._digest = digest
        self._clock = clock

    async def login_of(self, code: LaunchCode) -> str | None:
        """The login session that this code would go on with, which may have ended meanwhile."""
        if code.session is None:
            return None
        key = self._session_key(code.host.origin, code.user_id, code.session)
        query = select(widget_sessions.c.login_id).where(widget_sessions.c.session_digest == key)
        async with self._database.read() as connection:
            login_id: str | None = (await connection.execute(query)).scalar_one_or_none()
        return login_id

    async def spend(self, code: LaunchCode, seen: str | None, login_id: str) -> Continued:
        """Use the code up, and let `login_id` continue the host's session unless another one does by now.

        `seen` is what `login_of` gave. Raises `LaunchRefused` if the code was used before, or the session ended.
        """
        now = self._clock()
        spent = self._digest(["widget code", code.host.origin, code.code_id])

        async def work(connection: AsyncConnection) -> Continued:
            await self._forget_old(connection, now)
            known = select(widget_codes.c.code_digest).where(widget_codes.c.code_digest == spent)
            if (await connection.execute(known)).first() is not None:
                raise LaunchRefused("the code was used before", code="launch.used")
            await connection.execute(
                insert(widget_codes).values(code_digest=spent, kept_until=code.ends_at + _AFTER_END)
            )
            if code.session is None:
                return Continued(login_id, now)
            key = self._session_key(code.host.origin, code.user_id, code.session)
            return await self._continue(connection, key, seen, login_id, now)

        return await self._database.write(work)

    async def end(self, notice: SignOutNotice) -> str | None:
        """No code of that session brings anything from now on. The login session that continued it, if any."""
        now = self._clock()
        key = self._session_key(notice.host.origin, notice.user_id, notice.session)

        async def work(connection: AsyncConnection) -> str | None:
            row = (await connection.execute(to_change(_session(key)))).one_or_none()
            ended = {"ended_at": now, "kept_until": now + _SESSION_KEPT}
            if row is None:
                # A code of it may be on its way: it must find that the session is over.
                await connection.execute(
                    insert(widget_sessions).values(session_digest=key, started_at=now, **ended)
                )
                return None
            await connection.execute(
                update(widget_sessions).where(widget_sessions.c.session_digest == key).values(**ended)
            )
            login_id: str | None = row.login_id
            return login_id

        return await self._database.write(work)

    async def has_ended(self, code: LaunchCode) -> bool:
        """True if the host has ended the session."""
        if code.session is None:
            return False
        key = self._session_key(code.host.origin, code.user_id, code.session)
        async with self._database.read() as connection:
            row = (await connection.execute(_session(key))).one_or_none()
        return row is not None and row.ended_at is not None

    async def _continue(
        self, connection: AsyncConnection, key: str, seen: str | None, login_id: str, now: datetime
    ) -> Continued:
        row = (await connection.execute(to_change(_session(key)))).one_or_none()
        kept = {"kept_until": now + _SESSION_KEPT}
        if row is None:
            await connection.execute(
                insert(widget_sessions).values(session_digest=key, login_id=login_id, started_at=now, **kept)
            )
            return Continued(login_id, now)
        if row.ended_at is not None:
            raise LaunchRefused("the host has ended this session", code="launch.ended")
        # Another tab may have been faster: both go on with the login session that it has begun.
        chosen = login_id if row.login_id == seen else row.login_id
        await connection.execute(
            update(widget_sessions).where(widget_sessions.c.session_digest == key).values(login_id=chosen, **kept)
        )
        return Continued(chosen, row.started_at)

    async def _forget_old(self, connection: AsyncConnection, now: datetime) -> None:
        # At each writing, so that the tables hold a day at most and need no sweep.
        for table in (widget_codes, widget_sessions):
            await connection.execute(delete(table).where(table.c.kept_until < now))

    def _session_key(self, origin: str, user_id: str, session: str) -> str:
        return self._digest(["widget session", origin, user_id, session])


def _session(key: str) -> Select[Any]:
    return select(widget_sessions).where(widget_sessions.c.session_digest == key)
