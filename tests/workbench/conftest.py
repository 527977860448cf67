"""The pages of the workbench over a bank and a record of their own."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from ultracore.audit import AuditEvent
from ultracore.banking import Bank
from ultracore.banking.store.tables import loan_applications
from ultracore.chat.door import sentence_for, status_of
from ultracore.container import Core, core
from ultracore.principal import Connection, Principal, Role
from ultracore.settings import Settings
from ultracore.web import Door, PageTable, Site
from ultracore.workbench import WorkbenchParts, WorkbenchServer, add_workbench

ORIGIN = "http://bank.test"
Fields = dict[str, str | list[str]]


def person(user_id: str, *roles: Role, tenant: str = "tenant_1", customer: str | None = None) -> Principal:
    return Principal(
        tenant_id=tenant,
        user_id=user_id,
        login_id=f"login-{user_id}",
        roles=frozenset(roles),
        customer_id=customer,
        display_name=user_id.title(),
    )


PEOPLE = {
    one.user_id: one
    for one in (
        person("customer1", Role.CUSTOMER, customer="cust_1"),
        person("lender1", Role.LENDER),
        person("lender3", Role.LENDER),
        person("lender4", Role.LENDER, Role.AUDITOR),
        person("lender9", Role.LENDER, tenant="tenant_2"),
        person("supervisor1", Role.SUPERVISOR),
        person("supervisor2", Role.SUPERVISOR, tenant="tenant_2"),
        person("teller1", Role.TELLER),
        person("teller9", Role.TELLER, tenant="tenant_2"),
        person("security1", Role.SECURITY),
        person("security9", Role.SECURITY, tenant="tenant_2"),
        person("finance1", Role.FINANCE),
        person("finance9", Role.FINANCE, tenant="tenant_2"),
        person("auditor1", Role.AUDITOR),
        person("admin1", Role.ADMINISTRATOR),
    )
}


async def apply(bank: Bank, number: int, *, amount: int = 20_000, customer: str = "cust_1", by: str = "") -> str:
    """An application as a customer's button leaves it; its reference."""
    reference = f"L-TESTS-{number:05}"
    values = {
        "application_id": f"app_test_{number}",
        "reference": reference,
        "tenant_id": "tenant_2" if customer == "cust_9" else "tenant_1",
        "customer_id": customer,
        "user_id": by or "customer1",
        "purpose": ("car", "home", "business", "education", "other")[number % 5],
        "stated_purpose": "a <b>red</b> car",
        "amount_minor": amount * 100,
        "currency": "AUD",
        "term_months": 60,
        "annual_rate_basis_points": 895,
        "instalment_minor": 41_450,
        "met_rules": 1,
        "status": "submitted",
        "submitted_at": datetime.now(UTC),
        "intent_event_id": f"evt-test-{number}",
    }

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(insert(loan_applications).values(**values))

    await bank.database.write(work)
    return reference


@dataclass
class WorkbenchWorld:
    """An open bank and record, and the pages over them."""

    core: Core

    def __post_init__(self) -> None:
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
        self.table = PageTable(self.site)
        parts = WorkbenchParts(self.bank, self.core.trail)
        server = WorkbenchServer(lambda: parts, lambda request: Connection("10.0.0.1", "test"))
        add_workbench(self.table, self.site, server)

    @property
    def bank(self) -> Bank:
        return self.core.bank

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await (await self.table.answer(request))(scope, receive, send)

    async def _caller(self, request: Request) -> Principal | None:
        return PEOPLE.get(request.headers.get("x-who", ""))

    async def _deny(self, request: Request, principal: Principal) -> None:
        self.denied.append(f"{principal.user_id} {request.url.path}")

    async def events(self, action: str, tenant: str = "tenant_1") -> list[AuditEvent]:
        """What is on the record under an action, oldest first."""
        recent = await self.core.trail.get_recent_events(tenant, limit=100)
        return [event for event in reversed(recent) if event.action == action]

    @asynccontextmanager
    async def browser(self, who: str) -> AsyncIterator[Browser]:
        transport = httpx.ASGITransport(app=self)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"X-Who": who}) as client:
            yield Browser(client, self.site.tokens.of(f"login-{who}"))

    async def get(self, who: str, path: str) -> httpx.Response:
        async with self.browser(who) as browser:
            return await browser.get(path)

    async def send(self, who: str, path: str, **fields: str | list[str]) -> httpx.Response:
        async with self.browser(who) as browser:
            return await browser.send(path, fields)


@dataclass
class Browser:
    """A person's browser: reads pages, and sends the forms that it found on them."""

    client: httpx.AsyncClient
    token: str

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def send(self, path: str, fields: Mapping[str, str | list[str]]) -> httpx.Response:
        form = {"form_token": self.token, **fields}
        return await self.client.post(path, data=form, headers={"Origin": ORIGIN}, follow_redirects=True)


@pytest.fixture
async def bench(seeded_data: Path, tmp_path: Path) -> AsyncIterator[WorkbenchWorld]:
    shutil.copytree(seeded_data, tmp_path / "data")
    async with core(Settings(data_dir=tmp_path / "data")) as opened:
        yield WorkbenchWorld(opened)
