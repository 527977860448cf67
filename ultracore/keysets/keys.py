"""The public keys that an issuer signs with: given in a file, or fetched from the key set that it publishes."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ultracore.keysets.fetching import Unfetched, fetched

logger = logging.getLogger(__name__)

KEPT_SECONDS: Final = 600.0
UNKNOWN_KEY_SECONDS: Final = 60.0
"""How often a key set is fetched again for a key id that is not in it: anybody can make ids up."""
MOST_KEYS: Final = 32
_SMALLEST_RSA: Final = 2048
_CURVES: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
# What an RSA key that names no algorithm verifies: the two that providers sign with.
_RSA_UNSAID: Final = ("RS256", "PS256")


class UnfitKeys(ValueError):
    """A key set that cannot be used. The message says why and quotes no key."""


class VerifyingKey:
    """A public key with the algorithms that it verifies: the one that its `alg` names, else those of its family.

    They belong to the key: if the token chose, a public key could be used as a shared secret.
    """

    __slots__ = ("algorithms", "key", "key_id")

    def __init__(self, jwk: Mapping[str, Any]) -> None:
        if "d" in jwk or jwk.get("kty") == "oct":
            raise UnfitKeys("a key set holds a private key or a shared secret")
        try:
            self.key: Any = jwt.PyJWK(dict(jwk)).key
        except (jwt.PyJWKError, jwt.InvalidKeyError, ValueError, TypeError, KeyError) as error:
            raise UnfitKeys("a key set holds a key that cannot be read") from error
        self.algorithms = _algorithms_of(self.key, jwk.get("alg"))
        if jwk.get("use", "sig") != "sig":
            raise UnfitKeys("a key says that it is for something else")
        key_id = jwk.get("kid")
        self.key_id = key_id if isinstance(key_id, str) else None


def _algorithms_of(key: object, said: object) -> frozenset[str]:
    """Of the key's family, the one that is said if one is. Raises `UnfitKeys`."""
    able: tuple[str, ...]
    usual: tuple[str, ...]
    match key:
        case Ed25519PublicKey():
            able, usual = ("EdDSA",), ("EdDSA",)
        case EllipticCurvePublicKey() if key.curve.name in _CURVES:
            able = usual = (_CURVES[key.curve.name],)
        case RSAPublicKey() if key.key_size >= _SMALLEST_RSA:
            able, usual = _RSA, _RSA_UNSAID
        case _:
            raise UnfitKeys("keys are Ed25519, P-256, P-384, P-521 or RSA of at least 2048 bits")
    if said is None:
        return frozenset(usual)
    if said not in able:
        raise UnfitKeys("a key says that it is for something else")
    return frozenset({str(said)})


def read_key_set(document: object, algorithms: frozenset[str]) -> tuple[VerifyingKey, ...]:
    """The keys of a JSON Web Key Set, each good for one of the algorithms. Raises `UnfitKeys`."""
    keys = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(keys, list) or len(keys) > MOST_KEYS or not all(isinstance(one, Mapping) for one in keys):
        raise UnfitKeys('a key set is {"keys": […]} of a few keys')
    made = tuple(VerifyingKey(one) for one in keys)
    if not all(one.algorithms & algorithms for one in made):
        raise UnfitKeys(f"a key set holds a key for none of {', '.join(sorted(algorithms))}")
    return made


def read_fetched_set(body: bytes) -> tuple[VerifyingKey, ...]:
    """The fit keys of a set that an issuer publishes, which may hold others for other uses. Raises `UnfitKeys`."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnfitKeys("a key set is not JSON") from error
    keys = document.get("keys") if isinstance(document, Mapping) else None
    fit: list[VerifyingKey] = []
    for one in keys[:MOST_KEYS] if isinstance(keys, list) else ():
        try:
            fit.append(VerifyingKey(one if isinstance(one, Mapping) else {}))
        except UnfitKeys as error:
            logger.warning("a published key is left out: %s", error)
    if not fit:
        raise UnfitKeys("a key set holds no key that can be used")
    return tuple(fit)


class GivenKeys:
    """Keys that stand in the file of keys."""

    def __init__(self, keys: Sequence[VerifyingKey]) -> None:
        self._keys = tuple(keys)

    async def find(self, key_id: str | None) -> VerifyingKey | None:
        """The key of that id; without an id, the only key."""
        return _found(self._keys, key_id)


class PublishedKeys:
    """Keys that an issuer publishes: kept for ten minutes, fetched again at most once a minute for an unknown id.

    A set that cannot be fetched leaves the last one in use until its ten minutes are over.
    """

    def __init__(
        self,
        address: str,
        clock: Callable[[], float] = time.monotonic,
        fetch: Callable[[str], Awaitable[bytes]] = fetched,
    ) -> None:
        self.address = address
        self._clock = clock
        self._fetch_from = fetch
        self._keys: tuple[VerifyingKey, ...] = ()
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def find(self, key_id: str | None) -> VerifyingKey | None:
        """The key of that id; without an id, the only key. None too if the set cannot be had."""
        # One at a time: of a hundred codes at once the first one fetches, and the rest find what it brought.
        async with self._fetching:
            found = _found(self._current(), key_id)
            if found is None and self._clock() - self._tried_at >= UNKNOWN_KEY_SECONDS:
                await self._fetch()
                found = _found(self._current(), key_id)
        return found

    def _current(self) -> tuple[VerifyingKey, ...]:
        return self._keys if self._clock() - self._fetched_at < KEPT_SECONDS else ()

    async def _fetch(self) -> None:
        # Counted from the try and not from its success, so that a host that is down is not asked at every code.
        self._tried_at = self._clock()
        try:
            self._keys = read_fetched_set(await self._fetch_from(self.address))
        except (Unfetched, UnfitKeys) as error:
            logger.warning("the keys of an issuer could not be fetched: %s", error)
        else:
            self._fetched_at = self._tried_at


def _found(keys: Sequence[VerifyingKey], key_id: str | None) -> VerifyingKey | None:
    if key_id is None:
        return keys[0] if len(keys) == 1 else None
    return next((key for key in keys if key.key_id == key_id), None)
