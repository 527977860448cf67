"""Ids, receipt numbers and approval secrets.

Ids and receipts are made of consonants only: they spell no words and can never be taken for a card number.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

_LETTERS: Final = "bcdfghjklmnpqrstvwxz"
# 20^30 is more than 2^128, so that no UUID is cut short.
_LETTERS_OF_A_UUID: Final = 30

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC)


def new_id(prefix: str) -> str:
    """A new random UUID in letters: `prp_…`, `ent_…`."""
    # A UUID's own digits would now and then be masked as a card or account number when the id is shown.
    return f"{prefix}_{letters_of(uuid4().int, _LETTERS_OF_A_UUID)}"


def receipt_number(letters: str) -> str:
    """The form in which a person reads a receipt number: `R-BCDFG-HJKLM`, from ten letters."""
    return f"R-{letters[:5]}-{letters[5:]}".upper()


def new_receipt_number() -> str:
    """A new receipt number. The store refuses the (one in 10^13) double."""
    return receipt_number("".join(secrets.choice(_LETTERS) for _ in range(10)))


def letters_of(number: int, length: int = 10) -> str:
    """As many letters that spell a number, one to one below 20 to the power of the length."""
    spelled = ""
    for _ in range(length):
        number, digit = divmod(number, len(_LETTERS))
        spelled = _LETTERS[digit] + spelled
    return spelled


def new_approval_id() -> str:
    """A one-time secret of 192 random bits, fit for a URL."""
    return secrets.token_urlsafe(24)


def approval_hash(approval_id: str) -> str:
    """The digest of an approval id, for the store. It has nothing to guess, so a plain digest is enough."""
    return hashlib.sha256(approval_id.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The ids and the time of one effect, made before its transaction: each run writes the same.

    `intent_event_id` is the audit event that was durable before.
    """

    intent_event_id: str
    at: datetime
    letters: str
    short: str

    @classmethod
    def new(cls, intent_event_id: str, at: datetime) -> Stamp:
        """Another one each time."""
        return cls(
            intent_event_id=intent_event_id,
            at=at,
            letters=letters_of(uuid4().int, _LETTERS_OF_A_UUID),
            short="".join(secrets.choice(_LETTERS) for _ in range(10)),
        )

    def id(self, prefix: str) -> str:
        """The id of the effect's one row of this kind: `ent_…`, `pay_…`."""
        return f"{prefix}_{self.letters}"

    @property
    def receipt_number(self) -> str:
        """The number that a person reads out: `R-BCDFG-HJKLM`. The store refuses the (one in 10^13) double."""
        return receipt_number(self.short)
