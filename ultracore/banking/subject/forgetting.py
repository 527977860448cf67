"""Erasing a customer's own words from the ledger's database; the bank's books stay.

Overwritten: free words in proposals, reports of incidents. Deleted: what their logins were used from, and their
mail addresses. Everything else stays: customers, accounts, entries with the text that went with the payment,
payees, loan applications.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.audit import FREE_ARGUMENTS, FREE_LABELS
from ultracore.banking.store import Database, to_change
from ultracore.banking.store.tables import (
    accounts,
    customers,
    identity_requests,
    incidents,
    mail_addresses,
    mail_queue,
    proposals,
    surroundings,
    users,
)
from ultracore.errors import LedgerUnavailable

ERASED: Final = "[erased]"
_ENDED: Final = ("done", "declined", "expired", "void", "failed")


@dataclass(frozen=True, slots=True)
class KnownBy:
    """A customer's name, logins and accounts."""

    name: str
    user_ids: frozenset[str]
    account_ids: frozenset[str]


async def tenants_of(database: Database, customer_id: str) -> list[str]:
    """The tenants in which the ledger knows a customer of this id. Raises `LedgerUnavailable`."""
    async with database.read() as session:
        found = await session.execute(select(customers.c.tenant_id).where(customers.c.customer_id == customer_id))
        return [str(tenant) for tenant in found.scalars()]


async def known_by(database: Database, tenant_id: str, customer_id: str) -> KnownBy | None:
    """The names by which the ledger knows a customer; `None` if it does not. Raises `LedgerUnavailable`."""
    async with database.read() as session:
        named = await session.execute(
            select(customers.c.name).where(
                customers.c.tenant_id == tenant_id, customers.c.customer_id == customer_id
            )
        )
        name = named.scalar_one_or_none()
        if name is None:
            return None
        logins = await session.execute(select(users.c.user_id).where(users.c.customer_id == customer_id))
        owned = await session.execute(select(accounts.c.account_id).where(accounts.c.customer_id == customer_id))
        return KnownBy(str(name), frozenset(logins.scalars()), frozenset(owned.scalars()))


async def forget_words(database: Database, tenant_id: str, customer_id: str) -> int:
    """Overwrite and delete what the top of this module says; how many rows.

    Raises `LedgerUnavailable`, with the code `erasure.proposal_open` if a proposal with the customer's words
    has not ended yet: that takes two minutes, or the hours in which a second person may decide.
    """

    async def work(session: AsyncConnection) -> tuple[int, int]:
        # Before the first change: SQLite would leave the old text in free pages of the file.
        await database.overwrite_what_goes(session)
        changed, still_open = await _proposals(session, tenant_id, customer_id)
        reports = await session.execute(
            update(incidents)
            .where(
                incidents.c.tenant_id == tenant_id,
                incidents.c.customer_id == customer_id,
                incidents.c.description != ERASED,
            )
            .values(description=ERASED)
        )
        logins = select(users.c.user_id).where(users.c.tenant_id == tenant_id, users.c.customer_id == customer_id)
        places = await session.execute(delete(surroundings).where(surroundings.c.user_id.in_(logins)))
        letters = [
            await session.execute(delete(table).where(table.c.user_id.in_(logins)))
            for table in (mail_addresses, mail_queue)
        ]
        asked = identity_requests.c.user_id.in_(logins) & identity_requests.c.new_address.is_not(None)
        wished = await session.execute(update(identity_requests).where(asked).values(new_address=None))
        gone = sum(one.rowcount for one in (reports, places, *letters, wished))
        return changed + gone, still_open

    # Everything that can go goes now, although an open proposal makes the step fail: it is repeated for the rest.
    rows, still_open = await database.write(work)
    await database.scrub()
    if still_open:
        raise LedgerUnavailable("a proposal of the customer is still open", code="erasure.proposal_open")
    return rows


async def _proposals(session: AsyncConnection, tenant_id: str, customer_id: str) -> tuple[int, int]:
    """Of what ended: the arguments; of what came to nothing: the terms too. How many; how many are still open."""
    theirs = (
        select(proposals.c.proposal_id, proposals.c.status, proposals.c.arguments, proposals.c.terms)
        .where(proposals.c.tenant_id == tenant_id, proposals.c.customer_id == customer_id)
        .order_by(proposals.c.proposal_id)
    )
    changed = still_open = 0
    for row in (await session.execute(to_change(theirs))).all():
        # The terms of what was done are the bank's books; of what came to nothing they are only words.
        old = {"arguments": row.arguments} | ({} if row.status == "done" else {"terms": row.terms})
        new = {name: _without_words(text) for name, text in old.items()}
        # Compared in one spelling: JSON that was only written otherwise is no change to count.
        if new == {name: json.dumps(json.loads(text)) for name, text in old.items()}:
            continue
        if row.status not in _ENDED:
            still_open += 1
            continue
        changed += 1
        await session.execute(update(proposals).where(proposals.c.proposal_id == row.proposal_id).values(new))
    return changed, still_open


def _without_words(text: str) -> str:
    return json.dumps(_wiped(json.loads(text)))


def _wiped(value: Any) -> Any:
    """The same JSON with `[erased]` for every free text: by its name, or by the label of a card's line."""
    if isinstance(value, dict):
        return {name: ERASED if item and name in FREE_ARGUMENTS else _wiped(item) for name, item in value.items()}
    if isinstance(value, list):
        # By label, because a card's lines are pairs of label and text without other names.
        if len(value) == 2 and isinstance(value[0], str) and value[0] in FREE_LABELS:
            return [value[0], ERASED]
        return [_wiped(item) for item in value]
    return value
