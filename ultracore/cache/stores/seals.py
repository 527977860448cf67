"""What is kept of a conversation lies sealed: who reads Redis, its files or its traffic, reads no word of it."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MOST_KNOWN = 10_000
Person = tuple[str, str, str | None]
"""Tenant, user, customer."""
_NONCE_BYTES = 12
# No JSON begins like this, which earlier versions have kept in clear.
_SEALED = b"sealed\n"


class Seal(Protocol):
    """One person's key."""

    def close(self, text: bytes, place: str) -> bytes:
        """`text` encrypted, bound to `place`."""

    def open(self, sealed: bytes, place: str) -> bytes | None:
        """What was closed at that place; None if another key or another place closed it."""


class Seals(Protocol):
    """The keys of an installation's people: a customer's, or else the login's own."""

    async def of(self, tenant_id: str, user_id: str, customer_id: str | None) -> Seal:
        """The seal of one person. Raises nothing of what keeps the keys."""


class DerivedSeal:
    """A key that was derived from a secret."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def close(self, text: bytes, place: str) -> bytes:
        """See `Seal`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _SEALED + nonce + self._cipher.encrypt(nonce, text, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes | None:
        """See `Seal`."""
        rest = sealed.removeprefix(_SEALED)
        try:
            return self._cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError):
            return None


class DerivedSeals:
    """Seals without a record that keeps keys: each is derived from the installation's secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    async def of(self, tenant_id: str, user_id: str, customer_id: str | None) -> Seal:
        """See `Seals`."""
        whose = "\0".join(("seal", tenant_id, customer_id or "", "" if customer_id else user_id))
        return DerivedSeal(hmac.digest(self._secret, whose.encode(), "sha256"))


class ConversationSeals:
    """The seal of a conversation: its person's. Whose it is stays the same as long as it lives."""

    def __init__(self, seals: Seals, owner: Callable[[str], Awaitable[Person | None]]) -> None:
        self._seals = seals
        self._owner = owner
        self._known: OrderedDict[str, Person] = OrderedDict()

    async def of_person(self, tenant_id: str, user_id: str, customer_id: str | None) -> Seal:
        """The seal of a person who is known."""
        return await self._seals.of(tenant_id, user_id, customer_id)

    async def of(self, conversation_id: str) -> Seal | None:
        """None for an unknown conversation. Raises `CacheUnavailable`."""
        known = self._known.get(conversation_id)
        if known is None:
            person = await self._owner(conversation_id)
            if person is None:
                return None
            known = self._known[conversation_id] = person
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        return await self._seals.of(*known)
