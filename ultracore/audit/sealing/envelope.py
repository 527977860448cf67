"""The sealed envelope of an event: AES-256-GCM under a subject's key, with a commitment that needs no key."""

from __future__ import annotations

import base64
import hashlib
from binascii import b2a_base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ultracore.audit.canonical import canonical, read_json
from ultracore.audit.sealing.randomness import RandomPieces

ALGORITHM: Final = "AES-256-GCM"
_SALT_BYTES: Final = 32
_NONCE_BYTES: Final = 12
# No stream begins with a zero byte: what is kept elsewhere never opens as an event, nor the other way round.
_OUTSIDE: Final = b"\0"
_RANDOM: Final = RandomPieces(_SALT_BYTES + _NONCE_BYTES)


class EnvelopeBroken(ValueError):
    """The envelope does not open: another key, another event, or altered."""


class DataKey:
    """One subject's key. Nonces are random: a key may seal at most 2^32 events, which no subject reaches."""

    def __init__(self, key_id: str, secret: bytes) -> None:
        self.key_id = key_id
        self._cipher = AESGCM(secret)

    def seal(self, content: Mapping[str, Any], *, stream_id: str, event_id: str) -> dict[str, str]:
        """The envelope. Raises `NotCanonical` if the content has no RFC 8785 form."""
        # The salt keeps the commitment from being guessed: it is published, and contents such as "yes" are few.
        random = _RANDOM.take()
        plaintext, nonce = random[:_SALT_BYTES] + canonical(content), random[_SALT_BYTES:]
        sealed = self._cipher.encrypt(nonce, plaintext, _bound_to(stream_id, event_id))
        return {
            "algorithm": ALGORITHM,
            "key_id": self.key_id,
            "nonce": b2a_base64(nonce, newline=False).decode(),
            "ciphertext": b2a_base64(sealed, newline=False).decode(),
            "commitment": hashlib.sha256(plaintext).hexdigest(),
        }

    def open(self, sealed: Mapping[str, str], *, stream_id: str, event_id: str) -> Revealed:
        """Open an envelope. Raises `EnvelopeBroken`."""
        try:
            nonce, ciphertext = base64.b64decode(sealed["nonce"]), base64.b64decode(sealed["ciphertext"])
            plaintext = self._cipher.decrypt(nonce, ciphertext, _bound_to(stream_id, event_id))
        except (InvalidTag, KeyError, ValueError) as exc:
            raise EnvelopeBroken(f"the envelope of event {event_id} does not open") from exc
        return Revealed(plaintext[:_SALT_BYTES].hex(), read_json(plaintext[_SALT_BYTES:]))

    def close(self, text: bytes, place: str) -> bytes:
        """Nonce and ciphertext of a text that is no event, bound to the `place` that keeps it."""
        nonce = _RANDOM.take()[:_NONCE_BYTES]
        return nonce + self._cipher.encrypt(nonce, text, _OUTSIDE + place.encode())

    def reopen(self, sealed: bytes, place: str) -> bytes:
        """What was closed there. Raises `EnvelopeBroken`."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _OUTSIDE + place.encode())
        except (InvalidTag, ValueError) as exc:
            raise EnvelopeBroken(f"what is kept at {place} does not open") from exc


@dataclass(frozen=True, slots=True)
class Revealed:
    """An opened envelope: the salt in hexadecimal digits, and the content."""

    salt: str
    content: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """The `revealed` member that an export lays beside the envelope."""
        return {"salt": self.salt, "content": self.content}


def _bound_to(stream_id: str, event_id: str) -> bytes:
    # As associated data: an envelope that is moved to another event does not open there.
    return f"{stream_id}|{event_id}".encode()
