"""What a provider has proved about a person, and why a sign-in by one is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ultracore.errors import SignInRefused

LONGEST_ID: Final = 255
_AGAIN: Final = "This sign-in was begun in another browser, or too long ago. Please begin again."
_UNTRUSTED: Final = (
    "The answer of the sign-in service could not be trusted, and nobody was signed in. Please tell the bank."
)
SENTENCES: Final[Mapping[str, str]] = {
    "state": _AGAIN,
    "used": _AGAIN,
    "spent": "This has signed you in once already. Please sign in anew at the service, or use your password.",
    "absent": (
        "Nothing that can be trusted says who you are. Please come by the bank's own way in, or use your password."
    ),
    "code": "The sign-in was used already, or took too long. Please begin again.",
    "denied": "The sign-in service did not let you in. Please try again, or call the bank.",
    "down": "The sign-in service does not answer. Please try again in a minute, or use your password.",
    "ours": "Something on our side does not answer, and nobody was signed in. Please try again in a minute.",
    "clock": "The clocks of the sign-in service and of this service do not agree. Please tell the bank.",
    "unknown": (
        "Your account at the sign-in service is connected to no login here. Sign in with your password and "
        "connect it on the page My login, or ask the bank."
    ),
    "closed": "Your login here is closed, or has no role any more. Please ask the bank.",
    "role": "The sign-in service names no role that it may give you here. Please ask an administrator.",
    "name": "A login of the name that the sign-in service gives cannot be made here. Please ask an administrator.",
    "factor": "Your role signs in with a second factor. Please use one at the sign-in service, and begin again.",
    "taken": "This account at the sign-in service is connected to a login already.",
    "ended": "You were signed out at the sign-in service. Please begin again.",
    "other": "You were signed in as somebody else meanwhile. Please begin again on the page My login.",
}
"""The sentence for each reason that has one of its own; the others say that the answer is not to be trusted."""


class ProviderRefused(SignInRefused):
    """The sign-in comes to nothing. `reason` is one word, which the record has after `oidc.`."""

    default_code = "oidc.refused"

    def __init__(self, reason: str, message: str, *, user_id: str | None = None) -> None:
        super().__init__(message, code=f"oidc.{reason}", sentence=sentence_of(reason))
        self.reason = reason
        self.user_id = user_id
        """The login that the account is connected to, if that is known."""


def sentence_of(reason: str) -> str:
    """What a person reads for a reason."""
    return SENTENCES.get(reason, _UNTRUSTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """An ID token that was verified: who signed in at which provider, and in which session of its own."""

    provider: str
    issuer: str
    subject: str
    session: str | None
    nonce: str
    has_second_factor: bool
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutNotice:
    """A provider says that a session of its own ended, or (`session` None) all of a person's."""

    provider: str
    issuer: str
    subject: str | None
    session: str | None
    token_id: str
