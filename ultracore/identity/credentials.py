"""A person's own password: set by a one-time link, changed by somebody who knows the old one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.audit import AuditTrail
from ultracore.audit.vocabulary import PasswordChanged, PasswordReset, SessionsRevoked
from ultracore.banking import Clock, utc_now
from ultracore.banking.access import UsersService
from ultracore.banking.store import Database
from ultracore.banking.store.tables import users
from ultracore.errors import SignInRefused
from ultracore.identity import links
from ultracore.identity.book import LoginBook, unknown_login
from ultracore.identity.mail import tell
from ultracore.identity.passwords import hashed
from ultracore.identity.record import Act, IdentityRecord
from ultracore.identity.values import Actor, LinkInvalid, LoginView
from ultracore.principal import Connection, Principal


class Credentials:
    """Sets and changes passwords. Every method raises `AuditUnavailable` and `LedgerUnavailable`."""

    def __init__(
        self, database: Database, users_service: UsersService, trail: AuditTrail, *, clock: Clock = utc_now
    ) -> None:
        self._database = database
        self._book = LoginBook(database)
        self._users = users_service
        self._record = IdentityRecord(trail)
        self._clock = clock

    async def owner(self, token: str) -> LoginView:
        """Whose link it is; looking consumes nothing. Raises `LinkInvalid`."""
        if len(token) > links.LONGEST_TOKEN:
            raise LinkInvalid("too long for a link")
        async with self._database.read() as session:
            name = await links.look(session, token, self._clock())
        return await self._login(name)

    async def set_by_link(self, token: str, password: str, connection: Connection) -> LoginView:
        """Set the password of the link's login, and end all its sessions; its second factor stays. The addresses
        that the login has, and had within a month, hear of it.

        Raises `LinkInvalid`, and `IdentityRefused` for a password that cannot be taken: then the link stays good.
        """
        login = await self.owner(token)
        stored, now = await hashed(password, has_second_factor=login.has_second_factor), self._clock()
        # A first password is nothing that an attacker could have brought about; a new one may be.
        first = login.state == "invited"

        async def work(session: AsyncConnection) -> None:
            await links.consume(session, token, now)
            await _store(session, login.login, stored, now, {} if first else {"password_reset_at": now})
            if not first:
                await tell(session, "reset", login.login, now)

        act: Act = lambda result: PasswordReset(by=login.login, login=login.login, step="used", result=result)  # noqa: E731
        await self._record.around([act], _oneself(login, connection), login, lambda: self._database.write(work))
        return login

    async def change(self, principal: Principal, old: str, new: str, connection: Connection) -> None:
        """Granted one's own password; all sessions end. Raises `SignInRefused` if the old one is wrong."""
        login = await self._login(principal.user_id)
        person = await self._users.authenticate(principal.user_id, old)
        if person is None:
            raise SignInRefused("wrong password", sentence="The present password is not right. Please try again.")
        stored, now = await hashed(new, has_second_factor=login.has_second_factor), self._clock()

        async def work(session: AsyncConnection) -> None:
            await _store(session, login.login, stored, now, {})

        act: Act = lambda result: PasswordChanged(login=login.login, result=result)  # noqa: E731
        await self._record.around([act], _oneself(login, connection), login, lambda: self._database.write(work))

    async def note_sessions_ended(self, principal: Principal, connection: Connection) -> None:
        """Put on the record that a person ended their other sessions."""
        login = await self._login(principal.user_id)
        event = SessionsRevoked(by=login.login, login=login.login, reason="elsewhere")
        await self._record.write(event, _oneself(login, connection), login)

    async def _login(self, name: str) -> LoginView:
        login = await self._book.find(name)
        if login is None:
            raise unknown_login()
        return login


async def _store(
    session: AsyncConnection, login: str, stored: str, now: datetime, more: Mapping[str, Any]
) -> None:
    values = {"password_hash": stored, "password_set_at": now, "epoch": users.c.epoch + 1, **more}
    await session.execute(update(users).where(users.c.user_id == login).values(**values))


def _oneself(login: LoginView, connection: Connection) -> Actor:
    return Actor(name=login.login, tenant_id=login.tenant_id, connection=connection)
