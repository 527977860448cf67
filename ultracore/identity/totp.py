"""One-time codes by time (RFC 6238): six digits, a new one every 30 seconds, from a key in a person's phone."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from typing import Final

import pyotp
import segno

ISSUER: Final = "UltraCore Bank"
_STEP_SECONDS: Final = 30
_DIGITS: Final = 6
# A clock that is half a minute off, and a code that was typed at the end of its time.
_AROUND: Final = (-1, 0, 1)
_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"
_RECOVERY_LETTERS: Final = 10
RECOVERY_CODES: Final = 10


def new_secret() -> str:
    """160 random bits in base32, as authenticator apps take them."""
    return pyotp.random_base32()


def in_groups(secret: str) -> str:
    """The key as a person types it over."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def address_of(secret: str, login: str) -> str:
    """The `otpauth://` address that an authenticator app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


def picture_of(address: str) -> str:
    """The address as a QR code: an SVG element, black on white in a dark theme too, since cameras want it so."""
    code = segno.make(address, error="m", micro=False)
    colours = {"dark": "#000", "light": "#fff"}
    return code.svg_inline(border=4, svgclass="qr", lineclass=None, omitsize=True, **colours)


def step_of(secret: str, typed: str, now: datetime) -> int | None:
    """The step of time whose code this is, the newest if there are two; None for a wrong code."""
    code = digits_of(typed)
    if code is None:
        return None
    current = int(now.timestamp()) // _STEP_SECONDS
    generator, found = pyotp.TOTP(secret), None
    for step in (current + around for around in _AROUND):
        # All of them are compared, so that the time tells nothing.
        if hmac.compare_digest(generator.generate_otp(step), code):
            found = step
    return found


def digits_of(typed: str) -> str | None:
    """Six digits, as they were typed with or without blanks; None for anything else."""
    code = "".join(typed.split())
    return code if len(code) == _DIGITS and code.isascii() and code.isdecimal() else None


def new_recovery_codes() -> tuple[str, ...]:
    """Codes for a person who has lost their phone; each has 49 random bits."""
    return tuple(_recovery_code() for _ in range(RECOVERY_CODES))


def recovery_of(typed: str) -> str | None:
    """A recovery code as it is kept, without hyphens and in small letters; None for what cannot be one."""
    code = "".join(typed.split()).replace("-", "").casefold()
    return code if len(code) == _RECOVERY_LETTERS and set(code) <= set(_LETTERS) else None


def _recovery_code() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_RECOVERY_LETTERS))
    return f"{letters[:5]}-{letters[5:]}"
