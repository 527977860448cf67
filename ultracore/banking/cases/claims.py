"""Who talks in a conversation in Anya's place: one person at most, under a number that grows with every claim.

A claim is one conditional update. An act on a claim gives its number, and is refused once that is an older
one: so two people, or two processes, never talk at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.identifiers import Clock
from ultracore.banking.store import Database
from ultracore.banking.store.tables import desk_claims, desk_parts

_held: Final = desk_claims.c.held_by.is_not(None)


TOOK_PART_FOR: Final = timedelta(hours=24)
"""How long somebody who has talked with a customer does not check what is asked for in that customer's name."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation, and the customer whose it is."""

    tenant_id: str
    conversation_id: str
    customer_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkClaim:
    """`held_by` talks in the conversation, under `display_name`, since the claim `number`."""

    conversation_id: str
    tenant_id: str
    number: int
    held_by: str
    display_name: str
    active_at: datetime


class Claims:
    """The claims of one ledger. Every method raises `LedgerUnavailable`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def take(self, talk: Talk, user_id: str, display_name: str) -> TalkClaim | None:
        """Claim a conversation; None if somebody else has it. Who has it already gets their claim again."""
        now, tenant_id, conversation_id = self._clock(), talk.tenant_id, talk.conversation_id
        this = desk_claims.c.conversation_id == conversation_id
        mine = {"held_by": user_id, "display_name": display_name, "active_at": now}

        async def work(session: AsyncConnection) -> TalkClaim | None:
            if (await session.execute(select(desk_claims.c.number).where(this))).first() is None:
                first = {"conversation_id": conversation_id, "tenant_id": tenant_id, "number": 0}
                await session.execute(insert(desk_claims).values(**first, **{**mine, "held_by": None}))
            free = this, desk_claims.c.tenant_id == tenant_id, ~_held
            change = update(desk_claims).where(*free).values(number=desk_claims.c.number + 1, **mine)
            if (await session.execute(change)).rowcount:
                await _took_part(session, talk, user_id, now)
            row = (await session.execute(select(desk_claims).where(this))).one()
            return _claim(row) if (row.tenant_id, row.held_by) == (tenant_id, user_id) else None

        # Of two first claims of one conversation the key lets one in, and the other is run again and finds it.
        return await self._database.write(work)

    async def holder(self, conversation_id: str) -> TalkClaim | None:
        """Who talks in the conversation."""
        found = await self._claims(desk_claims.c.conversation_id == conversation_id)
        return found[0] if found else None

    async def of_user(self, tenant_id: str, user_id: str) -> Sequence[TalkClaim]:
        """The conversations that somebody talks in."""
        return await self._claims(desk_claims.c.tenant_id == tenant_id, desk_claims.c.held_by == user_id)

    async def idle(self, before: datetime) -> Sequence[TalkClaim]:
        """Claims whose person has done nothing since then."""
        return await self._claims(desk_claims.c.active_at < before)

    async def _claims(self, *conditions: ColumnElement[bool]) -> Sequence[TalkClaim]:
        async with self._database.read() as session:
            rows = await session.execute(select(desk_claims).where(_held, *conditions))
            return [_claim(row) for row in rows]

    async def act(self, claim: TalkClaim) -> bool:
        """The person has done something. False if the claim is not theirs any more."""
        return await self._update(claim, active_at=self._clock())

    async def leave(self, claim: TalkClaim) -> bool:
        """Give the conversation back to Anya. False if the claim is not this one any more."""
        return await self._update(claim, held_by=None)

    async def leave_idle(self, claim: TalkClaim) -> bool:
        """The same, unless the person has done something since `claim` was read."""
        return await self._update(claim, desk_claims.c.active_at == claim.active_at, held_by=None)

    async def took_part(self, talk: Talk, user_id: str) -> bool:
        """Whether somebody has ever talked in this conversation, or lately with this customer."""
        lately = and_(
            desk_parts.c.customer_id == talk.customer_id, desk_parts.c.since > self._clock() - TOOK_PART_FOR
        )
        there = or_(desk_parts.c.conversation_id == talk.conversation_id, lately)
        async with self._database.read() as session:
            found = await session.execute(
                select(desk_parts.c.user_id).where(desk_parts.c.user_id == user_id, there)
            )
            return found.first() is not None

    async def _update(self, claim: TalkClaim, *conditions: ColumnElement[bool], **values: Any) -> bool:
        this = (
            desk_claims.c.conversation_id == claim.conversation_id,
            desk_claims.c.number == claim.number,
            desk_claims.c.held_by == claim.held_by,
            *conditions,
        )

        async def work(session: AsyncConnection) -> bool:
            return bool((await session.execute(update(desk_claims).where(*this).values(**values))).rowcount)

        return await self._database.write(work)


async def _took_part(session: AsyncConnection, talk: Talk, user_id: str, now: datetime) -> None:
    this = desk_parts.c.conversation_id == talk.conversation_id, desk_parts.c.user_id == user_id
    renewed = await session.execute(update(desk_parts).where(*this).values(since=now))
    if not renewed.rowcount:
        values = {"conversation_id": talk.conversation_id, "user_id": user_id, "customer_id": talk.customer_id}
        await session.execute(insert(desk_parts).values(**values, since=now))


def _claim(row: Row[Any]) -> TalkClaim:
    return TalkClaim(**{name: getattr(row, name) for name in TalkClaim.__dataclass_fields__})
