"""A bank, its record and the administration of its logins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pyotp

from tests.banking.ledgers import Ledger
from tests.banking.support import MovableClock
from ultracore.audit import AuditTrail
from ultracore.audit.defaults import master_key, open_store
from ultracore.banking import Bank
from ultracore.banking.access import FactorPolicy, Standings
from ultracore.identity import (
    Actor,
    Administration,
    Credentials,
    NewLogin,
    Passkeys,
    RelyingParty,
    SecondFactors,
)
from ultracore.identity.factor_book import Vault
from ultracore.principal import Connection, Role
from ultracore.settings import Settings

PASSWORD = "four plain words in a row"
ADMIN = Actor(name="admin1", tenant_id="tenant_1")
OPERATOR = Actor(name="operator:olga", tenant_id=None)
BROWSER = Connection("198.51.100.7", "Firefox")


@dataclass
class Phone:
    """An authenticator app that shows codes by the house's clock."""

    key: str
    clock: MovableClock
    recovery_codes: tuple[str, ...] = ()

    def code(self, *, steps: int = 0) -> str:
        """The code of this moment, or of so many steps of 30 seconds later."""
        return pyotp.TOTP(self.key).at(self.clock() + timedelta(seconds=30 * steps))

    def wrong(self) -> str:
        """Six digits that are no code within two steps of this moment."""
        near = {self.code(steps=steps) for steps in range(-2, 3)}
        return next(code for code in (f"{n:06d}" for n in range(6)) if code not in near)


@dataclass
class House:
    """The parts; `production` asks for two persons on the command line too."""

    bank: Bank
    trail: AuditTrail
    clock: MovableClock
    demo: Administration
    production: Administration
    credentials: Credentials
    factors: SecondFactors
    passkeys: Passkeys

    async def add(self, login: str, *roles: Role, tenant: str = "tenant_1", customer: str | None = None) -> None:
        """A login that can sign in, made by an operator of the demo."""
        new = NewLogin(login=login, tenant_id=tenant, roles=frozenset(roles), customer_id=customer)
        change = await self.demo.add(OPERATOR, new)
        await self.credentials.set_by_link(change.token or "", PASSWORD, BROWSER)

    async def enrol(self, login: str, password: str = "demo") -> Phone:
        """The phone of a login that has a second factor from now on."""
        begun = await self.factors.begin(login, password)
        phone = Phone(begun.key.replace(" ", ""), self.clock)
        phone.recovery_codes = await self.factors.confirm(login, phone.code(), BROWSER)
        self.clock.advance(30)
        return phone

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
    vault, policy = (
        Vault(master_key(Settings(data_dir=folder))),
        FactorPolicy(required=frozenset({Role.ADMINISTRATOR})),
    )
    factors = SecondFactors(bank.database, bank.users, trail, vault, policy, clock=clock)
    party = RelyingParty(rp_id="bank.example", origins=("https://bank.example",))
    try:
        yield House(
            bank=bank,
            trail=trail,
            clock=clock,
            demo=Administration(bank.database, trail, operators_alone=True, clock=clock),
            production=Administration(bank.database, trail, operators_alone=False, clock=clock),
            credentials=Credentials(bank.database, bank.users, trail, clock=clock),
            factors=factors,
            passkeys=Passkeys(bank.database, trail, vault, factors, party, clock=clock),
        )
    finally:
        await bank.close()
        await store.close()
