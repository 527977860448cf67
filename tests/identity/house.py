"""A bank, its record and the administration of its logins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.banking.ledgers import Ledger
from tests.banking.support import MovableClock
from ultracore.audit import AuditTrail
from ultracore.audit.defaults import open_store
from ultracore.banking import Bank
from ultracore.banking.access import Standings
from ultracore.identity import Actor, Administration, Credentials, NewLogin
from ultracore.principal import Connection, Role
from ultracore.settings import Settings

PASSWORD = "four plain words in a row"
ADMIN = Actor(name="admin1", tenant_id="tenant_1")
OPERATOR = Actor(name="operator:olga", tenant_id=None)
BROWSER = Connection("198.51.100.7", "Firefox")


@dataclass
class House:
    """The parts; `production` asks for two persons on the command line too."""

    bank: Bank
    trail: AuditTrail
    clock: MovableClock
    demo: Administration
    production: Administration
    credentials: Credentials

    async def add(self, login: str, *roles: Role, tenant: str = "tenant_1", customer: str | None = None) -> None:
        """A login that can sign in, made by an operator of the demo."""
        new = NewLogin(login=login, tenant_id=tenant, roles=frozenset(roles), customer_id=customer)
        change = await self.demo.add(OPERATOR, new)
        await self.credentials.set_by_link(change.token or "", PASSWORD, BROWSER)

    async def second_administrator(self) -> Actor:
        """Another administrator of the first tenant."""
        await self.add("boss2", Role.ADMINISTRATOR)
        return Actor(name="boss2", tenant_id="tenant_1")

    async def events(self, tenant: str = "tenant_1") -> list[str]:
        """What was recorded, oldest first: type, action, result, whom it is about."""
        kept = await self.trail.get_recent_events(tenant)
        told = (f"{one.event_type.value} {one.action} {one.result} {one.resource_id}" for one in kept)
        return [*told][::-1]

    async def roles(self, login: str) -> set[Role]:
        """The roles that count now."""
        record = await self.bank.users.get(login)
        return set(record.roles) if record is not None else set()

    def standings(self) -> Standings:
        """As another process has them, without the second for which it keeps an answer."""
        return Standings(self.bank.users, fresh_seconds=0)


@asynccontextmanager
async def opened(ledger: Ledger, clock: MovableClock, folder: Path) -> AsyncIterator[House]:
    """A house over a ledger, with a record of its own."""
    store = await open_store(Settings(data_dir=folder))
    bank, trail = await Bank.open(ledger.url, clock=clock), AuditTrail(store=store)
    try:
        yield House(
            bank=bank,
            trail=trail,
            clock=clock,
            demo=Administration(bank.database, trail, operators_alone=True, clock=clock),
            production=Administration(bank.database, trail, operators_alone=False, clock=clock),
            credentials=Credentials(bank.database, bank.users, trail, clock=clock),
        )
    finally:
        await bank.close()
        await store.close()
