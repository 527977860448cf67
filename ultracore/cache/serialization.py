"""How values lie in Redis: JSON, or pickle under a keyed MAC.

Reading a pickle runs its writer's code. Anybody who reaches the Redis server can write there, so a pickled
value is read only if its MAC shows that a holder of our key wrote it, under this very key of the cache.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import pickle
from datetime import date
from decimal import Decimal
from typing import Any, Literal

Serialization = Literal["json", "pickle"]

_MAGIC = b"ultracore-pickle-1:"
_MAC_BYTES = 32


def dump_json(value: object) -> bytes:
    """JSON in UTF-8. `Decimal`, dates and times become strings; NaN, infinity and other types are refused."""
    text = json.dumps(value, default=_as_string, ensure_ascii=False, allow_nan=False)
    return text.encode(errors="surrogatepass")


def load_json(raw: bytes) -> Any:
    """The value of `dump_json`. Raises `ValueError` for anything else."""
    if raw.startswith(_MAGIC):
        raise ValueError("the value was stored with serialize='pickle': read it with deserialize='pickle'")
    return json.loads(raw.decode(errors="surrogatepass"))


class SignedPickle:
    """Pickles values and signs them with a key derived from `secret`."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"ultracore cache: signed pickle, version 1", hashlib.sha256)

    def dump(self, key: str, value: object) -> bytes:
        """The signed form of a value that will lie under `key`."""
        payload = pickle.dumps(value, protocol=5)
        return _MAGIC + self._mac(key, payload) + payload

    def load(self, key: str, raw: bytes) -> Any:
        """The value. Raises `ValueError`, and unpickles nothing, if we did not write it under `key`."""
        mac, payload = raw[len(_MAGIC) :][:_MAC_BYTES], raw[len(_MAGIC) + _MAC_BYTES :]
        if not raw.startswith(_MAGIC) or not hmac.compare_digest(mac, self._mac(key, payload)):
            raise ValueError("the value has no signature of ours")
        return pickle.loads(payload)  # noqa: S301  # its MAC has just been checked

    def _mac(self, key: str, payload: bytes) -> bytes:
        name = key.encode(errors="surrogatepass")
        # With the key's length in front, the end of a key cannot pass for the beginning of a payload.
        return hmac.digest(self._key, len(name).to_bytes(8, "big") + name + payload, hashlib.sha256)


def _as_string(value: object) -> str:
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} cannot be kept as JSON")
