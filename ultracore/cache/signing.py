"""Values that grant something are signed together with the place they lie in.

A writer to Redis can therefore copy, move and delete, but cannot make a value that counts: one that lies
elsewhere, or was changed, is read as nothing. What was signed for its own place counts again if it is put
back there, so a value that ends carries its end.
"""

from __future__ import annotations

import hashlib
import hmac

_LENGTH = 16


class ValueSigner:
    """Signs by a keyed BLAKE2b, in two microseconds. The same value in the same place is signed the same."""

    def __init__(self, secret: bytes) -> None:
        self._key = hashlib.blake2b(secret, digest_size=32, person=b"redis values").digest()

    def signed(self, place: str, value: str | bytes) -> bytes:
        """The value as it is kept under `place`: a key, or a key and a field."""
        raw = value.encode(errors="surrogatepass") if isinstance(value, str) else value
        return self._signature(place, raw) + raw

    def opened(self, place: str, kept: bytes | None) -> bytes | None:
        """The value if it was signed for this place; None for anything else, and for None."""
        if kept is None:
            return None
        value = kept[_LENGTH:]
        return value if hmac.compare_digest(kept[:_LENGTH], self._signature(place, value)) else None

    def _signature(self, place: str, value: bytes) -> bytes:
        name = place.encode(errors="surrogatepass")
        # With its length in front, no place and value together look like another pair of them.
        text = b"%d:%b%b" % (len(name), name, value)
        return hashlib.blake2b(text, key=self._key, digest_size=_LENGTH).digest()
