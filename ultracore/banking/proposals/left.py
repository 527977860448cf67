"""What programs have asked for in a customer's name: it waits until the customer opens it in the chat."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.identifiers import Clock
from ultracore.banking.proposals.rows import find_all
from ultracore.banking.store import Database, proposal_of
from ultracore.banking.store.tables import proposals
from ultracore.banking.values import Proposal
from ultracore.principal import Principal

LASTS: Final = timedelta(days=7)
"""How long a request waits to be opened."""


class LeftRequests:
    """Finds them. Nothing is approved here: what is opened is asked for anew, as if the customer had asked.

    Every method raises `LedgerUnavailable` if the database does not answer.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of(self, principal: Principal) -> list[Proposal]:
        """What waits for this customer, newest first."""
        async with self._database.read() as connection:
            return [proposal_of(row) for row in await find_all(connection, self._waits_for(principal))][::-1]

    async def take(self, proposal_id: str, principal: Principal) -> Proposal | None:
        """Take one, which works once. None if it is not this customer's, or does not wait any more."""
        one = and_(self._waits_for(principal), proposals.c.proposal_id == proposal_id)
        taking = update(proposals).where(one).values(left_for_chat=0).returning(proposals)

        async def work(connection: AsyncConnection) -> Proposal | None:
            row = (await connection.execute(taking)).one_or_none()
            return None if row is None else proposal_of(row)

        return await self._database.write(work)

    def _waits_for(self, principal: Principal) -> ColumnElement[bool]:
        return and_(
            proposals.c.tenant_id == principal.tenant_id,
            proposals.c.user_id == principal.user_id,
            # A login that is linked to another customer meanwhile asks for nobody else's money.
            proposals.c.customer_id == principal.customer_id,
            proposals.c.left_for_chat == 1,
            proposals.c.created_at >= self._clock() - LASTS,
        )
