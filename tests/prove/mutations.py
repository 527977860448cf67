"""Every way to tamper with an exported record is found by both verifiers, and no untouched record is suspected.

What a verifier has besides the files: the public key, and the last head list (or a witness's co-signatures) from
elsewhere. Each run makes a record from its seed, checks it untouched, and tampers with it in one of the ways.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.audit import independent_verifier
from tests.prove.seeded_records import Sealed, sealed_record
from tests.prove.seeds import Failed, each
from tests.prove.tampering import NOT_BY_THE_KEY_ALONE, Forgery, ways
from ultracore.audit.canonical import read_json
from ultracore.audit.sealing import load_public_key
from ultracore.audit.verify import Anchor, BreakFound, Unreadable, read_cosignatures, verify_heads, verify_lines

FULL_RUNS: Final = 1_000

Lines = Sequence[bytes]


def run(runs: int, seed: int) -> str:
    """`runs` untouched records and as many mutations. Raises `Failed`."""
    names = list(ways())
    done: Counter[str] = Counter()
    events = 0
    for number, one in enumerate(each(runs, seed)):
        sealed = asyncio.run(sealed_record(one))
        events += len(sealed.record)
        judge(sealed, sealed.record, sealed.heads, one, holds=True)
        name = names[(seed + number) % len(names)]
        forged = tampered(sealed, name, one)
        judge(sealed, forged.record, forged.heads, one, holds=False, what=name)
        done[name] += 1
    return (
        f"{done.total()} mutations of {len(done)} kinds all found by both verifiers, 0 false alarms on {runs} "
        f"untouched records of {events} events"
    )


def tampered(sealed: Sealed, name: str, seed: int) -> Forgery:
    """The record, tampered with in the named way; another place is tried where that changed nothing."""
    chance = random.Random(f"{seed} {name}")  # noqa: S311 - seeded on purpose
    while True:
        forgery = Forgery(list(sealed.record), list(sealed.heads), chance, sealed.signing)
        ways()[name](forgery)
        if forgery.heads != list(sealed.heads) or by_stream(forgery.record) != by_stream(sealed.record):
            return forgery


def by_stream(lines: Lines) -> dict[str, list[bytes]]:
    """Streams may be interleaved in any way: only a change within one of them is a change."""
    streams: dict[str, list[bytes]] = {}
    for line in lines:
        streams.setdefault(_stream(line), []).append(line)
    return streams


def _stream(line: bytes) -> str:
    try:
        return str(read_json(line)["stream_id"])
    except (ValueError, KeyError, TypeError):
        return ""


def judge(sealed: Sealed, record: Lines, heads: Lines, seed: int, *, holds: bool, what: str = "untouched") -> None:
    """Ask both verifiers. Raises `Failed` where one of them is wrong.

    They have the key and, from elsewhere, the last head or the witness's co-signatures; or the key alone, where it
    has to be enough.
    """
    knows = ("head", "witness", "nothing more")[seed % 3]
    if knows == "nothing more" and what in NOT_BY_THE_KEY_ALONE:
        knows = "head"
    for who, verdict in (("ours", _ours), ("the independent one", _theirs)):
        why = verdict(sealed, record, heads, knows)
        if (why is None) != holds:
            raise Failed(f"{what}: {who} says {why or 'that it holds'}", seed)


def _ours(sealed: Sealed, record: Lines, heads: Lines, knows: str) -> str | None:
    """Why it does not hold, or `None`."""
    try:
        known = verify_heads(heads, load_public_key(sealed.public_pem.encode()))
        if knows == "witness":
            key = load_public_key(sealed.witness_pem.encode())
            known.must_hold(read_cosignatures(sealed.cosignatures, key))
        elif knows == "head":
            known.must_hold([Anchor(len(sealed.heads), _last_hash(sealed), "the proof")])
        verify_lines(record, known, complete=True)
    except (BreakFound, Unreadable) as found:
        return str(found)
    return None


def _theirs(sealed: Sealed, record: Lines, heads: Lines, knows: str) -> str | None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        files = {"record": b"".join(record), "heads": b"".join(heads), "key": sealed.public_pem.encode()}
        files |= {"witness": b"".join(sealed.cosignatures), "witness_key": sealed.witness_pem.encode()}
        for name, content in files.items():
            (home / name).write_bytes(content)
        more = {
            "head": ["--last-head", f"{len(sealed.heads)}:{_last_hash(sealed)}"],
            "witness": ["--witness", str(home / "witness"), str(home / "witness_key")],
            "nothing more": [],
        }
        paths = [str(home / name) for name in ("record", "heads", "key")]
        try:
            independent_verifier.check([*paths, "--complete", *more[knows]])
        except Exception as exc:  # whatever it stumbles over: its command says "does not hold"
            return repr(exc)
    return None


def _last_hash(sealed: Sealed) -> str:
    return str(read_json(sealed.heads[-1])["hash"])
