"""What one administrator asked for and another has to confirm, within a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking import new_id
from ultracore.banking.store import Database, to_change
from ultracore.banking.store.tables import identity_requests as table
from ultracore.identity.values import IdentityRefused, IdentityRequest, RequestAct, Term
from ultracore.principal import Role

LASTS: Final = timedelta(hours=24)


def new_request(
    tenant_id: str,
    login: str,
    act: RequestAct,
    made_by: str,
    now: datetime,
    *,
    role: Role | None = None,
    term: Term | None = None,
    new_customer_id: str | None = None,
    new_address: str | None = None,
) -> IdentityRequest:
    """A request that begins now."""
    return IdentityRequest(
        request_id=new_id("idr"),
        tenant_id=tenant_id,
        login=login,
        act=act,
        role=role,
        term=term,
        new_customer_id=new_customer_id,
        new_address=new_address,
        made_by=made_by,
        made_at=now,
        expires_at=now + LASTS,
    )


async def file(session: AsyncConnection, request: IdentityRequest) -> None:
    """Keep a request until it is decided."""
    await session.execute(
        insert(table).values(
            request_id=request.request_id,
            tenant_id=request.tenant_id,
            user_id=request.login,
            act=request.act,
            role=request.role and request.role.value,
            valid_from=request.term and request.term.since,
            valid_until=request.term and request.term.until,
            new_customer_id=request.new_customer_id,
            new_address=request.new_address,
            made_by=request.made_by,
            made_at=request.made_at,
            expires_at=request.expires_at,
            status="waiting",
        )
    )


async def waiting(database: Database, tenant_id: str, now: datetime) -> list[IdentityRequest]:
    """What waits in a tenant, the oldest first."""
    query = select(table).where(
        table.c.tenant_id == tenant_id, table.c.status == "waiting", table.c.expires_at > now
    )
    async with database.read() as session:
        return [_request(row) for row in (await session.execute(query.order_by(table.c.made_at))).all()]


async def find(database: Database, tenant_id: str, request_id: str, now: datetime) -> IdentityRequest:
    """A request that waits. Raises `IdentityRefused` for every other one."""
    found = [one for one in await waiting(database, tenant_id, now) if one.request_id == request_id]
    if not found:
        raise _gone()
    return found[0]


async def decide(session: AsyncConnection, request: IdentityRequest, by: str, status: str, now: datetime) -> None:
    """Close a request. Raises `IdentityRefused` if somebody else was first, or it is too old."""
    this = to_change(select(table.c.status, table.c.expires_at).where(table.c.request_id == request.request_id))
    row = (await session.execute(this)).one_or_none()
    if row is None or row.status != "waiting" or row.expires_at <= now:
        raise _gone()
    change = update(table).where(table.c.request_id == request.request_id)
    await session.execute(change.values(status=status, decided_by=by, decided_at=now))


def _gone() -> IdentityRefused:
    return IdentityRefused(
        "no such request waits",
        code="identity.request",
        sentence="This request does not wait any more: it was decided, or a day has passed.",
    )


def _request(row: Row[Any]) -> IdentityRequest:
    term = None if row.valid_from is None else Term(since=row.valid_from, until=row.valid_until)
    return IdentityRequest(
        request_id=row.request_id,
        tenant_id=row.tenant_id,
        login=row.user_id,
        act=row.act,
        role=None if row.role is None else Role(row.role),
        term=term,
        new_customer_id=row.new_customer_id,
        new_address=row.new_address,
        made_by=row.made_by,
        made_at=row.made_at,
        expires_at=row.expires_at,
    )
