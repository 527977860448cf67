"""The list of erased keys, kept outside the database: what was erased stays erased after a restore.

One canonical JSON object a line: `{index, time, erasure_id, keys, prev_hash, key_id, hash, signature}`, chained
and signed like the lists of heads (`hash` = SHA-256(0x02 ‖ prev_hash ‖ canonical without hash and signature), the
signature over `ultracore-erased-v1` ‖ hash). It names keys, never a person.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ultracore.audit.canonical import NO_HASH, canonical, strict_object
from ultracore.audit.events import wire_time
from ultracore.audit.sealing import SigningKey, load_public_key
from ultracore.errors import AuditUnavailable, OperatorError

SIGNED_PREFIX: Final = b"ultracore-erased-v1"


class ErasedList:
    """An append-only file. Any number of processes may use it. Methods block.

    They raise `AuditUnavailable` if the file cannot be used, and `OperatorError` if it was altered.
    """

    def __init__(self, path: Path, signing_key: Callable[[], SigningKey]) -> None:
        """`signing_key` loads the key; it is asked only if there is a list, or something to put on it."""
        self.path = path
        self._load = signing_key

    @cached_property
    def _key(self) -> SigningKey:
        return self._load()

    @cached_property
    def _public(self) -> Ed25519PublicKey:
        return load_public_key(self._key.public_pem().encode())

    def keys(self) -> frozenset[str]:
        """The ids of all keys on the list; none if there is no file yet."""
        with self._translated():
            if not self.path.exists():
                return frozenset()
            with self.path.open("rb") as file:
                return frozenset(key for line in self._lines(file.read()) for key in line["keys"])

    def add(self, erasure_id: str, key_ids: Iterable[str]) -> None:
        """Put keys on the list that are not on it; on disk when this returns."""
        wanted = set(key_ids)
        if not wanted:
            return
        with self._translated():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "r+b") as file:
                # Held until the file is closed: two writers at once would chain their lines to the same one.
                fcntl.flock(file, fcntl.LOCK_EX)
                self._add(file, erasure_id, wanted)

    def _add(self, file: BinaryIO, erasure_id: str, key_ids: set[str]) -> None:
        content = file.read()
        lines = list(self._lines(content))
        complete = content.rfind(b"\n") + 1
        if complete < len(content):
            file.truncate(complete)  # a line that a crash cut
        new = sorted(key_ids - {key for line in lines for key in line["keys"]})
        if not new:
            return
        last = lines[-1]["hash"] if lines else NO_HASH
        file.write(self._line(len(lines) + 1, last, erasure_id, new))
        file.flush()
        os.fsync(file.fileno())

    def _line(self, index: int, prev_hash: str, erasure_id: str, key_ids: list[str]) -> bytes:
        body = {
            "index": index,
            "time": wire_time(datetime.now(UTC)),
            "erasure_id": erasure_id,
            "keys": key_ids,
            "prev_hash": prev_hash,
            "key_id": self._key.key_id,
        }
        hash_ = _hash(prev_hash, canonical(body))
        signature = base64.b64encode(self._key.sign(SIGNED_PREFIX + bytes.fromhex(hash_))).decode()
        return canonical({**body, "hash": hash_, "signature": signature}) + b"\n"

    def _lines(self, content: bytes) -> Iterator[dict[str, Any]]:
        """The complete lines, each checked."""
        prev_hash = NO_HASH
        for index, text in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), 1):
            try:
                line = strict_object(text)
                body = {name: value for name, value in line.items() if name not in ("hash", "signature")}
                fits = (line["index"], line["prev_hash"]) == (index, prev_hash)
                # Each line is checked against the one before: a line that was taken out must not go unnoticed.
                fits = fits and line["hash"] == _hash(prev_hash, canonical(body))
                self._public.verify(
                    base64.b64decode(line["signature"]), SIGNED_PREFIX + bytes.fromhex(line["hash"])
                )
            except (ValueError, KeyError, TypeError, InvalidSignature):
                fits = False
            if not fits:
                raise OperatorError(
                    f"Line {index} of the list of erased keys {self.path} does not hold: restore it as it was "
                    "written, with the signing key that was in use.",
                    code="erasure.list_altered",
                )
            prev_hash = line["hash"]
            yield line

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise AuditUnavailable(
                f"the list of erased keys {self.path} cannot be used: {exc.strerror}", code="erasure.list"
            ) from exc


def _hash(prev_hash: str, body: bytes) -> str:
    return hashlib.sha256(b"\x02" + bytes.fromhex(prev_hash) + body).hexdigest()
