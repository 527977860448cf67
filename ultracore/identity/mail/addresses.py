"""Mail addresses of logins. An address that is replaced hears of it, and for a month of what is done afterwards.

Who takes a login over and changes its address cannot keep that from the owner.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.audit import AuditTrail
from ultracore.audit.vocabulary import ContactChanged
from ultracore.banking import Clock, new_id, utc_now
from ultracore.banking.store import Database, to_change
from ultracore.banking.store.tables import mail_addresses as table
from ultracore.banking.store.tables import users
from ultracore.identity.book import LoginBook, unknown_login
from ultracore.identity.mail.queue import Kind, put
from ultracore.identity.record import Act, IdentityRecord
from ultracore.identity.values import Actor, IdentityRefused
from ultracore.mail import is_mail_address
from ultracore.principal import Connection, Principal

HEARS_FOR: Final = timedelta(days=30)


class MailAddresses:
    """What is done to addresses. Methods raise `AuditUnavailable` and `LedgerUnavailable`."""

    def __init__(self, database: Database, trail: AuditTrail, *, clock: Clock = utc_now) -> None:
        self._database = database
        self._book = LoginBook(database)
        self._record = IdentityRecord(trail)
        self._clock = clock

    async def of(self, login: str) -> str | None:
        """The address of a login, if it has one."""
        async with self._database.read() as session:
            return await current(session, login)

    async def change(self, principal: Principal, address: str, connection: Connection) -> None:
        """A person gives their login another address, after proving who they are. Raises `IdentityRefused`."""
        address = require_address(address)
        login, now = await self._book.find(principal.user_id), self._clock()
        if login is None:
            raise unknown_login()
        actor = Actor(name=login.login, tenant_id=login.tenant_id, connection=connection)
        act: Act = lambda result: ContactChanged(by=actor.name, login=actor.name, result=result)  # noqa: E731
        await self._record.around(
            [act],
            actor,
            login,
            lambda: self._database.write(lambda session: replace(session, actor.name, address, now)),
        )


def require_address(address: str) -> str:
    """The address, if letters can be sent there. Raises `IdentityRefused`."""
    if not is_mail_address(address):
        raise IdentityRefused(
            "no mail address",
            code="identity.address",
            sentence="This is no mail address: please write it as name@example.com, without blanks and accents.",
        )
    return address


async def current(session: AsyncConnection, login: str) -> str | None:
    """The address to which links are sent."""
    query = select(table.c.address).where(table.c.user_id == login, table.c.replaced_at.is_(None))
    address: str | None = (await session.execute(query)).scalar_one_or_none()
    return address


async def replace(session: AsyncConnection, login: str, address: str, now: datetime) -> None:
    """Give the login another address, and let those before it hear of that."""
    # The login's row first: of two changes at once each replaces what the other has written.
    await session.execute(to_change(select(users.c.user_id).where(users.c.user_id == login)))
    if await current(session, login) == address:
        return
    theirs = table.c.user_id == login
    await session.execute(delete(table).where(theirs, table.c.replaced_at <= now - HEARS_FOR))
    await tell(session, "contact", login, now, but=address)
    await session.execute(update(table).where(theirs, table.c.replaced_at.is_(None)).values(replaced_at=now))
    row = {"address_id": new_id("adr"), "user_id": login, "address": address}
    await session.execute(insert(table).values(**row, made_at=now))


async def tell(session: AsyncConnection, kind: Kind, login: str, now: datetime, *, but: str | None = None) -> None:
    """Let the addresses that a login has, and had within a month, hear of something."""
    hears = or_(table.c.replaced_at.is_(None), table.c.replaced_at > now - HEARS_FOR)
    query = select(table.c.address).where(table.c.user_id == login, hears).distinct()
    for address in sorted((await session.execute(query)).scalars()):
        if address != but:
            await put(session, kind, login, address, now)
