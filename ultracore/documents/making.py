"""Gathers what a document is made from, for the customer whom it is about, and puts it on the record first."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from ultracore.audit import Origin, Subject
from ultracore.audit.reports import DOWNLOAD
from ultracore.audit.vocabulary import DocumentDownloaded, DocumentRefused
from ultracore.documents.conversation import conversation_document, conversation_text, shown_to_customer
from ultracore.documents.ofx import statement_ofx
from ultracore.documents.parts import DocumentParts
from ultracore.documents.receipt import receipt_document
from ultracore.documents.statement import statement_document, statement_sheet
from ultracore.errors import InvalidInput, RateLimited, ToolRefused
from ultracore.principal import Connection, Principal
from ultracore.web import NoSuchPage

MOST_LINES: Final = 2_000
"""Lines of a statement that is taken away: more than a year of an account that is used every day."""
MOST_EVENTS: Final = 5_000
"""Events of a conversation that is taken away."""
DOWNLOADS_AN_HOUR: Final = 60
_HOUR: Final = 3600.0
_TOO_MANY: Final = "You have downloaded many documents just now. Please try again in an hour."
_TOO_LONG: Final = (
    f"That conversation has more than {MOST_EVENTS:,} parts, which is too long for one file. All of it is in the "
    "copy of your data, at My data."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementWish:
    """A statement that is asked for."""

    account_id: str
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the documents of one customer. What is somebody else's is answered as what is not there.

    A document is on the record before it is given. Raises `NoSuchPage`, `RateLimited`, `AuditUnavailable`,
    `CacheUnavailable`, `LedgerUnavailable`, and `InvalidInput` for what cannot be made.
    """

    parts: DocumentParts
    principal: Principal
    connection: Connection
    now: datetime

    async def statement(self, wanted: StatementWish, form: str) -> bytes:
        """The statement as `pdf`, `csv` or `ofx`."""
        await self._admit()
        tenant_id, customer_id = self.principal.tenant_id, self._customer_id()
        asked = (wanted.account_id, wanted.since, wanted.until)
        try:
            found = await self.parts.bank.statements.statement(tenant_id, customer_id, *asked, most=MOST_LINES)
        except ToolRefused as error:
            if error.code == "account.not_found":
                raise await self._not_theirs("statement") from error
            raise InvalidInput("no such statement", code="document.period", sentence=error.sentence) from error
        period = {"from": found.since.isoformat(), "to": found.until.isoformat()}
        await self._tell("statement", wanted.account_id, form, period)
        match form:
            case "csv":
                return await asyncio.to_thread(statement_sheet, found)
            case "ofx":
                return await asyncio.to_thread(statement_ofx, found, self.now)
            case _:
                return await self.parts.typesetter.pdf(statement_document(found, await self._holder(), self.now))

    async def receipt(self, number: str) -> bytes:
        """The receipt of a payment as PDF."""
        await self._admit()
        found = await self.parts.bank.proposals.paid(self.principal.tenant_id, self._customer_id(), number)
        if found is None:
            raise await self._not_theirs("receipt")
        await self._tell("receipt", number, "pdf")
        return await self.parts.typesetter.pdf(receipt_document(*found, await self._holder(), self.now))

    async def conversation(self, conversation_id: str, form: str) -> bytes:
        """A conversation of this login's own list as `pdf` or `txt`, from the record."""
        await self._admit()
        store = await self.parts.trail.store()
        # The list knows what the person has taken off it; the record, whose the conversation is.
        entry = await self.parts.threads.get(self.principal, conversation_id)
        stream = await store.stream(conversation_id)
        if entry is None or stream is None or stream.tenant_id != self.principal.tenant_id:
            raise await self._not_theirs("conversation")
        if stream.customer_id != self.principal.customer_id or stream.user_id != self.principal.user_id:
            raise await self._not_theirs("conversation")
        if stream.events > MOST_EVENTS:
            raise InvalidInput("a conversation that is too long", code="document.too_long", sentence=_TOO_LONG)
        events = await store.events(conversation_id)
        await self._tell("conversation", conversation_id, form)
        items = await asyncio.to_thread(shown_to_customer, events)
        if form == "txt":
            text = await asyncio.to_thread(conversation_text, entry.title, items, self.now)
            return text.encode()
        document = await asyncio.to_thread(conversation_document, entry.title, items, self.now)
        return await self.parts.typesetter.pdf(document)

    def _customer_id(self) -> str:
        if self.principal.customer_id is None:
            raise NoSuchPage("a login without a customer has no documents")
        return self.principal.customer_id

    async def _holder(self) -> str:
        customer = await self.parts.bank.customers.get(self.principal.tenant_id, self._customer_id())
        return customer.name

    async def _admit(self) -> None:
        key = f"documents:{self.principal.tenant_id}:{self.principal.user_id}"
        decision = await self.parts.limiter.hit(key, DOWNLOADS_AN_HOUR, _HOUR)
        if not decision.allowed:
            raise RateLimited(
                "too many documents",
                retry_after=decision.retry_after,
                code="document.too_many",
                sentence=_TOO_MANY,
            )

    async def _tell(self, document: str, of: str, form: str, period: dict[str, str] | None = None) -> None:
        event = DocumentDownloaded(document=document, of=of, form=form, action=DOWNLOAD, period=period)
        await self.parts.trail.write(event, self._origin(), Subject.of(self.principal))

    async def _not_theirs(self, document: str) -> NoSuchPage:
        await self.parts.trail.write(DocumentRefused(document), self._origin(), Subject.of(self.principal))
        return NoSuchPage(f"no {document} of this customer")

    def _origin(self) -> Origin:
        return Origin(
            self.principal.tenant_id,
            self.principal.user_id,
            ip_address=self.connection.ip_address,
            user_agent=self.connection.user_agent,
        )
