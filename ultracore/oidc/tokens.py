"""What a provider has signed: an ID token for a sign-in, and a notice that a session of its own ended."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from ultracore.keysets import TokenUnfit, read_unverified, text_claim, time_claim, verified
from ultracore.oidc.endpoint import ProviderEndpoint
from ultracore.oidc.providers import Provider
from ultracore.oidc.values import LONGEST_ID, LogoutNotice, Proof, ProviderRefused

LONGEST_TOKEN: Final = 16 * 1024
LEEWAY_SECONDS: Final = 60
"""By how much the clocks of a provider and of this machine may differ."""
OLDEST_SECONDS: Final = 600
"""A token is asked for and used at once: an older one is somebody's copy."""
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_MULTIPLE: Final = "mfa"


class ProviderTokens:
    """Reads the tokens of one provider. Everything but a good one raises `ProviderRefused`."""

    def __init__(self, endpoint: ProviderEndpoint, clock: Callable[[], float] = time.time) -> None:
        self._endpoint = endpoint
        self._provider = endpoint.provider
        self._clock = clock

    async def proof(self, token: str, nonce: str) -> Proof:
        """What an ID token says, which was made for the sign-in with this nonce."""
        claims = await self._claims(token)
        try:
            check_party(claims, self._provider)
            self._check_times(claims)
            said = claims.get("nonce")
            if not isinstance(said, str) or not hmac.compare_digest(
                said.encode("utf-8", "replace"), nonce.encode()
            ):
                raise TokenUnfit("nonce", "the token was made for another sign-in")
            if "events" in claims:
                raise TokenUnfit("claims", "the token is a notice and no ID token")
            return Proof(
                provider=self._provider.name,
                issuer=self._provider.issuer,
                subject=text_claim(claims, "sub", LONGEST_ID),
                session=text_claim(claims, "sid", LONGEST_ID) if "sid" in claims else None,
                nonce=nonce,
                has_second_factor=says_second_factor(claims, self._provider),
                claims=claims,
            )
        except TokenUnfit as error:
            raise ProviderRefused(error.reason, str(error)) from error

    async def logout(self, token: object) -> LogoutNotice:
        """What a notice of sign-out says."""
        claims = await self._claims(token)
        try:
            check_party(claims, self._provider)
            self._check_age(claims)
            events = claims.get("events")
            if not isinstance(events, Mapping) or not isinstance(events.get(LOGOUT_EVENT), Mapping):
                raise TokenUnfit("events", "the token is no notice of a sign-out")
            # An ID token has a nonce: a page of the browser sees those, and may end no session.
            if "nonce" in claims:
                raise TokenUnfit("nonce", "a notice of sign-out has no nonce")
            subject = text_claim(claims, "sub", LONGEST_ID) if "sub" in claims else None
            session = text_claim(claims, "sid", LONGEST_ID) if "sid" in claims else None
            if subject is None and session is None:
                raise TokenUnfit("claims", "the notice names neither a person nor a session")
            return LogoutNotice(
                provider=self._provider.name,
                issuer=self._provider.issuer,
                subject=subject,
                session=session,
                token_id=text_claim(claims, "jti", LONGEST_ID),
            )
        except TokenUnfit as error:
            raise ProviderRefused(error.reason, str(error)) from error

    async def _claims(self, token: object) -> dict[str, Any]:
        try:
            header, _ = read_unverified(token, LONGEST_TOKEN)
            return await verified(str(token), header, (await self._endpoint.published()).keys)
        except TokenUnfit as error:
            raise ProviderRefused(error.reason, str(error)) from error

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = self._clock()
        time_claim(claims, "exp")
        if "nbf" in claims and time_claim(claims, "nbf") > now + LEEWAY_SECONDS:
            raise TokenUnfit("clock", "the token does not hold yet, by our clock")
        self._check_age(claims)

    def _check_age(self, claims: Mapping[str, Any]) -> None:
        now, issued = self._clock(), time_claim(claims, "iat")
        if issued > now + LEEWAY_SECONDS:
            raise TokenUnfit("clock", "the token was made in the future, by our clock")
        if issued < now - OLDEST_SECONDS:
            raise TokenUnfit("clock", "the token was made long ago, by our clock")
        if "exp" in claims and time_claim(claims, "exp") <= now - LEEWAY_SECONDS:
            raise TokenUnfit("clock", "the token is over, by our clock")


def check_party(claims: Mapping[str, Any], provider: Provider) -> None:
    """That a token is by this provider and for us. Raises `TokenUnfit`."""
    ours = provider.client_id
    if claims.get("iss") != provider.issuer:
        raise TokenUnfit("issuer", "the token is another issuer's")
    audience = claims.get("aud")
    meant = audience if isinstance(audience, list) else [audience]
    if ours not in meant:
        raise TokenUnfit("audience", "the token is for another program")
    if claims.get("azp", ours) != ours or (len(meant) > 1 and "azp" not in claims):
        raise TokenUnfit("audience", "the token was given to another program")


def says_second_factor(claims: Mapping[str, Any], provider: Provider) -> bool:
    """By `amr` (RFC 8176), or by an `acr` that the file of providers names."""
    methods, level = claims.get("amr"), claims.get("acr")
    multiple = isinstance(methods, list) and _MULTIPLE in methods
    return multiple or (isinstance(level, str) and level in provider.second_factor_acr)
