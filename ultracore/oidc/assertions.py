"""What a proxy in front of the program has signed about the person whose request it passes on.

The signature is what is believed, never that a header is there; and only a request that a listed proxy has passed
on is looked at. An assertion signs in once: a session that was revoked does not come back by the same one.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from typing import Final

from starlette.requests import Request

from ultracore.keysets import PublishedKeys, TokenUnfit, read_unverified, text_claim, time_claim, verified
from ultracore.oidc.endpoint import ProviderEndpoint
from ultracore.oidc.providers import Assertion, Provider
from ultracore.oidc.tokens import LEEWAY_SECONDS, LONGEST_TOKEN, check_party, says_second_factor
from ultracore.oidc.values import LONGEST_ID, Proof, ProviderRefused

PASSED_ON: Final = "ultracore.passed_on"
"""In the scope of a request: True if its peer is a listed proxy. No browser can write there."""
OLDEST_SECONDS: Final = 12 * 3_600
"""Gateways keep an assertion for a working day. What was used is remembered for longer."""


class ProxyAssertions:
    """Reads the assertions of one proxy. Everything but a good one raises `ProviderRefused`."""

    def __init__(self, provider: Provider, assertion: Assertion, clock: Callable[[], float] = time.time) -> None:
        self._provider = provider
        self._header = assertion.header
        self._keys: PublishedKeys = ProviderEndpoint(provider).keys_at(assertion.keys)
        self._clock = clock

    async def proof(self, request: Request) -> Proof:
        """Who the proxy says that the person is."""
        if request.scope.get(PASSED_ON) is not True:
            raise ProviderRefused("absent", "the request was passed on by no listed proxy")
        told = request.headers.getlist(self._header)
        if len(told) != 1:
            # Of two the proxy has written one at most, and which one cannot be told.
            raise ProviderRefused("absent", f"the request carries {len(told)} assertions")
        try:
            return await self._proof(told[0])
        except TokenUnfit as error:
            raise ProviderRefused(error.reason, str(error)) from error

    async def _proof(self, token: str) -> Proof:
        header, _ = read_unverified(token, LONGEST_TOKEN)
        claims = await verified(token, header, self._keys)
        check_party(claims, self._provider)
        now, issued, ends = self._clock(), time_claim(claims, "iat"), time_claim(claims, "exp")
        begins = time_claim(claims, "nbf") if "nbf" in claims else issued
        if max(issued, begins) > now + LEEWAY_SECONDS or issued < now - OLDEST_SECONDS:
            raise TokenUnfit("clock", "the assertion holds at another time, by our clock")
        if ends <= now - LEEWAY_SECONDS:
            raise TokenUnfit("clock", "the assertion is over, by our clock")
        if "events" in claims:
            raise TokenUnfit("claims", "the token is a notice and no assertion")
        # Of what is signed: the same claims can be written down with more than one signature.
        content = json.dumps(claims, sort_keys=True).encode()
        return Proof(
            provider=self._provider.name,
            issuer=self._provider.issuer,
            subject=text_claim(claims, "sub", LONGEST_ID),
            session=None,
            nonce=f"assertion {hashlib.sha256(content).hexdigest()}",
            has_second_factor=says_second_factor(claims, self._provider),
            claims=claims,
        )
