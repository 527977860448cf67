"""The witness: a process with a key of its own that co-signs head lists which only extend what it saw before.

The owner of the record and of its signing key can write another past; not one that agrees with what the witness
signed while it was the present. The witness keeps everything in a directory of its own:

- `app.pem`: the app's public key, pinned at the first use;
- `heads.jsonl`: its copy of every list that it saw: what it remembers, and what it can show;
- `witness.jsonl`: its co-signatures, one a list;
- `witness.pem`: its key, unless another file is named.

A list is in the copy and on disk before it is co-signed, so that after a crash anywhere the next start goes on.
"""

from __future__ import annotations

import base64
import fcntl
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ultracore.audit.canonical import canonical
from ultracore.audit.events import wire_time
from ultracore.audit.sealing import SigningKey, load_public_key
from ultracore.audit.verify.cosignatures import WITNESS_PREFIX, read_cosignatures
from ultracore.audit.verify.heads import HeadsCheck
from ultracore.audit.verify.reading import BreakFound
from ultracore.audit.verify.witness_files import append, lines_of, take_off_torn_line, write
from ultracore.errors import OperatorError

# A batch waits for the disk twice, for the copy and for the signatures; list by list that would be slow.
_BATCH: Final = 500


class Witness:
    """The memory of one directory, locked for this process. Made by `open_witness`."""

    def __init__(self, home: Path, key: SigningKey, app: Ed25519PublicKey) -> None:
        self._copy = home / "heads.jsonl"
        self._cosignatures = home / "witness.jsonl"
        self._key = key
        self._check = HeadsCheck(None)
        for path in (self._copy, self._cosignatures):
            take_off_torn_line(path)
        try:
            self._remember()
        except (BreakFound, ValueError) as exc:
            raise OperatorError(
                f"The witness's directory does not agree with itself or with its key ({exc}): bring it back from "
                "a backup, or begin with an empty directory and say so to those who verify.",
                code="witness.directory",
            ) from exc
        self._check = self._check.signed_by(app)

    @property
    def count(self) -> int:
        """How many lists were seen and co-signed."""
        return self._check.known.count

    def take(self, lines: Iterable[bytes]) -> int:
        """Co-sign what `lines`, from the first list on, have beyond what was seen; how many lists that are.

        They are on disk when this returns. Raises `BreakFound` naming the index of a list that was rewritten, is
        missing, or does not go on from the one before; nothing of it or after it is co-signed.
        """
        seen, copy, fresh, number = self.count, lines_of(self._copy), list[bytes](), 0
        for number, line in enumerate(lines, 1):
            if number > seen:
                self._check.line(line, number)
                fresh.append(line)
            elif line != next(copy, b""):
                raise BreakFound("heads", number, "it is not the list that this witness saw in this place")
            if len(fresh) == _BATCH:
                self._keep(fresh)
                fresh = []
        if number < seen:
            raise BreakFound("heads", number + 1, f"the list is missing; this witness saw {seen}")
        self._keep(fresh)
        return self.count - seen

    def _keep(self, lines: Sequence[bytes]) -> None:
        if lines:
            append(self._copy, lines)
            self._sign(self.count - len(lines))

    def _sign(self, after: int) -> None:
        """Co-sign what is in the copy beyond the first `after` lists."""
        hashes = self._check.known.hashes[after:]
        append(self._cosignatures, [self._line(index, hash_) for index, hash_ in enumerate(hashes, after + 1)])

    def _line(self, index: int, hash_: str) -> bytes:
        signature = base64.b64encode(self._key.sign(WITNESS_PREFIX + bytes.fromhex(hash_))).decode()
        body = {"index": index, "hash": hash_, "time": wire_time(datetime.now(UTC)), "signature": signature}
        return canonical({**body, "witness_key_id": self._key.key_id}) + b"\n"

    def _remember(self) -> None:
        """Read the copy again, and co-sign what a crash left in it alone."""
        for number, line in enumerate(lines_of(self._copy), 1):
            self._check.line(line, number)
        signed = read_cosignatures(lines_of(self._cosignatures), load_public_key(self._key.public_pem().encode()))
        self._check.known.must_hold(signed)
        if len(signed) < self.count:
            self._sign(len(signed))


@contextmanager
def open_witness(home: Path, key: SigningKey, app: Ed25519PublicKey | None) -> Iterator[Witness]:
    """The witness of a directory, which is made if it is missing; one process at a time.

    `app` is the public key of the lists; it may be left out once it is pinned. Raises `OperatorError`.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise OperatorError(
                f"Another witness works in {home}: let it end, or name another directory.", code="witness.locked"
            ) from exc
        yield Witness(home, key, _pinned(home / "app.pem", app))


def _pinned(path: Path, given: Ed25519PublicKey | None) -> Ed25519PublicKey:
    if not path.exists():
        if given is None:
            raise OperatorError(
                "This witness does not know the app yet: give its public key with --public-key K.pem the first "
                "time (ultracore audit key prints it).",
                code="witness.public_key",
            )
        write(path, _pem(given))
    pinned = load_public_key(path.read_bytes())
    if given is not None and _pem(given) != _pem(pinned):
        raise OperatorError(
            f"That is another public key than the one that this witness has known from the start ({path}).",
            code="witness.public_key",
        )
    return pinned


def _pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
