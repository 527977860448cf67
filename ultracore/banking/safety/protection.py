"""Everything that protects a customer who is being scammed, as one press: cards frozen and a report on record."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.actions import ActionReceipt, ActionTerms, Effect, payload_of
from ultracore.banking.identifiers import Stamp
from ultracore.banking.safety.cards import freeze_usable
from ultracore.banking.safety.incidents import record_incident
from ultracore.banking.values import Proposal

PROTECT: Final = "safety.protect"


def protection_terms(tenant_id: str, customer_id: str, description: str) -> ActionTerms:
    """The terms of protecting a customer. Changes nothing."""
    return ActionTerms(
        kind=PROTECT,
        tenant_id=tenant_id,
        customer_id=customer_id,
        title="Protect my accounts",
        lines=(
            ("Cards", "All are frozen at once"),
            ("Report", "A report is recorded, with a number to give on the phone"),
            ("To undo it", "Ask to unfreeze the card, and to withdraw the report"),
        ),
        payload={"description": description},
        sentence="Freeze all cards and record a report.",
    )


def effects() -> list[Effect]:
    """The effect of an approved `safety.protect`."""
    return [Effect(kind=PROTECT, check=_objection, apply=_protect)]


async def _objection(_connection: AsyncConnection, _proposal: Proposal) -> str | None:
    """Nothing stands against it: cards that are frozen already stay so."""
    return None


async def _protect(connection: AsyncConnection, proposal: Proposal, stamp: Stamp) -> ActionReceipt:
    frozen = await freeze_usable(connection, proposal.tenant_id, proposal.customer_id)
    incident = await record_incident(connection, proposal, str(payload_of(proposal)["description"]), stamp)
    cards = f"{len(frozen)} frozen now" if frozen else "none was left to freeze"
    return ActionReceipt(
        result={"reference": incident, "frozen": [card.last_digits for card in frozen]},
        sentence=f"Done: your cards are protected ({cards}), and the report is recorded under {incident}.",
    )
