"""Logins and their passwords.

Each password is hashed by itself with argon2id and a salt of its own, at the parameters that OWASP names as the
least (19 MiB, two passes, one lane): about 20 ms of one core here, so that the demo world's thirteen logins do not
hold up the first start. Hashes say their parameters, so raising these later needs no migration.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Row, Select, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.access.marks import MarksService
from ultracore.banking.identifiers import Clock
from ultracore.banking.store import Database
from ultracore.banking.store.tables import second_factors, user_roles, users
from ultracore.banking.values import UserRecord
from ultracore.errors import LedgerUnavailable
from ultracore.principal import Role

# Argon2 reads all of it, so megabytes of password would be an attack on the processor.
_LONGEST_PASSWORD = 1024

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """A salted argon2id hash. Blocks for about 20 ms; releases the interpreter lock meanwhile."""
    return _hasher.hash(password)


def verify_password(stored: str, password: str) -> bool:
    """True if this is the password that was hashed. Blocks like `hash_password`."""
    try:
        # A browser can send half of a surrogate pair: such a password is wrong, and no error.
        return _hasher.verify(stored, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


def roles_at(moment: datetime, user_id: str) -> Select[Any]:
    """The query for the roles that a login has at a moment."""
    begun = user_roles.c.valid_from <= moment
    lasting = or_(user_roles.c.valid_until.is_(None), user_roles.c.valid_until > moment)
    return select(user_roles.c.role).where(user_roles.c.user_id == user_id, begun, lasting)


def _user_of(row: Row[Any], roles: Iterable[str]) -> UserRecord:
    return UserRecord(
        user_id=row.user_id,
        tenant_id=row.tenant_id,
        display_name=row.display_name,
        roles=frozenset(Role(role) for role in roles),
        customer_id=row.customer_id,
        epoch=row.epoch,
        has_second_factor=row.confirmed_at is not None,
    )


def _is_text(name: str) -> bool:
    """False for a name with a NUL or lone surrogates: not every store can hold it, so no login has it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in name


class UsersService:
    """Logins. Every method raises `LedgerUnavailable` if the database does not answer."""

    def __init__(self, database: Database, marks: MarksService, clock: Clock) -> None:
        self._database = database
        self._marks = marks
        self._clock = clock
        self._nobodys_hash: str | None = None

    async def get(self, user_id: str) -> UserRecord | None:
        """An active login with the roles that it has now, by its name. One without a role is as good as none."""
        found = await self._found(user_id)
        return found[0] if found is not None else None

    async def of_customer(self, tenant_id: str, customer_id: str) -> tuple[str, ...]:
        """The names of a customer's active logins, in order; empty for another tenant's customer."""
        query = select(users.c.user_id).where(
            users.c.tenant_id == tenant_id, users.c.customer_id == customer_id, users.c.status == "active"
        )
        async with self._database.read() as connection:
            return tuple((await connection.execute(query.order_by(users.c.user_id))).scalars())

    async def authenticate(self, user_id: str, password: str) -> UserRecord | None:
        """The login whose password this is, else None. An unknown name costs the same work as a wrong password.

        A failed try is remembered for an hour, by the name's keyed digest (see `adaptive.py`).
        """
        if len(password) > _LONGEST_PASSWORD:
            return None
        found = await self._found(user_id)
        # An unknown name, or one without a password yet, is checked against a made-up hash: the time of the answer
        # must not tell which names exist.
        stored = (found[1] if found is not None else "") or await self._hash_of_nobody()
        matches = await asyncio.to_thread(verify_password, stored, password)
        if not matches or found is None:
            await self._marks.note(user_id, "sign_in_failed")
            return None
        return found[0]

    async def note_sign_in(self, user_id: str) -> None:
        """Remember when a login was used last. Best effort: a sign-in does not fail over it."""
        change = update(users).where(users.c.user_id == user_id).values(last_sign_in_at=self._clock())

        async def work(session: AsyncConnection) -> None:
            await session.execute(change)

        with suppress(LedgerUnavailable):
            await self._database.write(work)

    async def _found(self, user_id: str) -> tuple[UserRecord, str] | None:
        """The login and the hash of its password."""
        if not _is_text(user_id):
            return None
        login = (
            select(users, second_factors.c.confirmed_at)
            .outerjoin(second_factors, second_factors.c.user_id == users.c.user_id)
            .where(users.c.user_id == user_id, users.c.status == "active")
        )
        async with self._database.read() as connection:
            row = (await connection.execute(login)).one_or_none()
            if row is None:
                return None
            roles = (await connection.execute(roles_at(self._clock(), user_id))).scalars().all()
        return (_user_of(row, roles), row.password_hash) if roles else None

    async def _hash_of_nobody(self) -> str:
        if self._nobodys_hash is None:
            self._nobodys_hash = await asyncio.to_thread(hash_password, secrets.token_urlsafe(16))
        return self._nobodys_hash
