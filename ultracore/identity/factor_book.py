"""Second factors in the ledger's database. What checks a code counts it in the same transaction.

The key is sealed under the record's master key and bound to its login, recovery codes are keyed digests: who reads
the database, or an old copy of it, can make no code.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.audit.sealing import MasterKey
from ultracore.banking.store import to_change
from ultracore.banking.store.tables import passkeys, recovery_codes, second_factors, users
from ultracore.identity import totp
from ultracore.identity.values import EnrolmentGone, FactorState

TRIES: Final = 5
BLOCKED: Final = timedelta(minutes=15)
ENROLMENT_LASTS: Final = timedelta(minutes=10)


class Checked(StrEnum):
    """What came of a code."""

    CODE = "code"
    RECOVERY = "recovery"
    WRONG = "wrong"
    NOW_BLOCKED = "now_blocked"
    BLOCKED = "blocked"
    NONE = "none"

    @property
    def is_right(self) -> bool:
        """True for a code that was taken; it will not be taken again."""
        return self in (Checked.CODE, Checked.RECOVERY)


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals the keys of factors and digests recovery codes, both for one login alone."""

    master: MasterKey

    def seal(self, secret: str, login: str) -> str:
        """The key as the database keeps it."""
        return base64.b64encode(self.master.wrap(secret.encode(), _label(login))).decode()

    def open(self, sealed: str, login: str) -> str:
        """Undo `seal`. Raises `OperatorError` for another master key, or a row that was moved to another login."""
        return self.master.unwrap(base64.b64decode(sealed), _label(login)).decode()

    def digest(self, code: str, login: str) -> str:
        """The digest under which a recovery code is kept."""
        return self.master.digest(["recovery-code", login, code])


async def state(session: AsyncConnection, login: str) -> FactorState:
    """Whether the login has a factor, since when, and how many recovery codes are left."""
    row = (await session.execute(_factor(login))).one_or_none()
    if row is None or row.confirmed_at is None:
        return FactorState()
    unused = (recovery_codes.c.user_id == login) & recovery_codes.c.used_at.is_(None)
    left = (await session.execute(select(func.count()).select_from(recovery_codes).where(unused))).scalar_one()
    return FactorState(since=row.confirmed_at, recovery_codes_left=int(left))


async def begin(session: AsyncConnection, login: str, sealed: str, now: datetime) -> bool:
    """Keep a key that is to be confirmed, in place of one that never was. False if the login has a factor."""
    # The login's row first: there may be no row of a factor yet that two writers could wait for.
    await session.execute(to_change(select(users.c.user_id).where(users.c.user_id == login)))
    row = (await session.execute(_factor(login))).one_or_none()
    if row is not None and row.confirmed_at is not None:
        return False
    await session.execute(delete(second_factors).where(second_factors.c.user_id == login))
    values = {"user_id": login, "sealed_secret": sealed, "made_at": now, "last_counter": 0, "failed": 0}
    await session.execute(insert(second_factors).values(**values))
    return True


async def check_new(session: AsyncConnection, login: str, code: str, vault: Vault, now: datetime) -> int | None:
    """The step of a code of a key that was begun; None for a wrong one. The fifth wrong one ends the enrolment.

    Raises `EnrolmentGone` if none waits.
    """
    row = await _begun(session, login, now)
    step = totp.step_of(vault.open(row.sealed_secret, login), code, now)
    if step is None and row.failed + 1 >= TRIES:
        await session.execute(delete(second_factors).where(second_factors.c.user_id == login))
    elif step is None:
        await _change(session, login, failed=row.failed + 1)
    return step


async def enable(session: AsyncConnection, login: str, step: int, digests: Sequence[str], now: datetime) -> None:
    """Make a key that was begun the login's factor. Raises `EnrolmentGone` if none waits."""
    await _begun(session, login, now)
    await _change(session, login, confirmed_at=now, last_counter=step, failed=0)
    await replace_codes(session, login, digests)


async def _begun(session: AsyncConnection, login: str, now: datetime) -> Row[Any]:
    row: Row[Any] | None = (await session.execute(to_change(_factor(login)))).one_or_none()
    if row is None or row.confirmed_at is not None or row.made_at + ENROLMENT_LASTS <= now:
        raise EnrolmentGone("no enrolment waits")
    return row


async def check(
    session: AsyncConnection, login: str, typed: str, vault: Vault, now: datetime, *, recovery: bool
) -> Checked:
    """Take a code once, or count a failure: the fifth in a row blocks the factor for a quarter of an hour."""
    row = (await session.execute(to_change(_factor(login)))).one_or_none()
    if row is None or row.confirmed_at is None:
        return Checked.NONE
    if row.locked_until is not None and row.locked_until > now:
        return Checked.BLOCKED
    step = totp.step_of(vault.open(row.sealed_secret, login), typed, now)
    # Never an older one than the last: a code that was read over a shoulder is worth nothing once it was used.
    if step is not None and step > row.last_counter:
        await _change(session, login, last_counter=step, failed=0, locked_until=None)
        return Checked.CODE
    if recovery and await _used_up(session, login, typed, vault.digest, now):
        await _change(session, login, failed=0, locked_until=None)
        return Checked.RECOVERY
    if row.failed + 1 >= TRIES:
        await _change(session, login, failed=0, locked_until=now + BLOCKED)
        return Checked.NOW_BLOCKED
    await _change(session, login, failed=row.failed + 1)
    return Checked.WRONG


async def remove(session: AsyncConnection, login: str) -> bool:
    """Take a login's factor away, with its recovery codes and passkeys. False if it has none."""
    await session.execute(delete(passkeys).where(passkeys.c.user_id == login))
    await session.execute(delete(recovery_codes).where(recovery_codes.c.user_id == login))
    gone = await session.execute(delete(second_factors).where(second_factors.c.user_id == login))
    return bool(gone.rowcount)


async def replace_codes(session: AsyncConnection, login: str, digests: Sequence[str]) -> None:
    """New recovery codes: the ones before are worth nothing."""
    await session.execute(delete(recovery_codes).where(recovery_codes.c.user_id == login))
    rows = [{"user_id": login, "digest": digest} for digest in digests]
    await session.execute(insert(recovery_codes), rows)


async def _used_up(
    session: AsyncConnection, login: str, typed: str, digest: Callable[[str, str], str], now: datetime
) -> bool:
    code = totp.recovery_of(typed)
    if code is None:
        return False
    this = (recovery_codes.c.user_id == login) & (recovery_codes.c.digest == digest(code, login))
    unused = this & recovery_codes.c.used_at.is_(None)
    return bool((await session.execute(update(recovery_codes).where(unused).values(used_at=now))).rowcount)


def _factor(login: str) -> Select[tuple[Any, ...]]:
    return select(second_factors).where(second_factors.c.user_id == login)


async def _change(session: AsyncConnection, login: str, **values: Any) -> None:
    await session.execute(update(second_factors).where(second_factors.c.user_id == login).values(**values))


def _label(login: str) -> str:
    return f"second-factor|{login}"
