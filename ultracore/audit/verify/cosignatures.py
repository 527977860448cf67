"""Verification of a witness's co-signatures: which head lists it saw when they were new."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ultracore.audit.canonical import OtherSpelling
from ultracore.audit.sealing import key_id_of
from ultracore.audit.verify.heads import Anchor, is_signed
from ultracore.audit.verify.reading import BreakFound, malformed, read_line

WITNESS_PREFIX: Final = b"ultracore-witness-v1"
_MEMBERS: Final = frozenset({"index", "hash", "time", "witness_key_id", "signature"})


def read_cosignatures(lines: Iterable[bytes], key: Ed25519PublicKey) -> list[Anchor]:
    """Check co-signatures by themselves, from the first one on; what they say must stand in the list of heads.

    Raises `BreakFound` or `Unreadable`.
    """
    key_id = key_id_of(key)
    return [_anchor(line, number, key, key_id) for number, line in enumerate(lines, 1)]


def _anchor(line: bytes, number: int, key: Ed25519PublicKey, key_id: str) -> Anchor:
    try:
        said = read_line(line, "witness", number)
    except OtherSpelling as exc:
        raise BreakFound("witness line", number, str(exc)) from exc
    if not said.keys() >= _MEMBERS or type(said["index"]) is not int:
        raise malformed("witness", number, "it is not a co-signature")
    if said["index"] != number:
        raise BreakFound("witness line", number, f"it co-signs list {said['index']}, where {number} is due")
    if said["witness_key_id"] != key_id:
        raise BreakFound("witness line", number, "it is signed by another key than the one given for the witness")
    if not isinstance(said["hash"], str) or not is_signed(key, said["signature"], WITNESS_PREFIX, said["hash"]):
        raise BreakFound("witness line", number, "its signature is not right")
    return Anchor(number, said["hash"], "the witness")
