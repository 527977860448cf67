"""A second verifier, written from `docs/record-format.md` alone; it imports nothing of ours.

`python independent_verifier.py RECORD.jsonl HEADS.jsonl KEY.pem [--complete]` exits 0 where it holds, else 1.
"""

import base64
import json
import sys
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key


def number(x: float) -> str:  # as ECMAScript writes it
    parts = Decimal(repr(abs(x))).normalize().as_tuple()
    digits, point = "".join(map(str, parts.digits)), len(parts.digits) + int(parts.exponent)
    if 0 < point <= 21:
        text = f"{digits[:point]:0<{point}}" + (f".{digits[point:]}" if digits[point:] else "")
    elif -6 < point <= 0:
        text = f"0.{'0' * -point}{digits}"
    else:
        text = digits[0] + (f".{digits[1:]}" if digits[1:] else "") + f"e{point - 1:+d}"
    return "0" if x == 0 else f"-{text}" if x < 0 else text


def canonical(x: Any) -> str:  # RFC 8785
    if isinstance(x, dict):
        names = sorted(x, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(name)}:{canonical(x[name])}" for name in names) + "}"
    if isinstance(x, list):
        return "[" + ",".join(map(canonical, x)) + "]"
    return number(x) if isinstance(x, float) else json.dumps(x, ensure_ascii=False)


def read(line: bytes) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(line)
    assert canonical(value).encode() + b"\n" == line, "not in its canonical form"
    return value


def check_heads(lines: list[bytes], pem: bytes) -> dict[str, dict[int, str]]:
    key: Any = load_pem_public_key(pem)
    key_id = "ed25519:" + sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]
    before, named = "0" * 64, dict[str, dict[int, str]]()
    for index, line in enumerate(lines, 1):
        head = read(line)
        hash_, text = head.pop("hash"), head.pop("signature")
        signature = base64.b64decode(text, validate=True)
        assert base64.b64encode(signature).decode() == text, f"head {index}: signature"
        assert (head["index"], head["prev_hash"], head["key_id"]) == (index, before, key_id), (
            f"head {index}: place"
        )
        assert sha256(b"\1" + bytes.fromhex(before) + canonical(head).encode()).hexdigest() == hash_, "head's hash"
        key.verify(signature, b"ultracore-heads-v1" + bytes.fromhex(hash_))
        for entry in head["entries"]:
            named.setdefault(entry["stream_id"], {})[entry["sequence"]] = entry["hash"]
        before = hash_
    return named


def check_record(lines: list[bytes], named: dict[str, dict[int, str]], complete: bool) -> int:
    ends: dict[str, tuple[int, str]] = {}
    for line in lines:
        event = read(line)
        hash_, revealed, stream = event.pop("hash"), event.pop("revealed", None), event["stream_id"]
        last, before = ends.get(stream, (0, "0" * 64))
        assert (event["sequence"], event["prev_hash"]) == (last + 1, before), f"{stream} {last + 1}: place"
        assert sha256(b"\0" + bytes.fromhex(before) + canonical(event).encode()).hexdigest() == hash_, (
            f"{stream}: hash"
        )
        assert named.get(stream, {}).get(last + 1, hash_) == hash_, (
            f"{stream} {last + 1}: a head names another hash"
        )
        if revealed is not None:
            assert set(revealed) == {"salt", "content"}, f"{stream}: revealed"
            opened = bytes.fromhex(revealed["salt"]) + canonical(revealed["content"]).encode()
            assert sha256(opened).hexdigest() == event["sealed"]["commitment"], f"{stream} {last + 1}: revealed"
        ends[stream] = (last + 1, hash_)
    for stream, places in named.items():
        assert not complete or stream in ends, f"{stream} is missing"
        assert stream not in ends or ends[stream][0] >= max(places), (
            f"{stream} {ends[stream][0] + 1}: the end is cut"
        )
    return sum(last for last, _ in ends.values())


if __name__ == "__main__":
    try:
        record, heads, key = (Path(name).read_bytes() for name in sys.argv[1:4])
        named = check_heads(heads.splitlines(keepends=True), key)
        count = check_record(record.splitlines(keepends=True), named, "--complete" in sys.argv)
    except Exception as broken:
        sys.exit(f"does not hold: {broken!r}")
    print(count, "events hold")  # noqa: T201 - its answer
