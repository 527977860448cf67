"""Logins in the ledger's database: what is read of them, and each change in one transaction.

A change holds its own conditions: of two administrators at once the second finds the world as the first left it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.store import Database, to_change
from ultracore.banking.store.tables import core, provider_accounts, second_factors, user_roles, users
from ultracore.identity.names import refuse_look_alike, shape_of
from ultracore.identity.values import ConnectedAccount, HeldRole, IdentityRefused, LoginView, NewLogin, Term
from ultracore.principal import Role

_UNKNOWN: Final = "There is no such login."


def unknown_login() -> IdentityRefused:
    """The refusal for a login that is not there, or not in the tenant of the person who asks."""
    return IdentityRefused("no such login", code="identity.unknown", sentence=_UNKNOWN)


class LoginBook:
    """Reads and changes logins. Every method raises `LedgerUnavailable`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def find(self, login: str) -> LoginView | None:
        """One login with its roles."""
        found = await self._logins(_logins().where(users.c.user_id == login))
        return found[0] if found else None

    async def page(
        self, tenant_id: str | None, search: str = "", *, offset: int = 0, limit: int = 1_000_000
    ) -> list[LoginView]:
        """Logins in the order of their names: of one tenant, or all; those whose login, name or customer fits."""
        query = _logins().order_by(users.c.user_id).offset(offset).limit(limit)
        if tenant_id is not None:
            query = query.where(users.c.tenant_id == tenant_id)
        if search:
            columns = (users.c.user_id, users.c.display_name, users.c.customer_id)
            wanted = search.casefold()
            query = query.where(or_(*(func.lower(one).contains(wanted, autoescape=True) for one in columns)))
        return await self._logins(query)

    async def accounts_of(self, login: str) -> list[ConnectedAccount]:
        """The accounts at providers that sign a login in, the oldest first."""
        query = select(provider_accounts).where(provider_accounts.c.user_id == login)
        async with self.database.read() as session:
            rows = (await session.execute(query.order_by(provider_accounts.c.made_at))).all()
        return [
            ConnectedAccount(issuer=row.issuer, subject=row.subject, made_by=row.made_by, made_at=row.made_at)
            for row in rows
        ]

    async def tenant_exists(self, tenant_id: str) -> bool:
        """True for a tenant of this bank."""
        query = select(core.tenants.c.tenant_id).where(core.tenants.c.tenant_id == tenant_id)
        async with self.database.read() as session:
            return (await session.execute(query)).first() is not None

    async def customer_exists(self, tenant_id: str, customer_id: str) -> bool:
        """True for a customer of this tenant."""
        table = core.customers.c
        query = select(table.customer_id).where(table.tenant_id == tenant_id, table.customer_id == customer_id)
        async with self.database.read() as session:
            return (await session.execute(query)).first() is not None

    async def refuse_taken(self, login: str) -> None:
        """Raise `IdentityRefused` if the name is taken, or could be taken for one that is."""
        async with self.database.read() as session:
            await _refuse_taken(session, login)

    async def has_administrator(self, now: datetime) -> bool:
        """True if any tenant has an administrator who can sign in."""
        async with self.database.read() as session:
            query = _administrators(now).limit(1)
            return (await session.execute(query)).first() is not None

    async def _logins(self, query: Select[Any]) -> list[LoginView]:
        async with self.database.read() as session:
            rows = (await session.execute(query)).all()
            names = [row.user_id for row in rows]
            held: dict[str, list[HeldRole]] = {name: [] for name in names}
            for start in range(0, len(names), 500):
                some = names[start : start + 500]
                terms = select(user_roles).where(user_roles.c.user_id.in_(some)).order_by(user_roles.c.role)
                for row in (await session.execute(terms)).all():
                    held[row.user_id].append(_held_role(row))
        return [_login(row, held[row.user_id]) for row in rows]


async def add(session: AsyncConnection, new: NewLogin, now: datetime) -> None:
    """Write a login without a password and without roles. Raises `IdentityRefused` if the name is taken."""
    await _refuse_taken(session, new.login)
    await session.execute(
        insert(users).values(
            user_id=new.login,
            tenant_id=new.tenant_id,
            customer_id=new.customer_id,
            display_name=new.name or new.login,
            password_hash="",
            status="active",
            origin="administration",
            shape=shape_of(new.login),
            created_at=now,
        )
    )


async def set_status(session: AsyncConnection, login: str, status: str, now: datetime) -> None:
    """Open or close a login; closing ends its sessions. Raises `IdentityRefused` for the last administrator."""
    if status == "disabled":
        await _keep_one_administrator(session, login, now)
    ended = {"epoch": users.c.epoch + 1} if status == "disabled" else {}
    await session.execute(update(users).where(users.c.user_id == login).values(status=status, **ended))


