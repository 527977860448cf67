"""Proofs of a second factor: of one proposal, for one login session, used once and within two minutes."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.proposals.rules import refusal
from ultracore.banking.seals import Digest
from ultracore.banking.store import to_change
from ultracore.banking.store.tables import step_up_proofs as table

Proven = Callable[[AsyncConnection], Awaitable[None]]
"""What is written in the transaction in which a code is taken."""

LASTS: Final = timedelta(seconds=120)


async def keep(session: AsyncConnection, proposal_id: str, login_id: str, digest: Digest, now: datetime) -> None:
    """Keep a proof, in place of an earlier one. To be written with the code that made it.

    The earlier one may be used up: of a request that two persons decide, each may have to prove who they are.
    """
    await session.execute(delete(table).where(table.c.proposal_id == proposal_id))
    await session.execute(
        insert(table).values(
            proposal_id=proposal_id,
            login_id=login_id,
            made_at=now,
            expires_at=now + LASTS,
            seal=_seal(proposal_id, login_id, now + LASTS, digest),
        )
    )


async def use(session: AsyncConnection, proposal_id: str, login_id: str, digest: Digest, now: datetime) -> None:
    """Use the proof up. Raises `ApprovalRefused` (`approval.step_up`) if this login has none for this proposal."""
    row = (await session.execute(to_change(select(table).where(table.c.proposal_id == proposal_id)))).one_or_none()
    good = row is not None and row.login_id == login_id and row.used_at is None and row.expires_at > now
    # A row that somebody has written into the database is no proof.
    if (
        row is None
        or not good
        or not hmac.compare_digest(row.seal, _seal(proposal_id, login_id, row.expires_at, digest))
    ):
        raise refusal("approval.step_up")
    await session.execute(update(table).where(table.c.proposal_id == proposal_id).values(used_at=now))


def _seal(proposal_id: str, login_id: str, expires_at: datetime, digest: Digest) -> str:
    return digest(["step-up", proposal_id, login_id, expires_at.astimezone(UTC).isoformat()])
