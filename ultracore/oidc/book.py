"""Accounts at providers, the sessions that they began, and what they said once: in SQL, for every process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking import Clock, utc_now
from ultracore.banking.store import Database
from ultracore.banking.store.tables import provider_accounts, provider_marks, provider_sessions
from ultracore.oidc.values import LogoutNotice, Proof, ProviderRefused

Digest = Callable[[Any], str]
"""64 hexadecimal digits of a JSON-able value, keyed."""

_KEPT: Final = timedelta(days=1)
"""Longer than a token is good for, and as long as a session can last."""


class ProviderBook:
    """Every method raises `LedgerUnavailable` if the database does not answer."""

    def __init__(self, database: Database, digest: Digest, clock: Clock = utc_now) -> None:
        self._database = database
        self._digest = digest
        self._clock = clock

    async def account(self, issuer: str, subject: str) -> tuple[str, str] | None:
        """The login that the account signs in, and by whom the two were connected."""
        table = provider_accounts.c
        query = select(table.user_id, table.made_by).where(table.issuer == issuer, table.subject == subject)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else (row.user_id, row.made_by)

    async def issuers_of(self, user_id: str) -> set[str]:
        """The providers at which the login has an account."""
        query = select(provider_accounts.c.issuer).where(provider_accounts.c.user_id == user_id)
        async with self._database.read() as connection:
            return set((await connection.execute(query)).scalars())

    async def connect(self, proof: Proof, user_id: str, made_by: str) -> None:
        """Let the account sign the login in. Raises `ProviderRefused` if it signs one in already."""
        await self._database.write(self.connecting(proof, user_id, made_by))

    def connecting(self, proof: Proof, user_id: str, made_by: str) -> Callable[[AsyncConnection], Awaitable[None]]:
        """The same as a part of another change."""
        table = provider_accounts
        same = select(table.c.user_id).where(table.c.issuer == proof.issuer, table.c.subject == proof.subject)
        known = {"issuer": proof.issuer, "subject": proof.subject, "user_id": user_id, "made_by": made_by}

        async def work(session: AsyncConnection) -> None:
            if (await session.execute(same)).first() is not None:
                raise ProviderRefused("taken", "the account is connected already")
            # Of two at once the loser's transaction is run again, and finds what the winner has written.
            await session.execute(insert(table).values(**known, made_at=self._clock()))

        return work

    async def disconnect(self, issuer: str, user_id: str) -> None:
        """No account at that provider signs the login in any more."""
        table = provider_accounts
        gone = delete(table).where(table.c.issuer == issuer, table.c.user_id == user_id)

        async def work(session: AsyncConnection) -> None:
            await session.execute(gone)

        await self._database.write(work)

    async def spend(self, proof: Proof, reason: str = "used") -> None:
        """Use a token up. Raises `ProviderRefused` with the reason if it was used before."""
        mark = self._digest(["oidc nonce", proof.issuer, proof.nonce])

        async def work(session: AsyncConnection) -> None:
            await self._forget_old(session)
            if not await self._mark(session, mark):
                raise ProviderRefused(reason, "the token was used before")

        await self._database.write(work)

    async def begun(self, proof: Proof, login_id: str) -> None:
        """A login session goes on with the provider's. Raises `ProviderRefused` if that one ended meanwhile."""
        key = self._session_key(proof.issuer, proof.session)

        async def work(session: AsyncConnection) -> None:
            if key is not None and await self._is_marked(session, key):
                raise ProviderRefused("ended", "the provider has ended its session")
            row = {"login_id": login_id, "session_digest": key, "provider": proof.provider}
            await session.execute(insert(provider_sessions).values(**row, kept_until=self._clock() + _KEPT))

        await self._database.write(work)

    async def provider_of(self, login_id: str) -> str | None:
        """The provider that has begun a login session."""
        query = select(provider_sessions.c.provider).where(provider_sessions.c.login_id == login_id)
        async with self._database.read() as connection:
            name: str | None = (await connection.execute(query)).scalar_one_or_none()
        return name

    async def end(self, notice: LogoutNotice) -> list[str]:
        """The login sessions that went on with the notice's session: nothing begins with it from now on.

        Raises `ProviderRefused` if the notice was seen before.
        """
        key = self._session_key(notice.issuer, notice.session)

        async def work(session: AsyncConnection) -> list[str]:
            await self._forget_old(session)
            if not await self._mark(session, self._digest(["oidc notice", notice.issuer, notice.token_id])):
                raise ProviderRefused("used", "the notice was seen before")
            if key is None:
                return []
            await self._mark(session, key)
            query = select(provider_sessions.c.login_id).where(provider_sessions.c.session_digest == key)
            return list((await session.execute(query)).scalars())

        return await self._database.write(work)

    def _session_key(self, issuer: str, session: str | None) -> str | None:
        return None if session is None else self._digest(["oidc session", issuer, session])

    async def _mark(self, session: AsyncConnection, mark: str) -> bool:
        """False if the mark is there already."""
        if await self._is_marked(session, mark):
            return False
        await session.execute(insert(provider_marks).values(mark_digest=mark, kept_until=self._clock() + _KEPT))
        return True

    async def _is_marked(self, session: AsyncConnection, mark: str) -> bool:
        query = select(provider_marks.c.mark_digest).where(provider_marks.c.mark_digest == mark)
        return (await session.execute(query)).first() is not None

    async def _forget_old(self, session: AsyncConnection) -> None:
        # At each writing, so that the tables hold a day at most and need no sweep.
        for table in (provider_marks, provider_sessions):
            await session.execute(delete(table).where(table.c.kept_until < self._clock()))
