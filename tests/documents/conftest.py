"""The whole program with customers in it, and its pages of documents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx
import pypdfium2
import pytest
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from tests.ai.conftest import scripted_model, settings
from tests.ai.screen import Desk, principal, staff
from tests.support.scripted_model import ScriptedModel
from ultracore.audit import AuditEvent, AuditEventType, EventFilter
from ultracore.chat.door import sentence_for, status_of
from ultracore.documents import DocumentServer, document_files, document_pages
from ultracore.principal import Connection, Principal, Role
from ultracore.settings import Settings
from ultracore.web import Door, PageTable, Site

__all__ = ["scripted_model", "settings"]

ORIGIN = "http://bank.test"
PEOPLE = {
    one.user_id: one
    for one in (
        principal("customer2", "cust_2"),
        principal("customer9", "cust_9", "tenant_2"),
        staff("teller1", Role.TELLER),
        staff("supervisor1", Role.SUPERVISOR),
    )
}


def text_of(pdf: bytes) -> str:
    """What a reader gets from the pages, in their order."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()
    return "\n".join(pages).replace("\u200b", "")


@dataclass
class DocumentWorld:
    """`customer1` at a desk, and the pages for everybody."""

    desk: Desk

    def __post_init__(self) -> None:
        self.people = {**PEOPLE, "customer1": self.desk.who}
        door = Door(
            caller=self._caller,
            denied=self._deny,
            explain=lambda error, path: (status_of(error), sentence_for(error, where=path, phone="13 00 00 00")),
            origins=(ORIGIN,),
            form_key=b"k" * 32,
            phone="13 00 00 00",
        )
        self.door = door
        self.table = self.pages(Site(door))

    def give_files_alone(self) -> None:
        """From here on as in the widget's frame."""
        parts = self.desk.app.document_parts
        server = DocumentServer(lambda: parts, lambda request: Connection("10.0.0.1", "test"))
        self.table = document_files(Site(replace(self.door, has_sign_in=False)), server)

    def pages(self, site: Site) -> PageTable:
        """The pages that are tested, over this site."""
        parts = self.desk.app.document_parts
        server = DocumentServer(lambda: parts, lambda request: Connection("10.0.0.1", "test"))
        return document_pages(site, server)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await self.table.answer(Request(scope, receive)))(scope, receive, send)

    async def _caller(self, request: Request) -> Principal | None:
        return self.people.get(request.headers.get("x-who", ""))

    async def _deny(self, request: Request, principal: Principal) -> None:
        """The page stays closed; the record of it is the chat's."""

    @asynccontextmanager
    async def browser(self, who: str = "customer1") -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(app=self)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"X-Who": who}) as client:
            yield client

    async def get(self, path: str, who: str = "customer1") -> httpx.Response:
        async with self.browser(who) as browser:
            return await browser.get(path)

    async def told(self, event_type: AuditEventType) -> list[AuditEvent]:
        """What the record has of this type, newest first."""
        store = await self.desk.app.trail.store()
        return await store.recent(EventFilter(tenant_id="tenant_1", types=frozenset({event_type})), limit=50)


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[DocumentWorld]:
    """The offline model answers."""
    async with Desk.open(settings, ScriptedModel()) as desk:
        yield DocumentWorld(desk)
