"""Debit cards: frozen at once when a customer is worried, unfrozen only by an approved action."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Row, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.actions import ActionReceipt, ActionTerms, Effect, action_refused, payload_of
from ultracore.banking.identifiers import Stamp
from ultracore.banking.store import Database, to_change
from ultracore.banking.store.tables import accounts, cards
from ultracore.banking.values import Card, Proposal
from ultracore.errors import ToolRefused

UNFREEZE: Final = "card.unfreeze"


@dataclass(frozen=True, slots=True)
class CardChange:
    """A card as it is now, and whether this call changed it."""

    card: Card
    changed: bool


class CardsService:
    """Another customer's card looks like one that does not exist. Every method raises `LedgerUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def freeze(self, tenant_id: str, customer_id: str, card: str | None = None) -> CardChange:
        """Freeze one card at once. A frozen one stays frozen, and that is told.

        `card` is an id or the last four digits; without it, the customer's only card. Raises `ToolRefused`
        (`card.none`, `card.not_found`, `card.which`, `card.cancelled`).
        """

        async def work(session: AsyncConnection) -> CardChange:
            found = choose(await _cards(session, to_change(_of(tenant_id, customer_id))), card)
            _require_not_cancelled(found)
            if found.status == "frozen":
                return CardChange(found, changed=False)
            # An approval is not asked for: freezing can be undone, and a stolen card is used within minutes.
            change = update(cards).where(cards.c.card_id == found.card_id, cards.c.status == "active")
            await session.execute(change.values(status="frozen"))
            return CardChange(replace(found, status="frozen"), changed=True)

        return await self._database.write(work)

    async def of_customer(self, tenant_id: str, customer_id: str) -> list[Card]:
        """The customer's cards in any state."""
        async with self._database.read() as session:
            return await _cards(session, _of(tenant_id, customer_id))

    async def freeze_all(self, tenant_id: str, customer_id: str) -> list[Card]:
        """Freeze every card that can be used; the cards that this call has frozen."""

        async def work(session: AsyncConnection) -> list[Card]:
            return await freeze_usable(session, tenant_id, customer_id)

        return await self._database.write(work)

    async def unfreeze_terms(self, tenant_id: str, customer_id: str, card: str | None = None) -> ActionTerms:
        """The terms of unfreezing a card; changes nothing.

        Raises `ToolRefused` as `freeze` does, and `card.not_frozen`.
        """
        async with self._database.read() as session:
            owned = await _cards(session, _of(tenant_id, customer_id))
        frozen = [item for item in owned if item.status == "frozen"]
        found = choose(frozen if card is None and frozen else owned, card)
        _require_not_cancelled(found)
        if found.status != "frozen":
            raise ToolRefused(f"The card ending {found.last_digits} is not frozen.", code="card.not_frozen")
        return ActionTerms(
            kind=UNFREEZE,
            tenant_id=tenant_id,
            customer_id=customer_id,
            title="Unfreeze a card",
            lines=(("Card", f"Debit card ··{found.last_digits}"), ("After that", "It can be used at once")),
            payload={"card_id": found.card_id, "last_digits": found.last_digits},
            sentence=f"Unfreeze the debit card ending {found.last_digits}.",
        )


async def freeze_usable(session: AsyncConnection, tenant_id: str, customer_id: str) -> list[Card]:
    """`CardsService.freeze_all` on the caller's transaction."""
    found = await _cards(session, to_change(_of(tenant_id, customer_id)))
    usable = [card for card in found if card.status == "active"]
    for card in usable:
        change = update(cards).where(cards.c.card_id == card.card_id, cards.c.status == "active")
        await session.execute(change.values(status="frozen"))
    return [replace(card, status="frozen") for card in usable]


def choose(owned: list[Card], wanted: str | None) -> Card:
    """The card that is meant. Raises `ToolRefused` (`card.none`, `card.not_found`, `card.which`)."""
    if not owned:
        raise ToolRefused("The customer has no card.", code="card.none")
    if wanted is not None:
        # The last four only: people read out the end of a card, and a full number must not be needed.
        digits = "".join(character for character in wanted if character.isdigit())[-4:]
        owned = [card for card in owned if wanted.strip() == card.card_id or digits == card.last_digits]
        if not owned:
            raise ToolRefused("The customer has no such card.", code="card.not_found")
    # Cancelled cards are left out of the choice, unless the customer has only those.
    usable = [card for card in owned if card.status != "cancelled"] or owned
    if len(usable) > 1:
        endings = ", ".join(f"··{card.last_digits}" for card in usable)
        # Asked and not guessed: freezing the wrong card leaves the stolen one in use.
        raise ToolRefused(f"The customer has several cards ({endings}); ask which one.", code="card.which")
    return usable[0]


def effects() -> list[Effect]:
    """The effect of an approved `card.unfreeze`."""
    return [Effect(kind=UNFREEZE, check=_objection, apply=_unfreeze)]


async def _objection(connection: AsyncConnection, proposal: Proposal) -> str | None:
    row = await _named(connection, proposal)
    if row is None:
        return "card.not_found"
    return None if row.status == "frozen" else "card.not_frozen"


async def _unfreeze(connection: AsyncConnection, proposal: Proposal, stamp: Stamp) -> ActionReceipt:
    row = await _named(connection, proposal)
    change = update(cards).where(cards.c.card_id == payload_of(proposal)["card_id"], cards.c.status == "frozen")
    # The state is part of the condition: a card that was cancelled in between stays cancelled.
    if row is None or (await connection.execute(change.values(status="active"))).rowcount != 1:
        raise action_refused("card.not_frozen")
    return ActionReceipt(
        result={"card_id": row.card_id, "status": "active"},
        sentence=f"Done: the debit card ending {row.last_digits} can be used again.",
    )


async def _named(connection: AsyncConnection, proposal: Proposal) -> Row[Any] | None:
    owned = (
        select(cards)
        .join(accounts, accounts.c.account_id == cards.c.account_id)
        .where(
            accounts.c.tenant_id == proposal.tenant_id,
            accounts.c.customer_id == proposal.customer_id,
            cards.c.card_id == payload_of(proposal)["card_id"],
        )
    )
    return (await connection.execute(owned)).one_or_none()


def _of(tenant_id: str, customer_id: str) -> Select[Any]:
    owned = select(accounts.c.account_id).where(
        accounts.c.tenant_id == tenant_id, accounts.c.customer_id == customer_id
    )
    return select(cards).where(cards.c.account_id.in_(owned)).order_by(cards.c.card_id)


async def _cards(session: AsyncConnection, query: Select[Any]) -> list[Card]:
    return [Card(**row._mapping) for row in await session.execute(query)]


def _require_not_cancelled(card: Card) -> None:
    if card.status == "cancelled":
        raise ToolRefused(f"The card ending {card.last_digits} is cancelled.", code="card.cancelled")
