"""What the checks of the bank's rules ask the books: intents, second persons, money of customers without KYC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import not_, or_, select

from ultracore.banking.store import Database
from ultracore.banking.store.tables import accounts, customers, entries, proposals
from ultracore.banking.store.tables.core import tenants

# History that was seeded, and what the bank does by itself, have no event of a conversation.
_OF_THE_BANK: Final = ("seed:%", "system:%")
_VERIFIED: Final = "verified"


@dataclass(frozen=True, slots=True)
class EntryIntent:
    """An entry and the event that had to be on the record before it."""

    tenant_id: str
    entry_id: str
    intent: str


@dataclass(frozen=True, slots=True)
class SecondPerson:
    """What two persons had to approve and was carried out: the asker, and who checked it."""

    tenant_id: str
    proposal_id: str
    conversation_id: str
    maker: str
    checker: str | None


@dataclass(frozen=True, slots=True)
class UnverifiedMovement:
    """An approved entry from an account of a customer whose identity is not verified."""

    tenant_id: str
    entry_id: str
    customer_id: str
    kyc_status: str


async def all_tenants(database: Database) -> list[str]:
    """Every tenant of the bank."""
    async with database.read() as connection:
        return list(
            (await connection.execute(select(tenants.c.tenant_id).order_by(tenants.c.tenant_id))).scalars()
        )


async def entry_intents(database: Database, since: datetime) -> list[EntryIntent]:
    """The entries that were posted since then, but for those of the bank itself."""
    intent = entries.c.intent_event_id
    query = select(entries.c.tenant_id, entries.c.entry_id, intent).where(
        entries.c.posted_at >= since, not_(or_(*(intent.like(pattern) for pattern in _OF_THE_BANK)))
    )
    async with database.read() as connection:
        return [EntryIntent(*row) for row in await connection.execute(query.order_by(entries.c.sequence))]


async def second_persons(database: Database, since: datetime) -> list[SecondPerson]:
    """What took two persons and was done since then."""
    query = select(
        proposals.c.tenant_id,
        proposals.c.proposal_id,
        proposals.c.conversation_id,
        proposals.c.user_id,
        proposals.c.checker_user_id,
    ).where(proposals.c.two_persons == 1, proposals.c.status == "done", proposals.c.ended_at >= since)
    async with database.read() as connection:
        return [SecondPerson(*row) for row in await connection.execute(query.order_by(proposals.c.proposal_id))]


async def unverified_movements(database: Database, since: datetime) -> list[UnverifiedMovement]:
    """Approved entries since then from accounts of customers whose KYC is not (or no longer) verified."""
    query = (
        select(entries.c.tenant_id, entries.c.entry_id, customers.c.customer_id, customers.c.kyc_status)
        .join(accounts, accounts.c.account_id == entries.c.source_account_id)
        .join(customers, customers.c.customer_id == accounts.c.customer_id)
        .where(
            entries.c.posted_at >= since,
            entries.c.proposal_id.is_not(None),
            customers.c.kyc_status != _VERIFIED,
        )
    )
    async with database.read() as connection:
        return [UnverifiedMovement(*row) for row in await connection.execute(query.order_by(entries.c.sequence))]
