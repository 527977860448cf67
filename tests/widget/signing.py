"""What a bank's server signs, right and wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

ISSUER: Final = "http://127.0.0.1:9001"
VERIFIER: Final = "v" * 43
_MAKERS: Final[dict[str, Callable[[], Any]]] = {
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "PS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
}


def challenge(verifier: str = VERIFIER) -> str:
    """As of the contract, written down a second time."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


class Signer:
    """A host's key, and tokens under it."""

    def __init__(self, algorithm: str = "EdDSA", issuer: str = ISSUER, key_id: str = "k1") -> None:
        self.algorithm, self.issuer, self.key_id = algorithm, issuer, key_id
        self.key: Any = _MAKERS[algorithm]()

    def jwk(self) -> dict[str, Any]:
        """The public key."""
        written = jwt.get_algorithm_by_name(self.algorithm).to_jwk(self.key.public_key())
        return {**json.loads(written), "kid": self.key_id, "use": "sig", "alg": self.algorithm}

    def key_set(self) -> dict[str, Any]:
        """The key set."""
        return {"keys": [self.jwk()]}

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Those of a good code; a change to None leaves one out."""
        now = int(time.time())
        good = {
            "iss": self.issuer,
            "aud": "ultracore-anya",
            "sub": "customer1",
            "tenant": "tenant_1",
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_urlsafe(12),
            "sid": "session-1",
            "challenge": challenge(),
        }
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    def code(self, *, headers: dict[str, Any] | None = None, **changes: Any) -> str:
        """A code with these changes."""
        head = {"kid": self.key_id, **(headers or {})}
        return self.signed({"alg": self.algorithm, "typ": "JWT", **head}, self.claims(**changes))

    def signed(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """By hand, because the library refuses to sign what it would not read."""
        unsigned = put_together(header, claims).rpartition(".")[0]
        how = jwt.get_algorithm_by_name(self.algorithm)
        return f"{unsigned}.{_encoded(how.sign(unsigned.encode(), self.key))}"

    def notice(self, **changes: Any) -> str:
        """A notice of sign-out."""
        claims = {"iss": self.issuer, "sub": "customer1", "sid": "session-1", **changes}
        return self.signed({"alg": self.algorithm, "kid": self.key_id}, claims)


def put_together(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    """A token that no library would make."""
    return ".".join(
        _encoded(part) for part in (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    )


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
