"""Signing in by a provider: the way there, the way back, and the provider's word that a session is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from ultracore.audit import AuditTrail
from ultracore.banking import Bank, UserRecord
from ultracore.errors import OperatorError
from ultracore.identity import IdentityServices
from ultracore.keysets import TokenUnfit, read_unverified
from ultracore.oidc.assertions import ProxyAssertions
from ultracore.oidc.attempts import AuthorizationRequest, AuthorizationRequests
from ultracore.oidc.book import Digest, ProviderBook
from ultracore.oidc.endpoint import ProviderEndpoint
from ultracore.oidc.people import ProviderPeople
from ultracore.oidc.providers import Provider, read_providers
from ultracore.oidc.tokens import LONGEST_TOKEN, ProviderTokens
from ultracore.oidc.values import LogoutNotice, Proof, ProviderRefused
from ultracore.principal import Connection, Principal
from ultracore.settings import Settings

_LONGEST_CODE: Final = 4096


@dataclass(frozen=True, slots=True)
class _Party:
    """A provider with what asks it and reads its tokens."""

    provider: Provider
    endpoint: ProviderEndpoint
    tokens: ProviderTokens


class SignOn:
    """Every provider that is configured. Methods raise `ProviderRefused`, also for one that is unknown."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        public_address: str,
        attempts: AuthorizationRequests,
        book: ProviderBook,
        people: ProviderPeople,
    ) -> None:
        self.providers = providers
        self._public_address = public_address
        self._attempts = attempts
        self._book = book
        self._people = people
        self._parties = {name: _party(one) for name, one in providers.items() if one.assertion is None}
        self._proxies = {
            name: ProxyAssertions(one, one.assertion)
            for name, one in providers.items()
            if one.assertion is not None
        }

    async def begin(
        self, name: str, *, login_id: str = "", back: str = "/", again: bool = False
    ) -> tuple[str, AuthorizationRequest]:
        """The address for the browser, and what it keeps. `login_id` is of a person who connects an account."""
        party, attempt = self._party(name), self._attempts.begin(name, login_id=login_id, back=back)
        return await party.endpoint.address(attempt, self._redirect_uri(name), again=again), attempt

    async def complete(
        self, name: str, cookie: str, told: Mapping[str, str]
    ) -> tuple[AuthorizationRequest, Proof]:
        """Who came back, by the query that the provider has sent the browser with."""
        party = self._party(name)
        attempt = self._attempts.resume(name, cookie, told.get("state", ""))
        published = await party.endpoint.published()
        # Another provider's answer could be played to us as this one's (RFC 9207).
        if told.get("iss", None if published.names_itself else party.provider.issuer) != party.provider.issuer:
            raise ProviderRefused("issuer", "the answer is another provider's")
        code = told.get("code", "")
        if "error" in told or not 0 < len(code) <= _LONGEST_CODE:
            raise ProviderRefused("denied", "the provider answers that nobody signed in")
        token = await party.endpoint.id_token(code, attempt, self._redirect_uri(name))
        proof = await party.tokens.proof(token, attempt.nonce)
        await self._book.spend(proof)
        return attempt, proof

    def is_proxy(self, name: str) -> bool:
        """True for a proxy in front of the program: what it asserts comes with each request."""
        return name in self._proxies

    async def asserted(self, name: str, request: Request, *, spend: bool) -> Proof:
        """Who the proxy says that the person behind a request is. With `spend` the assertion counts once."""
        if name not in self._proxies:
            raise ProviderRefused("issuer", "no such proxy")
        proof = await self._proxies[name].proof(request)
        if spend:
            await self._book.spend(proof, "spent")
        return proof

    async def person(self, proof: Proof, connection: Connection) -> UserRecord:
        """Whose login the account signs in."""
        return await self._people.person(self.providers[proof.provider], proof, connection)

    def takes_password(self, person: UserRecord) -> bool:
        """Whether the person may sign in by password.

        In a tenant that signs in at its providers only the named logins may, each with a second factor.
        """
        ours = [one.break_glass for one in self.providers.values() if one.tenant_id == person.tenant_id]
        closed = [named for named in ours if named is not None]
        return not closed or (person.has_second_factor and any(person.user_id in named for named in closed))

    @property
    def closes_passwords(self) -> bool:
        """True if some people sign in at a provider only."""
        return any(one.break_glass is not None for one in self.providers.values())

    async def begun(self, proof: Proof, login_id: str) -> None:
        """The login session goes on with the provider's, and ends with it."""
        await self._book.begun(proof, login_id)

    async def connect(self, proof: Proof, principal: Principal, connection: Connection) -> None:
        """Let the account sign in a person who has just proved their password."""
        await self._people.connect(self.providers[proof.provider], principal, proof, connection)

    async def disconnect(self, name: str, principal: Principal, connection: Connection) -> None:
        """No account of the provider signs the person in any more."""
        await self._people.disconnect(self._provider(name), principal, connection)

    async def offered_to(self, principal: Principal) -> list[tuple[Provider, bool]]:
        """The providers of a person's tenant, each with whether an account there signs the person in."""
        known = await self._book.issuers_of(principal.user_id)
        fitting = [one for one in self.providers.values() if one.tenant_id == principal.tenant_id]
        return [(one, one.issuer in known) for one in fitting]

    async def notice(self, token: object) -> LogoutNotice:
        """A notice of sign-out, verified by the keys of the provider that it names."""
        try:
            _, claims = read_unverified(token, LONGEST_TOKEN)
        except TokenUnfit as error:
            raise ProviderRefused(error.reason, str(error)) from error
        issuer = claims.get("iss")
        name = next((one.name for one in self.providers.values() if one.issuer == issuer), "")
        return await self._party(name).tokens.logout(token)

    async def ended_by(self, notice: LogoutNotice, connection: Connection) -> list[str]:
        """The login sessions that end with the provider's. A notice without a session ends all of the person's."""
        login_ids = await self._book.end(notice)
        if notice.session is None and notice.subject is not None:
            provider = self._party(notice.provider).provider
            await self._people.end_sessions(provider, notice.subject, connection)
        return login_ids

    async def provider_of(self, login_id: str) -> str | None:
        """The provider that has begun a login session, if one has."""
        return await self._book.provider_of(login_id)

    async def exit(self, name: str) -> str | None:
        """The address at which the browser ends the provider's own session, if the provider has such a page."""
        return await self._party(name).endpoint.exit(f"{self._public_address}/login")

    def _redirect_uri(self, name: str) -> str:
        return f"{self._public_address}/oidc/{name}/callback"

    def _provider(self, name: str) -> Provider:
        if name not in self.providers:
            raise ProviderRefused("issuer", "no such provider")
        return self.providers[name]

    def _party(self, name: str) -> _Party:
        party = self._parties.get(name)
        if party is None:
            raise ProviderRefused("issuer", "no such provider")
        return party


def _party(provider: Provider) -> _Party:
    endpoint = ProviderEndpoint(provider)
    return _Party(provider, endpoint, ProviderTokens(endpoint))


def open_sign_on(
    settings: Settings, bank: Bank, trail: AuditTrail, identity: IdentityServices, digest: Digest
) -> SignOn | None:
    """The providers of the settings; None without any. Raises `OperatorError` for a file that cannot be meant."""
    providers = read_providers(settings.oidc_file, demo=settings.env == "demo")
    if not providers:
        return None
    proxied = [one.name for one in providers.values() if one.assertion is not None]
    if proxied and tuple(one.lower() for one in settings.trusted_proxies) in ((), ("none",)):
        raise OperatorError(
            f"ULTRACORE_OIDC_FILE: {proxied[0]} is a proxy; please list its network in ULTRACORE_TRUSTED_PROXIES.",
            code="settings.oidc",
        )
    book = ProviderBook(bank.database, digest)
    people = ProviderPeople(book, bank.users, identity, trail)
    # The same in every process that has the same key file, so that any of them takes the browser back.
    attempts = AuthorizationRequests(bytes.fromhex(digest(["oidc attempts"])))
    return SignOn(providers, settings.public_address, attempts, book, people)
