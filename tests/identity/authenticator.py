"""An authenticator in Python: what a phone or a security key answers to the browser, byte for byte."""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field, replace
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url as b64

ORIGIN = "https://bank.example"
_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Page:
    """The page that the browser shows: what it says of itself to the bank."""

    origin: str = ORIGIN
    more: dict[str, Any] = field(default_factory=lambda: {"crossOrigin": False})

    def says(self, kind: str, challenge: str) -> bytes:
        """The client's data."""
        told = {"type": f"webauthn.{kind}", "challenge": challenge, "origin": self.origin, **self.more}
        return json.dumps(told).encode()


@dataclass
class Authenticator:
    """One passkey, its key and its counter. `rp_id` is the site that the browser has told it."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    count: int = 0
    step: int = 1
    rp_id: str = "bank.example"
    verifies: bool = True

    def make(self, options: str, page: Page | None = None) -> str:
        """The answer to `navigator.credentials.create`."""
        client = (page or Page()).says("create", json.loads(options)["challenge"])
        identified = bytes(16) + struct.pack(">H", len(self.credential)) + self.credential + self._public()
        data = self._data(_ATTESTED) + identified
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": b64(client), "attestationObject": b64(attestation)})

    def answer(self, options: str, page: Page | None = None, *, challenge: str = "") -> str:
        """The answer to `navigator.credentials.get`."""
        self.count += self.step
        client = (page or Page()).says("get", challenge or json.loads(options)["challenge"])
        data = self._data(0)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        sent = {"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature)}
        return self._answer(sent)

    def copy(self) -> Authenticator:
        """What a thief has who has taken the key out."""
        return replace(self)

    def _data(self, flags: int) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verifies else 0)
        return hashlib.sha256(self.rp_id.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _public(self) -> bytes:
        point = self.key.public_key().public_numbers()
        x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def _answer(self, response: dict[str, str]) -> str:
        name = b64(self.credential)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
