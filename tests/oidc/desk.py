"""Sign-ins at a provider, without the app: what a browser would carry, carried by the test."""

from __future__ import annotations

import http.client
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import anyio.to_thread
import pytest

from tests.banking.ledgers import Ledger
from tests.banking.support import MovableClock
from tests.oidc.provider_server import CLIENT, SECRET, Provider
from ultracore.audit import AuditTrail
from ultracore.audit.defaults import master_key, open_store
from ultracore.banking import Bank, UserRecord
from ultracore.identity import IdentityServices
from ultracore.oidc import AuthorizationRequest, Proof, ProviderRefused, SignOn, open_sign_on, read_providers
from ultracore.oidc import Provider as Configured
from ultracore.principal import Connection
from ultracore.settings import Settings

BROWSER = Connection("198.51.100.7", "Firefox")


def file_of(folder: Path, provider: Provider, more: str = "") -> Path:
    """A file of providers with one, `staff`; `more` is added to its table."""
    secret, file = folder / "secret", folder / "oidc.toml"
    secret.write_text(SECRET)
    file.write_text(
        f"""[staff]
label = "Staff & sign-in"
issuer = "{provider.url}"
client_id = "{CLIENT}"
client_secret_file = "{secret}"
tenant = "tenant_1"
second_factor_acr = ["urn:bank:two"]
{more}
"""
    )
    return file


def configured(folder: Path, provider: Provider, more: str = "") -> Configured:
    """The provider as the program has read it."""
    return read_providers(file_of(folder, provider, more), demo=True)["staff"]


@dataclass
class Desk:
    """The parts, and a browser's steps."""

    bank: Bank
    trail: AuditTrail
    identity: IdentityServices
    sign_on: SignOn
    provider: Provider

    async def go(self, name: str = "staff") -> tuple[AuthorizationRequest, dict[str, str]]:
        """There and back: what the browser remembers, and the query that it comes back with."""
        address, attempt = await self.sign_on.begin(name)
        return attempt, await anyio.to_thread.run_sync(_visit, address)

    async def prove(self, name: str = "staff") -> Proof:
        """A whole round trip."""
        attempt, told = await self.go(name)
        return (await self.sign_on.complete(name, attempt.cookie, told))[1]

    async def sign_in(self) -> UserRecord:
        """The person whom it signs in."""
        return await self.sign_on.person(await self.prove(), BROWSER)

    async def refused(self) -> str:
        """The reason why it signs in nobody."""
        with pytest.raises(ProviderRefused) as refusal:
            await self.sign_in()
        return refusal.value.reason

    async def connect(self, login: str) -> None:
        """Connect the provider's person with a login."""
        person = await self.bank.users.get(login)
        assert person is not None
        await self.sign_on.connect(await self.prove(), person.principal("login-1"), BROWSER)


def _visit(address: str) -> dict[str, str]:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    connection.request("GET", f"{parts.path}?{parts.query}")
    back = connection.getresponse().headers["Location"]
    connection.close()
    return dict(parse_qsl(urlsplit(back).query))


@asynccontextmanager
async def opened(
    ledger: Ledger, clock: MovableClock, folder: Path, provider: Provider, more: str = ""
) -> AsyncIterator[Desk]:
    """A desk over a ledger, with a record of its own."""
    settings = Settings(data_dir=folder, oidc_file=file_of(folder, provider, more))
    store = await open_store(settings)
    bank, trail = await Bank.open(ledger.url, clock=clock), AuditTrail(store=store)
    identity = IdentityServices.over(bank, trail, folder, master_key(settings), operators_alone=True, clock=clock)
    sign_on = open_sign_on(settings, bank, trail, identity, store.digest)
    assert sign_on is not None
    try:
        yield Desk(bank, trail, identity, sign_on, provider)
    finally:
        await bank.close()
        await store.close()
