"""Whose login an account at a provider signs in: found by issuer and subject, never by a name or an address.

An account that is connected to no login makes one only if the provider's table says so, and only with roles that
one administrator alone could give. Roles that take two persons count if the login has them here already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ultracore.audit import AuditTrail, Origin, Subject
from ultracore.audit.vocabulary import AccountConnected, IdentityResult
from ultracore.banking import UserRecord
from ultracore.banking.access import UsersService
from ultracore.errors import UltracoreError
from ultracore.identity import PRIVILEGED, Actor, IdentityRefused, IdentityServices, NewLogin
from ultracore.oidc.book import ProviderBook
from ultracore.oidc.providers import Newcomers, Provider, claim_of
from ultracore.oidc.values import Proof, ProviderRefused
from ultracore.principal import Connection, Principal, Role

_LONGEST_NAME: Final = 200


class ProviderPeople:
    """Finds, makes and connects logins. Methods raise `ProviderRefused`, and what ledger and record raise."""

    def __init__(
        self,
        book: ProviderBook,
        users: UsersService,
        identity: IdentityServices,
        trail: AuditTrail,
    ) -> None:
        self._book = book
        self._users = users
        self._identity = identity
        self._trail = trail

    async def person(self, provider: Provider, proof: Proof, connection: Connection) -> UserRecord:
        """Who has signed in."""
        actor = Actor(name=provider.actor, tenant_id=provider.tenant_id, connection=connection)
        known = await self._book.account(proof.issuer, proof.subject)
        if known is None:
            known = await self._made(provider, proof, actor)
        user_id, made_by = known
        if made_by == provider.actor and provider.newcomers is not None:
            await self._bring_up_to_date(provider.newcomers, proof, actor, user_id)
        person = await self._users.get(user_id)
        if person is None or person.tenant_id != provider.tenant_id:
            raise ProviderRefused("closed", "the login is closed, or of another tenant", user_id=user_id)
        if not self._identity.factors.accepts(person, proved_elsewhere=proof.has_second_factor):
            raise ProviderRefused("factor", "the provider has checked no second factor", user_id=user_id)
        return person

    async def connect(
        self, provider: Provider, principal: Principal, proof: Proof, connection: Connection
    ) -> None:
        """Let an account sign in a person who has proved their password just now."""
        if principal.tenant_id != provider.tenant_id:
            raise ProviderRefused("other", "the provider is another tenant's", user_id=principal.user_id)
        name = principal.user_id

        await self._told(provider, principal, connection, "success")
        try:
            await self._book.connect(proof, name, name)
        except UltracoreError:
            await self._told(provider, principal, connection, "failure")
            raise

    async def disconnect(self, provider: Provider, principal: Principal, connection: Connection) -> None:
        """No account of the provider signs the person in any more."""
        await self._told(provider, principal, connection, "success", action="disconnect")
        await self._book.disconnect(provider.issuer, principal.user_id)

    async def end_sessions(self, provider: Provider, subject: str, connection: Connection) -> None:
        """End every session of the login that an account signs in, if it signs one in."""
        known = await self._book.account(provider.issuer, subject)
        if known is not None:
            actor = Actor(name=provider.actor, tenant_id=provider.tenant_id, connection=connection)
            await self._identity.administration.revoke(actor, known[0], "provider")

    async def _made(self, provider: Provider, proof: Proof, actor: Actor) -> tuple[str, str]:
        if provider.newcomers is None:
            raise ProviderRefused("unknown", "the account is connected to no login")
        new = _new_login(provider, provider.newcomers, proof)

        try:
            connecting = self._book.connecting(proof, new.login, actor.name)
            await self._identity.administration.add(actor, new, connecting)
        except (IdentityRefused, ProviderRefused) as error:
            # Another window of the same person may have been faster.
            known = await self._book.account(proof.issuer, proof.subject)
            if known is not None:
                return known
            raise ProviderRefused("name", f"the login cannot be made: {error.code}") from error
        return new.login, actor.name

    async def _bring_up_to_date(self, newcomers: Newcomers, proof: Proof, actor: Actor, user_id: str) -> None:
        """Give and take what the claims say, of the roles that the provider may give; the others stay."""
        login = await self._identity.administration.book.find(user_id)
        if login is None or login.customer_id is not None:
            return
        wanted = _staff_roles(newcomers, proof.claims)
        held = {one.role for one in login.roles}
        given = {one.role for one in login.roles if one.given_by == actor.name}
        try:
            for role in sorted(wanted - held):
                await self._identity.administration.give_role(actor, user_id, role)
            for role in sorted(given - wanted):
                await self._identity.administration.take_role(actor, user_id, role)
        except IdentityRefused as error:
            raise ProviderRefused("role", f"the roles cannot be changed: {error.code}", user_id=user_id) from error

    async def _told(
        self,
        provider: Provider,
        principal: Principal,
        connection: Connection,
        result: IdentityResult,
        *,
        action: str = "connect",
    ) -> None:
        event = AccountConnected(login=principal.user_id, provider=provider.name, action=action, result=result)
        browser = {"ip_address": connection.ip_address, "user_agent": connection.user_agent}
        origin = Origin(principal.tenant_id, principal.user_id, **browser)
        await self._trail.write(event, origin, Subject.of(principal))


def _new_login(provider: Provider, newcomers: Newcomers, proof: Proof) -> NewLogin:
    """The login that the claims describe. Raises `ProviderRefused`."""
    login, name = claim_of(proof.claims, newcomers.login_claim), proof.claims.get("name")
    if not isinstance(login, str):
        raise ProviderRefused("name", "the claims hold no name for a login")
    roles, customer = _staff_roles(newcomers, proof.claims), _customer(newcomers, proof.claims)
    if customer is not None:
        # Who is both would see customers' data with a customer's session, or the other way round.
        roles = roles | {Role.CUSTOMER}
    if not roles:
        raise ProviderRefused("role", "the claims hold no role that the provider may give")
    return NewLogin(
        login=login,
        tenant_id=provider.tenant_id,
        roles=roles,
        name=name[:_LONGEST_NAME] if isinstance(name, str) else "",
        customer_id=customer,
    )


def _staff_roles(newcomers: Newcomers, claims: Mapping[str, object]) -> frozenset[Role]:
    """The roles for the claims, without those that take two persons."""
    said = claim_of(claims, newcomers.roles_claim) if newcomers.roles_claim is not None else None
    names = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    found = {role for name in names if isinstance(name, str) for role in newcomers.roles.get(name, ())}
    return frozenset(found - PRIVILEGED)


def _customer(newcomers: Newcomers, claims: Mapping[str, object]) -> str | None:
    said = claim_of(claims, newcomers.customer_claim) if newcomers.customer_claim is not None else None
    return said if isinstance(said, str) and 0 < len(said) <= 64 else None
