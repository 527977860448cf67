"""The keys of the record: the master key that wraps and digests, and the key that signs head lists.

Both live in files of their own, outside the database; if one is missing and may be made, it is made with mode
0600. Several processes that start at once end up with the same key.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ultracore.audit.canonical import NotCanonical, canonical
from ultracore.audit.masking import WrongType, described, masked, snapshot
from ultracore.errors import OperatorError

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class MasterKey:
    """Wraps the sealing keys and keys the digests; the two uses have keys of their own, derived by HKDF."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError("a master key has 32 bytes")
        self._wrapping = AESGCM(_derived(secret, b"ultracore-wrap-v1"))
        # Copied for each digest: `hmac.digest` would hand the interpreter to another thread at every call.
        self._digest = hmac.new(_derived(secret, b"ultracore-digest-v1"), digestmod="sha256")

    @classmethod
    def load(cls, path: Path, *, create: bool = True) -> MasterKey:
        """Read the key file (base64 of 32 bytes). Raises `OperatorError` if it cannot be read or made."""
        text = _read_or_make(path, lambda: base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n", create)
        try:
            return cls(base64.b64decode(text.strip(), validate=True))
        except (binascii.Error, ValueError) as exc:
            raise OperatorError(
                f"{path} is not a master key: it must hold 32 bytes in base64.", code="audit.master_key"
            ) from exc

    def wrap(self, key: bytes, label: str) -> bytes:
        """`key` encrypted, bound to `label`: nonce, ciphertext and tag."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, key, label.encode())

    def unwrap(self, wrapped: bytes, label: str) -> bytes:
        """Undo `wrap`. Raises `OperatorError` if another master key or another label wrapped the key."""
        try:
            return self._wrapping.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], label.encode())
        except (InvalidTag, ValueError) as exc:  # the second: too short to be anything
            raise OperatorError(
                "The master key does not fit this record; restore the key file that was in use.",
                code="audit.master_key",
            ) from exc

    def digest(self, value: Any) -> str:
        """HMAC-SHA-256 over the RFC 8785 JSON of `value`, or over a text that stands for it if it has none."""
        digest = self._digest.copy()
        digest.update(_bytes_of(value))
        return digest.hexdigest()


class SigningKey:
    """The Ed25519 key that signs head lists."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.key_id = key_id_of(private.public_key())

    @classmethod
    def load(cls, path: Path, *, create: bool = True) -> SigningKey:
        """Read the key file (PEM, PKCS 8). Raises `OperatorError` if it cannot be read or made."""
        pem = _read_or_make(path, lambda: _private_pem(Ed25519PrivateKey.generate()), create)
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
            raise OperatorError(f"{path} is not a private key in PEM form.", code="audit.signing_key") from exc
        if not isinstance(key, Ed25519PrivateKey):
            raise OperatorError(f"{path} holds a key that is not Ed25519.", code="audit.signing_key")
        return cls(key)

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the Ed25519 signature over `message`."""
        return self._private.sign(message)

    def public_pem(self) -> str:
        """The public key (PEM, SubjectPublicKeyInfo)."""
        encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return self._private.public_key().public_bytes(encoding, form).decode()


def key_id_of(public: Ed25519PublicKey) -> str:
    """`ed25519:` and the first 16 hexadecimal digits of the SHA-256 of the raw public key."""
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return f"ed25519:{hashlib.sha256(raw).hexdigest()[:16]}"


def load_public_key(pem: bytes) -> Ed25519PublicKey:
    """Read a public key in PEM form. Raises `OperatorError`."""
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise OperatorError("The public key is not in PEM form.", code="audit.public_key") from exc
    if not isinstance(key, Ed25519PublicKey):
        raise OperatorError("The public key is not an Ed25519 key.", code="audit.public_key")
    return key


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(secret)


def _private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _bytes_of(value: Any) -> bytes:
    try:
        # Numbers stay, since payments to two accounts must differ in their digests; the key keeps them from being
        # guessed.
        return canonical(masked(value, str, numbers=False))  # `str` leaves texts as they are
    except (NotCanonical, WrongType):
        return canonical(described(snapshot(value)))


def _read_or_make(path: Path, make: Callable[[], bytes], create: bool) -> bytes:
    try:
        if create and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _make_once(path, make())
        return path.read_bytes()
    except FileNotFoundError as exc:
        raise OperatorError(
            f"The key file {path} is missing: in a demo start the app once (make run) or name the directory that "
            "has it in ULTRACORE_DATA_DIR; in production make it first and name it in ULTRACORE_AUDIT_KEY_FILE or "
            "ULTRACORE_MASTER_KEY_FILE.",
            code="audit.key_file",
        ) from exc
    except OSError as exc:
        raise OperatorError(f"The key file {path} cannot be used: {exc.strerror}.", code="audit.key_file") from exc


def _make_once(path: Path, content: bytes) -> None:
    """Write a complete file of mode 0600 under `path`, unless another process was first."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    # Created with its mode: a chmod afterwards would leave the key readable for a moment.
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            # On disk before it has its name: a key that a power cut took would leave everything sealed under it
            # closed.
            os.fsync(file.fileno())
        # A link fails if the name exists; a rename would replace the key that another process has just made.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
