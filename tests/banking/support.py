"""What the banking tests share: a clock, principals, and the steps from a wish to an entry."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Executable, text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.support.deadlines import PATIENCE
from ultracore.banking import Bank, Proposal, TransferTerms
from ultracore.banking.store import Database
from ultracore.errors import LedgerUnavailable
from ultracore.principal import Principal, Role

Answer = TypeVar("Answer")


class MovableClock:
    """Stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def customer(number: int = 1, login: str = "login-1", tenant: str = "tenant_1") -> Principal:
    return Principal(
        tenant_id=tenant,
        user_id=f"customer{number}",
        login_id=login,
        roles=frozenset({Role.CUSTOMER}),
        customer_id=f"cust_{number}",
    )


@dataclass(frozen=True)
class Desk:
    """Shortcuts through the public services, for `cust_1` unless told otherwise."""

    bank: Bank

    async def terms(self, amount: Any = "50", to: str = "City Power", source: str = "acc_1") -> TransferTerms:
        return await self.bank.ledger.prepare_transfer("tenant_1", "cust_1", source, to, amount)

    async def open(
        self,
        amount: Any = "50",
        to: str = "City Power",
        *,
        source: str = "acc_1",
        conversation: str = "conv-1",
        login: str = "login-1",
        seconds: int = 120,
    ) -> Proposal:
        return await self.bank.proposals.open(
            await self.terms(amount, to, source),
            principal=customer(login=login),
            conversation_id=conversation,
            turn_id="turn-1",
            reference="7F3A-0001",
            tool="execute_transaction",
            arguments={"amount": str(amount), "to_account_id": to},
            arguments_digest="digest",
            seconds=seconds,
        )

    async def claim(self, proposal: Proposal, login: str = "login-1") -> Proposal:
        return await self.bank.proposals.claim(proposal.proposal_id, login, proposal.conversation_id)

    async def figures(self, account_id: str = "acc_1", customer_id: str = "cust_1") -> tuple[str, str]:
        """Balance and available amount, as text."""
        found = await self.bank.accounts.get("tenant_1", customer_id, account_id)
        return str(found.balance), str(found.available)


async def change_rows(database: Database, statement: Executable | str) -> None:
    """One statement that no service would run, committed."""
    prepared = text(statement) if isinstance(statement, str) else statement

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(prepared)

    await database.write(work)


async def told(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """What the ledger says in the end: one of many may wait too long for its lock, and asks again."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await ask()
            except LedgerUnavailable:
                continue
