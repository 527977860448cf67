"""The desk's pages over a bank and a record of their own, with a browser for each person."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from ultracore.ai.persons import Persons
from ultracore.audit import ConversationRecord, TurnRecord
from ultracore.audit.index import AuditIndex
from ultracore.audit.index.defaults import open_index
from ultracore.cache import RedisClient
from ultracore.cache.nodes import RedisEndpoint
from ultracore.cache.stores import RuntimeStores
from ultracore.chat.door import sentence_for, status_of
from ultracore.container import Core, core
from ultracore.desk import DeskParts, DeskServer, QueueWatch, desk_pages, read_queue_rules, read_scorecard
from ultracore.principal import Connection, Principal, Role
from ultracore.settings import Settings
from ultracore.web import Door, Site

ORIGIN = "http://bank.test"


def person(user_id: str, role: Role, tenant: str = "tenant_1", customer: str | None = None) -> Principal:
    return Principal(
        tenant_id=tenant,
        user_id=user_id,
        login_id=f"login-{user_id}",
        roles=frozenset({role}),
        customer_id=customer,
        display_name=user_id.title(),
    )


CUSTOMER = person("customer1", Role.CUSTOMER, customer="cust_1")
PEOPLE = {
    one.user_id: one
    for one in (
        CUSTOMER,
        person("supervisor1", Role.SUPERVISOR),
        person("supervisor3", Role.SUPERVISOR),
        person("supervisor2", Role.SUPERVISOR, "tenant_2"),
        person("auditor1", Role.AUDITOR),
        person("teller1", Role.TELLER),
        person("admin1", Role.ADMINISTRATOR),
    )
}


@dataclass
class DeskWorld:
    """An open bank and record, and the pages over them."""

    core: Core
    index: AuditIndex

    def __post_init__(self) -> None:
        self.rules = read_queue_rules(None)
        self.watch = QueueWatch(self.core.trail, self.core.bank, self.rules, self.persons())
        self.denied: list[str] = []
        door = Door(
            caller=self._caller,
            denied=self._deny,
            explain=lambda error, path: (status_of(error), sentence_for(error, where=path, phone="13 00 00 00")),
            origins=(ORIGIN,),
            form_key=b"k" * 32,
            phone="13 00 00 00",
        )
        self.site = Site(door)
        self.parts = DeskParts(
            bank=self.core.bank,
            trail=self.core.trail,
            rules=self.rules,
            scorecard=read_scorecard(None),
            persons=self.persons(),
            index=self.index,
        )
        self.table = desk_pages(
            self.site, DeskServer(lambda: self.parts, lambda request: Connection("10.0.0.1", "test"))
        )

    async def indexed(self) -> None:
        """Bring the index up to the record."""
        rows = await self.core.store.read(lambda reader: [row.published() for row in reader.stored()])
        await self.index.apply(rows)

    def persons(self) -> Persons:
        """Without a Redis, which these pages need only to let somebody talk."""
        bank, trail = self.core.bank, self.core.trail
        stores = RuntimeStores.over(RedisClient(RedisEndpoint(port=1)), secret=b"s" * 32)
        return Persons(bank.cases, bank.claims, trail, stores.conversations, stores.turns)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await (await self.table.answer(request))(scope, receive, send)

    async def _caller(self, request: Request) -> Principal | None:
        return PEOPLE.get(request.headers.get("x-who", ""))

    async def _deny(self, request: Request, principal: Principal) -> None:
        self.denied.append(f"{principal.user_id} {request.url.path}")

    def conversation(self, conversation_id: str, who: Principal = CUSTOMER) -> TurnRecord:
        return ConversationRecord(self.core.trail, who, conversation_id).turn("turn-1", "7F3A-0001")

    @asynccontextmanager
    async def browser(self, who: str = "supervisor1") -> AsyncIterator[Browser]:
        transport = httpx.ASGITransport(app=self)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"X-Who": who}) as client:
            yield Browser(client, self.site.tokens.of(f"login-{who}"))


@dataclass
class Browser:
    """A person's browser: reads pages, and sends the forms that it found on them."""

    client: httpx.AsyncClient
    token: str

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def send(self, path: str, fields: Mapping[str, str]) -> httpx.Response:
        form = {"form_token": self.token, **fields}
        return await self.client.post(path, data=form, headers={"Origin": ORIGIN}, follow_redirects=True)

    async def links(self, path: str, pattern: str) -> list[str]:
        return re.findall(rf'href="({pattern})"', (await self.get(path)).text)


@pytest.fixture
async def desk(seeded_data: Path, tmp_path: Path) -> AsyncIterator[DeskWorld]:
    shutil.copytree(seeded_data, tmp_path / "data")
    settings = Settings(data_dir=tmp_path / "data")
    async with core(settings) as opened:
        index = await open_index(settings, opened.store)
        yield DeskWorld(opened, index)
        await index.close()
