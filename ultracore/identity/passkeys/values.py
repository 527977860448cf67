"""Values of passkeys: for which site they count, what a list shows, and how an answer is refused."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from urllib.parse import urlsplit

from ultracore.identity.values import FactorRefused

NAME: Final = "UltraCore Bank"
ChallengePurpose = Literal["passkey", "sign_in", "step_up"]
_LOCAL: Final = "localhost"


class PasskeyRefused(FactorRefused):
    """An answer that is wrong, late, used already, or of a passkey that does not count; it is never said which."""

    default_code = "factor.passkey"
    default_sentence = "This passkey was not accepted. Please try again, or take a code of your app."


@dataclass(frozen=True, slots=True, kw_only=True)
class RelyingParty:
    """The site for which passkeys count: its name (`rp_id`), and the origins whose pages may ask for one."""

    rp_id: str
    origins: tuple[str, ...]

    @classmethod
    def of(cls, public_address: str, origins: Sequence[str]) -> RelyingParty | None:
        """The first address with a name that browsers take: https, or this machine's `localhost`; else None.

        Passkeys belong to names, not to numbers: `http://127.0.0.1` has none, and `http://localhost` has.
        """
        fit = [origin for origin in map(_origin_of, (public_address, *origins)) if _is_fit(origin)]
        if not fit:
            return None
        name = urlsplit(fit[0]).hostname or ""
        return cls(rp_id=name, origins=tuple(one for one in dict.fromkeys(fit) if urlsplit(one).hostname == name))

    @property
    def address(self) -> str:
        """The origins at which passkeys work."""
        return self.origins[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A passkey of a login; `is_closed` once a copy of it was used."""

    passkey_id: str
    name: str
    made_at: datetime
    last_used_at: datetime | None
    is_closed: bool


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _is_fit(origin: str) -> bool:
    parts = urlsplit(origin)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == _LOCAL or (parts.scheme == "https" and bool(host))
    return False
