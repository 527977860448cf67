"""One-time links: 256 random bits, kept as a digest, good once and for 30 minutes."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.store import to_change
from ultracore.banking.store.tables import one_time_links, users
from ultracore.identity.values import LinkInvalid

LASTS: Final = timedelta(minutes=30)
LONGEST_TOKEN: Final = 100
_PASSWORD: Final = "password"  # noqa: S105 - what the link is for


def new_token() -> str:
    """What stands in a link, and is kept nowhere."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """The digest under which a token is kept. It is random itself, so no key is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


async def make(session: AsyncConnection, token: str, login: str, made_by: str, now: datetime) -> None:
    """Keep a new link for setting a password; those that the login had before are worth nothing from now on."""
    theirs = one_time_links.c.user_id == login
    await session.execute(
        update(one_time_links).where(theirs, one_time_links.c.used_at.is_(None)).values(used_at=now)
    )
    await session.execute(
        insert(one_time_links).values(
            digest=digest_of(token),
            purpose=_PASSWORD,
            user_id=login,
            made_by=made_by,
            made_at=now,
            expires_at=now + LASTS,
            tries_left=1,
        )
    )


async def look(session: AsyncConnection, token: str, now: datetime) -> str:
    """Whose link it is; nothing is consumed. Raises `LinkInvalid`."""
    row = (await session.execute(_open(token, now))).one_or_none()
    if row is None:
        raise LinkInvalid("no such link")
    return str(row.user_id)


async def consume(session: AsyncConnection, token: str, now: datetime) -> str:
    """Whose link it was; it is used from now on. Raises `LinkInvalid`."""
    row = (await session.execute(to_change(_open(token, now)))).one_or_none()
    if row is None:
        raise LinkInvalid("no such link")
    await session.execute(
        update(one_time_links).where(one_time_links.c.digest == digest_of(token)).values(used_at=now)
    )
    return str(row.user_id)


def _open(token: str, now: datetime) -> Select[Any]:
    return (
        select(one_time_links.c.user_id)
        .join(users, users.c.user_id == one_time_links.c.user_id)
        .where(
            one_time_links.c.digest == digest_of(token),
            one_time_links.c.purpose == _PASSWORD,
            one_time_links.c.used_at.is_(None),
            one_time_links.c.expires_at > now,
            users.c.status == "active",
        )
    )
