"""Passkeys in the ledger's database, and the challenges that wait for an answer."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.store import to_change
from ultracore.banking.store.tables import passkey_challenges, passkeys, second_factors, users
from ultracore.identity.factor_book import Vault
from ultracore.identity.passkeys.ceremony import NewKey
from ultracore.identity.passkeys.values import ChallengePurpose, Passkey
from ultracore.identity.values import IdentityRefused

MOST: Final = 10
LASTS: Final = timedelta(seconds=120)
_BYTES: Final = 32


def passkey_id_of(credential_id: str) -> str:
    """Under what a passkey is kept."""
    return _digest(credential_id.encode("utf-8", "surrogatepass"))


def challenge_of(vault: Vault, login: str, purpose: str, bound: str, nonce: str) -> bytes:
    """What the authenticator signs: for this login and purpose, and bound to what it proves: a proposal's seal."""
    return bytes.fromhex(vault.master.digest(["passkey-challenge", login, purpose, bound, nonce]))


def handle_of(vault: Vault, login: str) -> bytes:
    """The name of a login that authenticators keep: a digest, from which the login cannot be told."""
    return bytes.fromhex(vault.master.digest(["passkey-user", login]))


async def ask(
    session: AsyncConnection, vault: Vault, login: str, purpose: ChallengePurpose, bound: str, now: datetime
) -> bytes:
    """Keep a new challenge, and forget those whose time is over."""
    nonce = secrets.token_hex(_BYTES)
    challenge = challenge_of(vault, login, purpose, bound, nonce)
    await session.execute(delete(passkey_challenges).where(passkey_challenges.c.expires_at <= now))
    values = {"nonce": nonce, "user_id": login, "purpose": purpose, "expires_at": now + LASTS}
    await session.execute(insert(passkey_challenges).values(digest=_digest(challenge), **values))
    return challenge


async def take(
    session: AsyncConnection,
    vault: Vault,
    login: str,
    purpose: ChallengePurpose,
    bound: str,
    named: bytes,
    now: datetime,
) -> bytes | None:
    """Use a challenge up, also if its answer is wrong; None if none waits for this login, purpose and binding."""
    table = passkey_challenges.c
    this = (table.digest == _digest(named)) & (table.user_id == login)
    row = (await session.execute(to_change(select(passkey_challenges).where(this)))).one_or_none()
    if row is None or not (await session.execute(delete(passkey_challenges).where(this))).rowcount:
        return None
    if row.purpose != purpose or row.expires_at <= now:
        return None
    challenge = challenge_of(vault, login, purpose, bound, row.nonce)
    return challenge if secrets.compare_digest(challenge, named) else None


async def listed(session: AsyncConnection, login: str) -> tuple[Passkey, ...]:
    """The passkeys of a login, the oldest first."""
    return tuple(
        Passkey(
            passkey_id=row.passkey_id,
            name=row.name,
            made_at=row.made_at,
            last_used_at=row.last_used_at,
            is_closed=row.closed_at is not None,
        )
        for row in await _of(session, login)
    )


async def credentials(session: AsyncConnection, login: str, *, closed: bool) -> Sequence[str]:
    """The ids that an authenticator knows; with `closed` also of passkeys that are closed."""
    return [row.credential_id for row in await _of(session, login) if closed or row.closed_at is None]


async def add(session: AsyncConnection, vault: Vault, login: str, name: str, key: NewKey, now: datetime) -> None:
    """Keep a passkey. Raises `IdentityRefused` if there are too many, it is known, or the login has no codes."""
    await session.execute(to_change(select(users.c.user_id).where(users.c.user_id == login)))
    enrolled = select(second_factors.c.user_id).where(
        second_factors.c.user_id == login, second_factors.c.confirmed_at.is_not(None)
    )
    mine = select(func.count()).select_from(passkeys).where(passkeys.c.user_id == login)
    passkey_id = passkey_id_of(key.credential_id)
    known = select(passkeys.c.user_id).where(passkeys.c.passkey_id == passkey_id)
    if (await session.execute(enrolled)).first() is None:
        raise no_codes()
    if (await session.execute(mine)).scalar_one() >= MOST or (await session.execute(known)).first() is not None:
        raise IdentityRefused(
            "too many, or known",
            code="factor.passkeys",
            sentence=f"This passkey is in use already, or you have {MOST} of them. Remove one first.",
        )
    await session.execute(
        insert(passkeys).values(
            passkey_id=passkey_id,
            user_id=login,
            name=name,
            credential_id=key.credential_id,
            public_key=key.public_key,
            seal=_seal(vault, login, key.credential_id, key.public_key),
            sign_count=key.sign_count,
            made_at=now,
        )
    )


async def usable(session: AsyncConnection, vault: Vault, login: str, credential_id: str) -> Row[Any] | None:
    """The row of a login's passkey, locked. None if it is closed, somebody else's, or was put there by hand."""
    this = (passkeys.c.passkey_id == passkey_id_of(credential_id)) & (passkeys.c.user_id == login)
    row: Row[Any] | None = (await session.execute(to_change(select(passkeys).where(this)))).one_or_none()
    if row is None or row.closed_at is not None:
        return None
    sealed = _seal(vault, login, row.credential_id, row.public_key)
    return row if secrets.compare_digest(sealed, row.seal) else None


async def use(session: AsyncConnection, passkey_id: str, sign_count: int, now: datetime) -> None:
    """Keep the counter's value."""
    await _change(session, passkey_id, sign_count=sign_count, last_used_at=now)


async def close(session: AsyncConnection, passkey_id: str, now: datetime) -> None:
    """Take no answer of this passkey any more."""
    await _change(session, passkey_id, closed_at=now)


async def remove(session: AsyncConnection, login: str, passkey_id: str) -> None:
    """Take one away. Raises `IdentityRefused` if the login has none of this id."""
    this = (passkeys.c.passkey_id == passkey_id) & (passkeys.c.user_id == login)
    if not (await session.execute(delete(passkeys).where(this))).rowcount:
        raise IdentityRefused("no such passkey", code="factor.no_passkey", sentence="There is no such passkey.")


def no_codes() -> IdentityRefused:
    """The refusal for a login that could not sign in without its passkey."""
    return IdentityRefused(
        "no codes yet",
        code="factor.none",
        sentence="Please set up the codes of an app first: they let you in if the passkey is not at hand.",
    )


async def _of(session: AsyncConnection, login: str) -> Sequence[Row[Any]]:
    query = select(passkeys).where(passkeys.c.user_id == login)
    return (await session.execute(query.order_by(passkeys.c.made_at, passkeys.c.passkey_id))).all()


async def _change(session: AsyncConnection, passkey_id: str, **values: Any) -> None:
    await session.execute(update(passkeys).where(passkeys.c.passkey_id == passkey_id).values(**values))


def _seal(vault: Vault, login: str, credential_id: str, public_key: str) -> str:
    return vault.master.digest(["passkey", login, credential_id, public_key])


def _digest(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()
