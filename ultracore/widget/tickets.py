"""Tickets to the page on which a card of the frame is decided: sealed, short, for one button, each good once."""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.store import Database
from ultracore.banking.store.tables import widget_codes
from ultracore.errors import CustomerError
from ultracore.widget.sessions import Clock, Digest, utc_now

_KEPT: Final = timedelta(minutes=10)
_LONGEST: Final = 2048


class TicketStep(StrEnum):
    """What a ticket is for: to open the page, or for the one answer of the page that it has opened."""

    OPEN = "open"
    ANSWER = "answer"


GOOD_FOR: Final = {TicketStep.OPEN: timedelta(seconds=60), TicketStep.ANSWER: timedelta(minutes=5)}


class TicketRefused(CustomerError):
    """The ticket is none of ours, too old, or was used before."""

    default_code = "ticket.refused"
    default_sentence = (
        "This page is not good any more, and has decided nothing. Your conversation says what has become of your "
        "request."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalTicket:
    """For one button of one login session. Only the sealed form leaves the server."""

    ticket_id: str
    step: TicketStep
    login_id: str
    approval_id: str
    issued_at: datetime


class ApprovalTickets:
    """Seals, opens and spends tickets, the same on every replica. The database keeps digests of spent ones."""

    def __init__(self, database: Database, digest: Digest, clock: Clock = utc_now) -> None:
        self._database = database
        self._digest = digest
        self._clock = clock
        self._box = Fernet(urlsafe_b64encode(bytes.fromhex(digest(["approval tickets"]))))

    def issue(self, step: TicketStep, login_id: str, approval_id: str) -> str:
        """A new ticket, sealed: who reads it learns neither the login session nor the button."""
        issued = self._clock().timestamp()
        told = [secrets.token_urlsafe(16), step.value, login_id, approval_id, issued]
        return self._box.encrypt(json.dumps(told).encode()).decode()

    def read(self, text: str, step: TicketStep) -> ApprovalTicket:
        """The ticket, which stays good. Raises `TicketRefused`."""
        try:
            told = self._box.decrypt(text[: _LONGEST + 1].encode("utf-8", "replace"))
        except InvalidToken as error:
            raise TicketRefused("no ticket of ours", code="ticket.unknown") from error
        ticket_id, of_step, login_id, approval_id, issued = json.loads(told)
        if of_step != step.value:
            raise TicketRefused("a ticket for another step", code="ticket.unknown")
        issued_at = datetime.fromtimestamp(issued, UTC)
        if issued_at + GOOD_FOR[step] <= self._clock():
            raise TicketRefused("the ticket is too old", code="ticket.expired")
        return ApprovalTicket(
            ticket_id=ticket_id, step=step, login_id=login_id, approval_id=approval_id, issued_at=issued_at
        )

    async def spend(self, ticket: ApprovalTicket) -> None:
        """Use it up. Raises `TicketRefused` if it was used before, and `LedgerUnavailable`."""
        spent = self._digest(["approval ticket", ticket.ticket_id])
        kept_until = ticket.issued_at + GOOD_FOR[ticket.step] + _KEPT

        async def work(connection: AsyncConnection) -> None:
            known = select(widget_codes.c.code_digest).where(widget_codes.c.code_digest == spent)
            if (await connection.execute(known)).first() is not None:
                raise TicketRefused("the ticket was used before", code="ticket.used")
            await connection.execute(insert(widget_codes).values(code_digest=spent, kept_until=kept_until))

        await self._database.write(work)
