"""Signed head lists: what one says, how it is hashed and signed, and the file that keeps a copy of each."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from ultracore.audit.canonical import canonical, head_hash, strict_object
from ultracore.audit.events import wire_time
from ultracore.audit.sealing import SigningKey
from ultracore.audit.values import Head
from ultracore.errors import AuditUnavailable

# The same key signs the list of erased keys: with a prefix a signature over one cannot be passed off as one over
# the other.
SIGNED_PREFIX: Final = b"ultracore-heads-v1"


@dataclass(frozen=True, slots=True)
class HeadEntry:
    """A stream's last event at one moment."""

    stream_id: str
    sequence: int
    hash: str


def make_head(key: SigningKey, index: int, prev_hash: str, moment: datetime, entries: Sequence[HeadEntry]) -> Head:
    """A signed head list."""
    body = {
        "index": index,
        "time": wire_time(moment),
        "entries": [
            {"stream_id": entry.stream_id, "sequence": entry.sequence, "hash": entry.hash} for entry in entries
        ],
        "prev_hash": prev_hash,
        "key_id": key.key_id,
    }
    hash_ = head_hash(prev_hash, canonical(body))
    signature = base64.b64encode(key.sign(SIGNED_PREFIX + bytes.fromhex(hash_))).decode()
    return Head(index, hash_, canonical({**body, "hash": hash_, "signature": signature}))


class HeadsFile:
    """An append-only copy of the head lists, one JSON object a line, that may lie on another volume."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def last_index(self) -> int:
        """The index of the last complete line, 0 in an empty file; a line cut by a crash is taken off.

        Raises `AuditUnavailable` if the file cannot be used.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                line = _last_line(file.fileno())
            return 0 if line is None else int(strict_object(line)["index"])
        except (OSError, ValueError, KeyError) as exc:
            raise AuditUnavailable(f"the file of heads {self.path} cannot be used: {exc}") from exc

    def append(self, heads: Sequence[Head]) -> None:
        """Add lines; they are on disk when this returns. Raises `AuditUnavailable`."""
        try:
            with self.path.open("ab") as file:
                file.write(b"".join(head.published + b"\n" for head in heads))
                file.flush()
                os.fsync(file.fileno())
        except OSError as exc:
            raise AuditUnavailable(f"the file of heads {self.path} cannot be written: {exc}") from exc


def _last_line(descriptor: int) -> bytes | None:
    """The last complete line, read backwards; what follows it is cut off."""
    end, tail = os.fstat(descriptor).st_size, b""
    start = end
    while start > 0 and tail.count(b"\n") < 2:
        start = max(0, start - 65_536)
        tail = os.pread(descriptor, end - start, start)
    complete = tail.rfind(b"\n") + 1
    if start + complete < end:
        # Half a line is what a crash left. It must go, since the whole list is appended again from the table.
        os.ftruncate(descriptor, start + complete)
    lines = tail[:complete].splitlines()
    return lines[-1] if lines else None
