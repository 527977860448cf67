"""Verification of signed head lists: each by itself, after the one before it, against what others remember."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ultracore.audit.canonical import NO_HASH, OtherSpelling, canonical, head_hash
from ultracore.audit.heads import SIGNED_PREFIX
from ultracore.audit.sealing import key_id_of
from ultracore.audit.verify.reading import BreakFound, malformed, read_line

_H64: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A list of heads that another party kept: `source` says who, as the end of a sentence."""

    index: int
    hash: str
    source: str


@dataclass(slots=True)
class Expectation:
    """The content of verified heads: the hash at each place that they name, and the last place of each stream."""

    hashes: list[str] = field(default_factory=list)
    places: dict[str, dict[int, str]] = field(default_factory=dict)
    ends: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many lists there are."""
        return len(self.hashes)

    @property
    def last_hash(self) -> str:
        """The hash of the last list."""
        return self.hashes[-1] if self.hashes else NO_HASH

    def covered(self, stream_id: str) -> int:
        """The last sequence of a stream that a head names; 0 if none does."""
        return self.ends.get(stream_id, (0, NO_HASH))[0]

    def must_hold(self, anchors: Iterable[Anchor]) -> None:
        """Compare with what others remember. Raises `BreakFound` at the first difference."""
        for anchor in anchors:
            if anchor.index > self.count:
                why = f"the list is missing: there are {self.count}, and {anchor.source} knows this one"
                raise BreakFound("heads", anchor.index, why)
            if self.hashes[anchor.index - 1] != anchor.hash:
                raise BreakFound("heads", anchor.index, f"{anchor.source} knows another list in this place")


class HeadsCheck:
    """Checks lists one by one, from the first on; `known` is what they say together.

    Without a key signatures are not looked at: for a copy that the caller made of lists which it had checked.
    """

    def __init__(self, public_key: Ed25519PublicKey | None) -> None:
        self._key = public_key
        self._key_id = None if public_key is None else key_id_of(public_key)
        self.known = Expectation()

    def signed_by(self, public_key: Ed25519PublicKey) -> HeadsCheck:
        """A check that goes on from here and looks at signatures."""
        check = HeadsCheck(public_key)
        check.known = self.known
        return check

    def line(self, line: bytes, number: int) -> str:
        """Check the next list; its hash. Raises `BreakFound` or `Unreadable`."""
        index = self.known.count + 1
        try:
            head = read_line(line, "heads", number)
        except OtherSpelling as exc:
            raise BreakFound("heads", number, str(exc)) from exc
        if "entries" not in head:
            raise malformed("heads", number, "it is not a head list")
        # `isinstance` would take `true`, which equals 1 in Python.
        if type(head.get("index")) is not int or head["index"] != index:
            raise BreakFound("heads", index, f"the list continues with {head.get('index')!r}")
        if head.get("prev_hash") != self.known.last_hash:
            raise BreakFound("heads", index, "it does not follow the head before it")
        if self._key_id not in (None, head.get("key_id")):
            raise BreakFound("heads", index, "it is signed by another key")
        self._check_hash(head, index)
        # After hash and signature: what a forged list names must not become an expectation.
        self._take_entries(head["entries"], index)
        self.known.hashes.append(head["hash"])
        return str(head["hash"])

    def _check_hash(self, head: dict[str, Any], index: int) -> None:
        body = {name: value for name, value in head.items() if name not in ("hash", "signature")}
        if head_hash(head["prev_hash"], canonical(body)) != head.get("hash"):
            raise BreakFound("heads", index, "its content does not have its hash")
        if self._key is not None and not is_signed(self._key, head.get("signature"), SIGNED_PREFIX, head["hash"]):
            raise BreakFound("heads", index, "its signature is not right")

    def _take_entries(self, entries: Any, index: int) -> None:
        if not isinstance(entries, list) or not all(map(_is_entry, entries)):
            raise BreakFound("heads", index, "its entries cannot be read")
        for entry in entries:
            stream, sequence, hash_ = entry["stream_id"], entry["sequence"], entry["hash"]
            last, before = self.known.ends.get(stream, (0, NO_HASH))
            if sequence < last or (sequence == last and hash_ != before):
                raise BreakFound("heads", index, f"it takes {stream} back: an earlier list names its event {last}")
            self.known.places.setdefault(stream, {})[sequence] = hash_
            self.known.ends[stream] = (sequence, hash_)


def verify_heads(lines: Iterable[bytes], public_key: Ed25519PublicKey) -> Expectation:
    """Check a list of heads from the first one on. Raises `BreakFound` or `Unreadable`."""
    check = HeadsCheck(public_key)
    for number, line in enumerate(lines, 1):
        check.line(line, number)
    return check.known


def is_signed(key: Ed25519PublicKey, signature: Any, prefix: bytes, hash_: str) -> bool:
    """Whether `signature`, in the one canonical spelling of its base64, is `key`'s over `prefix` and the hash."""
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, prefix + bytes.fromhex(hash_))
    except (InvalidSignature, binascii.Error, ValueError, TypeError):
        return False
    # No hash covers the signature, and base64 with other spare bits decodes alike: a second spelling would pass.
    return bool(base64.b64encode(raw).decode() == signature)


def _is_entry(entry: Any) -> bool:
    if not isinstance(entry, dict):
        return False
    stream, sequence, hash_ = (entry.get(name) for name in ("stream_id", "sequence", "hash"))
    placed = isinstance(stream, str) and type(sequence) is int and sequence >= 1
    return bool(placed and isinstance(hash_, str) and _H64.fullmatch(hash_))
