"""A provider over HTTP: what it publishes about itself, its keys, and the exchange of a code for tokens.

Each request goes to an address that was checked: the name is resolved once, every answer must be allowed, and the
connection is made to that very machine, so that a name cannot change its meaning in between.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from ultracore.keysets import FETCH_SECONDS, PublishedKeys, Unfetched, exchanged, split
from ultracore.oidc.attempts import AuthorizationRequest
from ultracore.oidc.providers import Provider
from ultracore.oidc.values import ProviderRefused

logger = logging.getLogger(__name__)

KEPT_SECONDS: Final = 600.0
PAUSE_SECONDS: Final = 5.0
"""For so long a provider that did not answer is not asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a provider says about itself, checked."""

    authorization: str
    token: str
    keys: PublishedKeys
    end_session: str | None
    posts_secret: bool
    names_itself: bool
    """Whether its answers carry `iss` (RFC 9207)."""


class ProviderEndpoint:
    """Asks one provider."""

    def __init__(self, provider: Provider, clock: Callable[[], float] = time.monotonic) -> None:
        self.provider = provider
        self._clock = clock
        self._known: Published | None = None
        self._known_at = self._failed_at = float("-inf")
        self._asking = asyncio.Lock()

    async def published(self) -> Published:
        """What the provider says about itself, kept for ten minutes. Raises `ProviderRefused`."""
        async with self._asking:
            now = self._clock()
            if self._known is not None and now - self._known_at < KEPT_SECONDS:
                return self._known
            if now - self._failed_at < PAUSE_SECONDS:
                raise ProviderRefused("down", "the provider did not answer a moment ago")
            try:
                self._known = self._read(await self._fetched(_metadata_of(self.provider.issuer)))
            except ProviderRefused:
                self._failed_at = now
                raise
            self._known_at = now
            return self._known

    async def address(self, attempt: AuthorizationRequest, redirect_uri: str, *, again: bool) -> str:
        """The address at which a browser signs in. With `again` the provider asks the person anew."""
        told = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self.provider.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return _with((await self.published()).authorization, told | ({"prompt": "login"} if again else {}))

    async def exit(self, back: str) -> str | None:
        """The address at which a browser ends the provider's own session; None if it has no such page."""
        address = (await self.published()).end_session
        if address is None:
            return None
        return _with(address, {"client_id": self.provider.client_id, "post_logout_redirect_uri": back})

    async def id_token(self, code: str, attempt: AuthorizationRequest, redirect_uri: str) -> str:
        """The ID token for a code. Raises `ProviderRefused`."""
        published = await self.published()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
        }
        status, body = await self._ask("POST", published.token, *self._proving(form, published))
        if 400 <= status < 500:
            raise ProviderRefused("code", f"the provider refused the code with status {status}")
        token = _object(body).get("id_token") if status == 200 else None
        if not isinstance(token, str):
            raise ProviderRefused("down", f"the provider answered the code with status {status} and no ID token")
        return token

    def _proving(self, form: Mapping[str, str], published: Published) -> tuple[dict[str, str], dict[str, str]]:
        """The form and the headers of a request that proves which client we are."""
        provider, secret = self.provider, self.provider.client_secret
        if secret is None:
            return {**form, "client_id": provider.client_id}, {}
        if published.posts_secret:
            known = {"client_id": provider.client_id, "client_secret": secret.get_secret_value()}
            return {**form, **known}, {}
        return dict(form), {"Authorization": _basic(provider.client_id, secret.get_secret_value())}

    def _read(self, told: Mapping[str, Any]) -> Published:
        provider = self.provider
        if told.get("issuer") != provider.issuer:
            raise ProviderRefused("issuer", "the provider says that it is another one")
        wanted = (told.get("authorization_endpoint"), told.get("token_endpoint"), told.get("jwks_uri"))
        if not all(provider.may_ask(one) for one in wanted):
            raise ProviderRefused("provider", "the provider names an address that may not be asked")
        if "S256" not in _names(told, "code_challenge_methods_supported", "S256"):
            raise ProviderRefused("provider", "the provider knows no PKCE by S256")
        ways = _names(told, "token_endpoint_auth_methods_supported", "client_secret_basic")
        exit_page = told.get("end_session_endpoint")
        authorization, token, keys = (str(one) for one in wanted)
        return Published(
            authorization=authorization,
            token=token,
            keys=self.keys_at(keys),
            end_session=str(exit_page) if provider.may_ask(exit_page) else None,
            posts_secret="client_secret_basic" not in ways,
            names_itself=told.get("authorization_response_iss_parameter_supported") is True,
        )

    def keys_at(self, address: str) -> PublishedKeys:
        """The keys that are known already, if the address is the same: how often it is asked goes on counting."""
        known = self._known.keys if self._known is not None else None
        if known is not None and known.address == address:
            return known
        return PublishedKeys(address, self._clock, self._body_at)

    async def _fetched(self, address: str) -> Mapping[str, Any]:
        status, body = await self._ask("GET", address)
        if status != 200:
            raise ProviderRefused("down", f"the provider answers with status {status}")
        return _object(body)

    async def _body_at(self, address: str) -> bytes:
        try:
            status, body = await self._ask("GET", address)
        except ProviderRefused as error:
            raise Unfetched(error.message) from error
        if status != 200:
            raise Unfetched(f"the provider answers with status {status}")
        return body

    async def _ask(
        self,
        method: str,
        address: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Raises `ProviderRefused`."""
        parts = urlsplit(address)
        host = parts.hostname or ""
        try:
            machine = await self._machine(host, parts.port or (443 if parts.scheme == "https" else 80))
            number = f"[{machine}]" if ":" in machine else machine
            there = urlunsplit(parts._replace(netloc=number if parts.port is None else f"{number}:{parts.port}"))
            told = {"Host": parts.netloc, **(headers or {})}
            return await exchanged(method, there, headers=told, form=form, certified_as=host)
        except Unfetched as error:
            logger.warning("a provider could not be asked: %s", error, extra={"provider": self.provider.name})
            raise ProviderRefused("down", f"the provider could not be asked: {error}") from error

    async def _machine(self, host: str, port: int) -> str:
        """The number of the machine with that name. Raises `Unfetched` if it may not be asked."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError, TimeoutError) as error:
            raise Unfetched("its name is not known") from error
        machines = [str(one[4][0]) for one in found]
        if not machines or not all(self.provider.reach.allows(one) for one in machines):
            raise Unfetched("it is in a private network that is not listed")
        return machines[0]


def _metadata_of(issuer: str) -> str:
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def _with(address: str, told: Mapping[str, str]) -> str:
    """An address with more in its query."""
    parts = split(address)
    query = parts.query if parts is not None else ""
    bare = address.partition("?")[0]
    return f"{bare}?{query}{'&' if query else ''}{urlencode(told, quote_via=quote)}"


def _basic(client_id: str, secret: str) -> str:
    """Both are encoded as in a form first (RFC 6749, 2.3.1)."""
    text = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def _names(told: Mapping[str, Any], member: str, usual: str) -> list[Any]:
    """A list of names; what it means to say nothing is given."""
    value = told.get(member)
    return value if isinstance(value, list) else [usual]


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProviderRefused("down", "the provider's answer is no JSON") from error
    if not isinstance(told, dict):
        raise ProviderRefused("down", "the provider's answer is no object")
    return told
