"""The first administrator of a new installation, made by somebody who can read a file on the server.

The code lies in a file that only the program's user can read, and in no log. It is good for half an hour, for five
tries, and only while no tenant has an administrator who can sign in.
"""

from __future__ import annotations

import hmac
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Row, Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.audit import AuditTrail, Origin
from ultracore.audit.vocabulary import LoginAdded, RoleAssigned, UnknownSignInFailed
from ultracore.banking import Clock, utc_now
from ultracore.banking.store import Database, to_change
from ultracore.banking.store.tables import core, one_time_links, users
from ultracore.errors import OperatorError
from ultracore.identity import book, links
from ultracore.identity.book import LoginBook
from ultracore.identity.names import require_display_name, require_login_name
from ultracore.identity.passwords import hashed
from ultracore.identity.record import Act, IdentityRecord
from ultracore.identity.values import Actor, IdentityRefused, LoginView, NewLogin, Term
from ultracore.principal import Connection, Role

TRIES: Final = 5
_SET_UP: Final = "setup"
_BY: Final = "set-up code"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """What a person fills in who sets a bank up."""

    code: str
    tenant_id: str
    tenant_name: str
    login: str
    name: str
    password: str


class FirstAdministrator:
    """Offers the code and takes it. Every method raises `LedgerUnavailable`."""

    def __init__(self, database: Database, trail: AuditTrail, file: Path, *, clock: Clock = utc_now) -> None:
        self._database = database
        self._book = LoginBook(database)
        self._trail = trail
        self._record = IdentityRecord(trail)
        self._file = file
        self._clock = clock

    async def is_wanted(self) -> bool:
        """True while no tenant has an administrator who can sign in."""
        return not await self._book.has_administrator(self._clock())

    async def offer(self) -> Path | None:
        """Write a new code into the file, if one is wanted; older ones are worth nothing. Gives the file."""
        if not await self.is_wanted():
            return None
        code, now = secrets.token_urlsafe(16), self._clock()
        _write(self._file, code)

        async def work(session: AsyncConnection) -> None:
            await session.execute(delete(one_time_links).where(one_time_links.c.purpose == _SET_UP))
            await session.execute(
                insert(one_time_links).values(
                    digest=links.digest_of(code),
                    purpose=_SET_UP,
                    made_by="start",
                    made_at=now,
                    expires_at=now + links.LASTS,
                    tries_left=TRIES,
                )
            )

        await self._database.write(work)
        return self._file

    async def take(self, wish: SetUp, connection: Connection) -> None:
        """Make the first administrator, and the tenant if it is not there.

        Raises `IdentityRefused`; of a wrong code it says nothing but that.
        """
        await self._require_code(wish.code, connection)
        require_login_name(wish.login)
        require_login_name(wish.tenant_id.replace("_", "-"))
        require_display_name(wish.name)
        await self._book.refuse_taken(wish.login)
        stored, now = await hashed(wish.password, has_second_factor=False), self._clock()
        acts: list[Act] = [
            lambda result: LoginAdded(by=_BY, login=wish.login, result=result),
            lambda result: RoleAssigned(
                by=_BY, login=wish.login, role="administrator", term={"since": now.isoformat()}, result=result
            ),
        ]
        actor, made = Actor(name=_BY, tenant_id=None, connection=connection), _login_of(wish)
        make = partial(_make, wish=wish, stored=stored, now=now)
        await self._record.around(acts, actor, made, lambda: self._database.write(make))
        with suppress(OSError):
            self._file.unlink()

    async def _require_code(self, code: str, connection: Connection) -> None:
        """Count a try. Raises `IdentityRefused` unless it is the code."""
        now = self._clock()

        async def work(session: AsyncConnection) -> bool:
            row = (await session.execute(to_change(_open(now)))).one_or_none()
            if row is None:
                return False
            left = update(one_time_links).where(one_time_links.c.digest == row.digest)
            await session.execute(left.values(tries_left=row.tries_left - 1))
            return _fits(row, code)

        if await self.is_wanted() and await self._database.write(work):
            return
        browser = Origin(None, ip_address=connection.ip_address, user_agent=connection.user_agent)
        await self._trail.write(UnknownSignInFailed(), browser)
        raise _wrong_code()


def _login_of(wish: SetUp) -> LoginView:
    return LoginView(
        login=wish.login,
        tenant_id=wish.tenant_id,
        name=wish.name,
        state="active",
        customer_id=None,
        has_second_factor=False,
        last_sign_in_at=None,
    )


async def _make(session: AsyncConnection, *, wish: SetUp, stored: str, now: datetime) -> None:
    # Only one of two who know the code makes an administrator: the row of the code is deleted once.
    gone = delete(one_time_links).where(one_time_links.c.digest == links.digest_of(wish.code))
    if not (await session.execute(gone)).rowcount:
        raise _wrong_code()
    known = select(core.tenants.c.tenant_id).where(core.tenants.c.tenant_id == wish.tenant_id)
    if (await session.execute(known)).first() is None:
        named = {"tenant_id": wish.tenant_id, "name": wish.tenant_name or wish.tenant_id}
        await session.execute(insert(core.tenants).values(**named))
    roles = frozenset({Role.ADMINISTRATOR})
    await book.add(session, NewLogin(login=wish.login, tenant_id=wish.tenant_id, roles=roles, name=wish.name), now)
    await book.give_role(session, wish.login, Role.ADMINISTRATOR, Term(since=now), _BY)
    password = {"password_hash": stored, "password_set_at": now}
    await session.execute(update(users).where(users.c.user_id == wish.login).values(**password))


def _open(now: datetime) -> Select[tuple[str, int]]:
    table = one_time_links.c
    query = select(table.digest, table.tries_left)
    return query.where(table.purpose == _SET_UP, table.expires_at > now, table.tries_left > 0)


def _fits(row: Row[tuple[str, int]], code: str) -> bool:
    return hmac.compare_digest(str(row.digest), links.digest_of(code))


def _write(file: Path, code: str) -> None:
    """Readable by the program's user alone, from the first byte on. Raises `OperatorError`."""
    try:
        file.unlink(missing_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as opened:
            opened.write(f"{code}\n")
    except OSError as error:
        raise OperatorError(
            f"There is no administrator yet, and the set-up code cannot be written to {file} ({error.strerror}).",
            code="startup.set_up_code",
        ) from error


def _wrong_code() -> IdentityRefused:
    return IdentityRefused(
        "wrong set-up code",
        code="identity.set_up",
        sentence=(
            "This code is not right, too old or used up. A start of the program makes a new one, as long as there "
            "is no administrator."
        ),
    )
