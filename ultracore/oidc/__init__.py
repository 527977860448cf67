"""Sign-ins by OpenID Connect: the bank's providers, the logins that they sign in, their word of sign-outs."""

from ultracore.oidc.assertions import PASSED_ON
from ultracore.oidc.attempts import COOKIE, LASTS_SECONDS, AuthorizationRequest, keep_attempt
from ultracore.oidc.providers import Provider, read_providers
from ultracore.oidc.service import SignOn, open_sign_on
from ultracore.oidc.values import SENTENCES, LogoutNotice, Proof, ProviderRefused, sentence_of

__all__ = [
    "COOKIE",
    "LASTS_SECONDS",
    "PASSED_ON",
    "SENTENCES",
    "AuthorizationRequest",
    "LogoutNotice",
    "Proof",
    "Provider",
    "ProviderRefused",
    "SignOn",
    "keep_attempt",
    "open_sign_on",
    "read_providers",
    "sentence_of",
]
