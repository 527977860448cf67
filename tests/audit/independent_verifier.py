"""A second verifier, written from `docs/record-format.md` alone; it imports nothing of ours.

`python independent_verifier.py RECORD.jsonl HEADS.jsonl KEY.pem [--complete] [--last-head INDEX:HASH]
[--witness WITNESS.jsonl WITNESS_KEY.pem]` exits 0 where the record holds, else 1 with what is wrong.
"""

import base64
import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

ZERO = "0" * 64


def number(digits: str) -> int | float:  # every number is a double; integers beyond 2^53-1 are large ones
    return int(digits) if abs(int(digits)) < 2**53 else float(digits)


def read(line: bytes) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(line, parse_int=number)
    form = rfc8785.dumps(value)
    for sign in "\u0085\u2028\u2029":  # an export escapes these three
        form = form.replace(sign.encode(), f"\\u{ord(sign):04x}".encode())
    assert line in (rfc8785.dumps(value) + b"\n", form + b"\n"), "not in its canonical form"
    return value


def digest(kind: bytes, before: str, body: dict[str, Any]) -> str:
    return sha256(kind + bytes.fromhex(before) + rfc8785.dumps(body)).hexdigest()


def check_signature(pem: bytes, key_id: str, text: str, prefix: bytes, hash_: str) -> None:
    key: Any = load_pem_public_key(pem)
    assert key_id == "ed25519:" + sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16], "key"
    assert base64.b64encode(base64.b64decode(text)).decode() == text, "signature"
    key.verify(base64.b64decode(text), prefix + bytes.fromhex(hash_))


def check_heads(lines: list[bytes], pem: bytes) -> tuple[list[str], dict[str, dict[int, str]]]:
    hashes, named = [ZERO], dict[str, dict[int, str]]()
    for index, line in enumerate(lines, 1):
        head = read(line)
        hash_, signature = head.pop("hash"), head.pop("signature")
        assert (head["index"], head["prev_hash"]) == (index, hashes[-1]), f"head {index}: place"
        assert digest(b"\1", hashes[-1], head) == hash_, f"head {index}: hash"
        check_signature(pem, head["key_id"], signature, b"ultracore-heads-v1", hash_)
        for entry in head["entries"]:
            places = named.setdefault(entry["stream_id"], {})
            assert entry["sequence"] >= max(places, default=1), f"head {index}: it takes a stream back"
            assert places.setdefault(entry["sequence"], entry["hash"]) == entry["hash"], (
                f"head {index}: two hashes"
            )
        hashes.append(hash_)
    return hashes, named


def check_witness(lines: list[bytes], pem: bytes, hashes: list[str]) -> None:
    for index, line in enumerate(lines, 1):
        said = read(line)
        check_signature(pem, said["witness_key_id"], said["signature"], b"ultracore-witness-v1", said["hash"])
        assert said["index"] == index, f"co-signature {index}: place"
        assert hashes[index : index + 1] == [said["hash"]], f"head {index}: the witness saw another"


def check_record(lines: list[bytes], named: dict[str, dict[int, str]], complete: bool) -> int:
    ends: dict[str, tuple[int, str]] = {}
    for line in lines:
        event = read(line)
        hash_, revealed, stream = event.pop("hash"), event.pop("revealed", ...), event["stream_id"]
        last, before = ends.get(stream, (0, ZERO))
        place = f"{stream} {last + 1}"
        assert (event["sequence"], event["prev_hash"]) == (last + 1, before), f"{place}: place"
        assert digest(b"\0", before, event) == hash_, f"{place}: hash"
        assert named.get(stream, {}).get(last + 1, hash_) == hash_, f"{place}: a head names another hash"
        if revealed is not ...:
            assert set(revealed) == {"salt", "content"}, f"{place}: revealed"
            salt = bytes.fromhex(revealed["salt"])
            assert salt.hex() == revealed["salt"], f"{place}: salt"
            opened = sha256(salt + rfc8785.dumps(revealed["content"])).hexdigest()
            assert opened == event["sealed"]["commitment"], f"{place}: revealed"
        ends[stream] = (last + 1, hash_)
    for stream, places in named.items():
        assert not complete or stream in ends, f"{stream} is missing"
        assert stream not in ends or ends[stream][0] >= max(places), f"{stream}: the end is cut"
    return sum(last for last, _ in ends.values())


def check(arguments: list[str]) -> int:
    record, heads, key = (Path(name).read_bytes() for name in arguments[:3])
    hashes, named = check_heads(heads.splitlines(keepends=True), key)
    if "--last-head" in arguments:
        index, hash_ = arguments[arguments.index("--last-head") + 1].split(":")
        assert hashes[int(index) : int(index) + 1] == [hash_], f"head {index} is not the one that is known"
    if "--witness" in arguments:
        said, witness = (Path(name).read_bytes() for name in arguments[arguments.index("--witness") + 1 :][:2])
        check_witness(said.splitlines(keepends=True), witness, hashes)
    return check_record(record.splitlines(keepends=True), named, "--complete" in arguments)


if __name__ == "__main__":
    try:
        print(check(sys.argv[1:]), "events hold")  # noqa: T201 - its answer
    except Exception as broken:
        sys.exit(f"does not hold: {broken!r}")
