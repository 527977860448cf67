"""The providers of `ULTRACORE_OIDC_FILE`, a TOML file with a table for each."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from ultracore.errors import OperatorError
from ultracore.keysets import Network, Reach, may_be_fetched
from ultracore.principal import Role

_HEADER: Final = re.compile(r"[a-z][a-z0-9-]{0,63}")
# What browsers and programs send by themselves is no header that only a gateway writes.
_NO_GATEWAYS: Final = frozenset({"authorization", "cookie", "host", "origin", "x-forwarded-for"})
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")


class _Table(BaseModel):
    """One table of the file, as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str = Field(min_length=1, max_length=60)
    issuer: str = Field(max_length=200)
    client_id: str = Field(min_length=1, max_length=200)
    client_secret_file: Path | None = None
    assertion_header: str | None = None
    assertion_keys: str | None = None
    tenant: str = Field(min_length=1, max_length=64)
    scopes: tuple[str, ...] = ("openid", "profile")
    private_networks: tuple[str, ...] = ()
    second_factor_acr: tuple[str, ...] = ()
    create_logins: bool = False
    break_glass: tuple[str, ...] | None = None
    login_claim: str = "preferred_username"
    customer_claim: str | None = None
    roles_claim: str | None = None
    roles: dict[str, tuple[Role, ...]] = Field(default_factory=dict)

    @field_validator("scopes")
    @classmethod
    def _names_openid(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in value:
            raise ValueError("it must name openid")
        return value

    @field_validator("roles")
    @classmethod
    def _roles_of_staff(cls, value: dict[str, tuple[Role, ...]]) -> dict[str, tuple[Role, ...]]:
        if {role for roles in value.values() for role in roles} & {Role.CUSTOMER, Role.VISITOR}:
            raise ValueError("it gives roles of staff; customers are made by customer_claim")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomers:
    """How the first sign-in of an account makes a login, by claims of the provider."""

    login_claim: str
    customer_claim: str | None
    roles_claim: str | None
    roles: Mapping[str, Sequence[Role]]


@dataclass(frozen=True, slots=True)
class Assertion:
    """The header in which a proxy says who a person is, and the address of the keys that it signs with."""

    header: str
    keys: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A service at which people of one tenant sign in. `newcomers` is None if it makes no logins. One with an
    `assertion` is a proxy in front of the program, at which people have signed in before they come here.

    `break_glass` are the logins of the tenant that sign in by password all the same; None if each may.
    """

    name: str
    label: str
    issuer: str
    client_id: str
    client_secret: SecretStr | None
    tenant_id: str
    scopes: tuple[str, ...]
    reach: Reach
    second_factor_acr: frozenset[str]
    newcomers: Newcomers | None
    assertion: Assertion | None
    break_glass: frozenset[str] | None
    demo: bool

    @property
    def actor(self) -> str:
        """Under which name the record has what the provider brings about."""
        return f"oidc:{self.name}"

    def may_ask(self, address: object) -> bool:
        """True for https; in a demo also for http on this machine itself."""
        return isinstance(address, str) and may_be_fetched(address, demo=self.demo)


def read_providers(file: Path | None, *, demo: bool) -> Mapping[str, Provider]:
    """The providers by name. Raises `OperatorError` that says what to correct and quotes no secret."""
    if file is None:
        return {}
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _refused("it cannot be read as TOML") from error
    found = {name: _provider(name, table, demo=demo) for name, table in tables.items()}
    if len({one.issuer for one in found.values()}) < len(found):
        # A notice of sign-out names its issuer alone.
        raise _refused("each provider needs an issuer of its own")
    return found


def _provider(name: str, table: object, *, demo: bool) -> Provider:
    if not _NAME.fullmatch(name) or name == "backchannel-logout":
        raise _refused(f"{name} cannot be a provider's name: small letters, digits and hyphens")
    try:
        told = _Table.model_validate(table)
        networks = tuple(ipaddress.ip_network(one) for one in told.private_networks)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise _refused(f"{name}: {problems}") from error
    except ValueError as error:
        raise _refused(f"{name}: private_networks are networks such as 10.1.0.0/16") from error
    if not may_be_fetched(told.issuer, demo=demo):
        raise _refused(f"{name}: the issuer must begin with https:// and hold no password")
    return _of(name, told, networks, demo=demo)


def _of(name: str, told: _Table, networks: tuple[Network, ...], *, demo: bool) -> Provider:
    newcomers = Newcomers(
        login_claim=told.login_claim,
        customer_claim=told.customer_claim,
        roles_claim=told.roles_claim,
        roles=told.roles,
    )
    return Provider(
        name=name,
        label=told.label,
        issuer=told.issuer,
        client_id=told.client_id,
        client_secret=_secret(name, told.client_secret_file),
        tenant_id=told.tenant,
        scopes=told.scopes,
        reach=Reach(networks, loopback=demo),
        second_factor_acr=frozenset(told.second_factor_acr),
        assertion=_assertion(name, told, demo=demo),
        newcomers=newcomers if told.create_logins else None,
        break_glass=None if told.break_glass is None else frozenset(told.break_glass),
        demo=demo,
    )


def _assertion(name: str, told: _Table, *, demo: bool) -> Assertion | None:
    header, keys = told.assertion_header, told.assertion_keys
    if header is None and keys is None:
        return None
    if header is None or keys is None or told.client_secret_file is not None:
        raise _refused(f"{name}: a proxy has assertion_header and assertion_keys, and no client_secret_file")
    if not _HEADER.fullmatch(header.lower()) or header.lower() in _NO_GATEWAYS:
        raise _refused(f"{name}: assertion_header must be the name of a header that the proxy alone writes")
    if not may_be_fetched(keys, demo=demo):
        raise _refused(f"{name}: assertion_keys must begin with https:// and hold no password")
    return Assertion(header, keys)


def _secret(name: str, file: Path | None) -> SecretStr | None:
    if file is None:
        return None
    try:
        secret = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(f"{name}: client_secret_file cannot be read") from error
    if not secret:
        raise _refused(f"{name}: client_secret_file is empty")
    return SecretStr(secret)


def claim_of(claims: Mapping[str, Any], name: str) -> object:
    """A claim by its name, or by a path such as `realm_access.roles`."""
    found: object = claims.get(name)
    if found is None and "." in name:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _refused(sentence: str) -> OperatorError:
    return OperatorError(f"ULTRACORE_OIDC_FILE: {sentence}.", code="settings.oidc")