async def end_sessions(session: AsyncConnection, login: str) -> None:
    """Move the login's epoch on: sessions from before count for nothing."""
    await session.execute(update(users).where(users.c.user_id == login).values(epoch=users.c.epoch + 1))


async def give_role(session: AsyncConnection, login: str, role: Role, term: Term, given_by: str) -> None:
    """Give a role for a term, in place of a term that the login has for it."""
    of_login = and_(user_roles.c.user_id == login, user_roles.c.role == role.value)
    await session.execute(delete(user_roles).where(of_login))
    terms = {"valid_from": term.since, "valid_until": term.until, "given_by": given_by}
    await session.execute(insert(user_roles).values(user_id=login, role=role.value, **terms))


async def take_role(session: AsyncConnection, login: str, role: Role, now: datetime) -> None:
    """Take a role away. Raises `IdentityRefused` if the login has not got it, or is the last administrator."""
    if role is Role.ADMINISTRATOR:
        await _keep_one_administrator(session, login, now)
    gone = delete(user_roles).where(user_roles.c.user_id == login, user_roles.c.role == role.value)
    if not (await session.execute(gone)).rowcount:
        raise IdentityRefused(
            "the login has not got the role", code="identity.no_role", sentence="This login has not got that role."
        )


async def disconnect(session: AsyncConnection, login: str) -> None:
    """No account at a provider signs the login in any more; what those have begun ends."""
    await session.execute(delete(provider_accounts).where(provider_accounts.c.user_id == login))
    await end_sessions(session, login)


async def link_customer(session: AsyncConnection, login: str, customer_id: str | None) -> None:
    """Let the login speak for another customer; what it had open before ends."""
    await session.execute(update(users).where(users.c.user_id == login).values(customer_id=customer_id))
    await end_sessions(session, login)


async def _keep_one_administrator(session: AsyncConnection, login: str, now: datetime) -> None:
    """Raise `IdentityRefused` if the tenant would be left without an administrator."""
    tenant = select(users.c.tenant_id).where(users.c.user_id == login).scalar_subquery()
    # All of them are locked, in one order: of two administrators who close each other's login one stays.
    query = to_change(_administrators(now).where(users.c.tenant_id == tenant).order_by(users.c.user_id))
    left = [row.user_id for row in (await session.execute(query)).all()]
    if login in left and len(left) == 1:
        raise IdentityRefused(
            "the last administrator",
            code="identity.last_administrator",
            sentence="This is the last administrator of the bank: give the role to somebody else first.",
        )


def _administrators(now: datetime) -> Select[Any]:
    holds = and_(
        user_roles.c.role == Role.ADMINISTRATOR.value,
        user_roles.c.valid_from <= now,
        or_(user_roles.c.valid_until.is_(None), user_roles.c.valid_until > now),
    )
    joined = select(users.c.user_id).join(user_roles, and_(user_roles.c.user_id == users.c.user_id, holds))
    # Who has no password yet cannot administer anything.
    return joined.where(users.c.status == "active", users.c.password_hash != "")


async def _refuse_taken(session: AsyncConnection, login: str) -> None:
    # Names from before shapes were kept have none; there are as many as the bank had logins then.
    alike = or_(users.c.user_id == login, users.c.shape == shape_of(login), users.c.shape.is_(None))
    for row in (await session.execute(select(users.c.user_id).where(alike))).all():
        if row.user_id == login:
            raise IdentityRefused(
                "the name is taken", code="identity.taken", sentence=f"There is a login {login} already."
            )
        refuse_look_alike(login, row.user_id)


def _logins() -> Select[Any]:
    return select(users, second_factors.c.confirmed_at).outerjoin(
        second_factors, second_factors.c.user_id == users.c.user_id
    )


def _held_role(row: Row[Any]) -> HeldRole:
    return HeldRole(role=Role(row.role), since=row.valid_from, until=row.valid_until, given_by=row.given_by)


def _login(row: Row[Any], roles: Sequence[HeldRole]) -> LoginView:
    return LoginView(
        login=row.user_id,
        tenant_id=row.tenant_id,
        name=row.display_name,
        state="disabled" if row.status != "active" else "active" if row.password_hash else "invited",
        customer_id=row.customer_id,
        has_second_factor=row.confirmed_at is not None,
        last_sign_in_at=row.last_sign_in_at,
        roles=tuple(roles),
    )
