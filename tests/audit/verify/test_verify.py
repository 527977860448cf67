"""What verification finds: in files by seeded mutations, judged by both verifiers, and in the live store."""

from __future__ import annotations

import asyncio
import base64
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.audit import independent_verifier, vectors
from tests.audit.people import a_payment
from tests.audit.records import Exported, a_record
from ultracore.audit import AuditTrail
from ultracore.audit.canonical import NO_HASH, canonical, event_hash, head_hash, read_json
from ultracore.audit.heads import SIGNED_PREFIX, HeadSealer, HeadsFile
from ultracore.audit.sealing import SigningKey, load_public_key
from ultracore.audit.store import RecordReader
from ultracore.audit.verify import BreakFound, Unreadable, Verdict, verify_heads, verify_lines, verify_store

MUTATIONS = 300
Lines = list[bytes]


@pytest.fixture(scope="module")
def exported() -> Exported:
    return asyncio.run(a_record())


def verify(record: Lines, heads: Lines, pem: str) -> Verdict:
    known = verify_heads(heads, load_public_key(pem.encode()))
    return verify_lines(record, known, complete=True)


def flip(lines: Lines, chance: random.Random) -> None:
    place = chance.randrange(len(lines))
    line = bytearray(lines[place])
    line[chance.randrange(len(line))] ^= 1 << chance.randrange(8)
    lines[place] = bytes(line)


def delete(lines: Lines, chance: random.Random) -> None:
    del lines[chance.randrange(len(lines))]


def double(lines: Lines, chance: random.Random) -> None:
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))


def reorder(lines: Lines, chance: random.Random) -> None:
    first, second = chance.sample(range(len(lines)), 2)
    lines[first], lines[second] = lines[second], lines[first]


def still_the_same(lines: Lines, original: Lines) -> bool:
    """Streams may be interleaved in any way; only a change within one of them is a change."""

    def by_stream(some: Lines) -> dict[bytes, Lines]:
        streams: dict[bytes, Lines] = {}
        for line in some:
            key = line.split(b'"stream_id":"')[-1].split(b'"')[0] if b'"stream_id":"' in line else b""
            streams.setdefault(key, []).append(line)
        return streams

    return by_stream(lines) == by_stream(original)


async def test_an_untouched_record_holds_and_says_what_is_newer_than_the_heads(exported: Exported) -> None:
    verdict = verify(list(exported.record), list(exported.heads), exported.public_pem)
    assert (verdict.streams, verdict.events, verdict.heads, verdict.covered) == (3, 19, 3, 18)
    assert "1 events are newer" in str(verdict)


@pytest.mark.parametrize("mutate", [flip, delete, double, reorder])
def test_every_mutation_of_a_covered_record_is_found_by_both_verifiers(
    exported: Exported, mutate: Callable[[Lines, random.Random], None]
) -> None:
    covered = list(exported.record)[:-1]
    for seed in range(MUTATIONS // 4):
        changed = list(covered)
        mutate(changed, random.Random(seed))  # noqa: S311 - seeded on purpose
        if still_the_same(changed, covered):
            continue
        with pytest.raises((BreakFound, Unreadable)):
            verify(changed, list(exported.heads), exported.public_pem)
        assert not independent_holds(changed, exported), f"seed {seed}"


@pytest.mark.parametrize("mutate", [flip, delete, double, reorder])
def test_every_mutation_of_the_heads_but_their_cut_tail_is_found(
    exported: Exported, mutate: Callable[[Lines, random.Random], None]
) -> None:
    for seed in range(MUTATIONS // 4):
        changed = list(exported.heads)
        mutate(changed, random.Random(seed))  # noqa: S311 - seeded on purpose
        if changed == list(exported.heads)[: len(changed)]:
            continue
        with pytest.raises((BreakFound, Unreadable)):
            verify(list(exported.record), changed, exported.public_pem)


def independent_holds(record: Lines, exported: Exported) -> bool:
    try:
        _, named = independent_verifier.check_heads(list(exported.heads), exported.public_pem.encode())
        independent_verifier.check_record(record, named, True)
    except (AssertionError, ValueError, KeyError, TypeError, ArithmeticError, AttributeError):
        return False
    return True


def test_both_verifiers_accept_the_untouched_record(exported: Exported) -> None:
    assert independent_holds(list(exported.record), exported)


def test_a_break_names_stream_and_sequence(exported: Exported) -> None:
    lines = [line.replace(b'"result":"needs_approval"', b'"result":"denied"') for line in exported.record]
    with pytest.raises(BreakFound) as found:
        verify_lines(lines)
    assert (found.value.where, found.value.sequence) == ("conv-1", 5)


def test_a_foreign_file_is_told_from_a_broken_record(exported: Exported) -> None:
    with pytest.raises(Unreadable, match="line 1 of the record"):
        verify_lines([b"<html>\n"])
    with pytest.raises(BreakFound, match="record line 2"):
        verify_lines([exported.record[0], b"<html>\n"])
    with pytest.raises(Unreadable, match="line 1 of the heads"):
        verify_heads([exported.record[0]], load_public_key(exported.public_pem.encode()))


# The live store


@pytest.fixture
async def live(record_path: Path, trail: AuditTrail, signing: SigningKey, heads_path: Path) -> RecordReader:
    await a_payment(trail, "conv-1")
    sealer = HeadSealer(await trail.store(), signing, HeadsFile(heads_path))
    await sealer.seal_now()
    await a_payment(trail, "conv-2")
    await sealer.seal_now()
    await trail.close()
    return RecordReader(record_path)


@pytest.fixture
def heads_path(tmp_path: Path) -> Path:
    return tmp_path / "heads.jsonl"


def tamper(path: Path, *statements: str) -> None:
    """What somebody with the file can do: take the triggers off first."""
    with sqlite3.connect(path) as db:
        for table in ("events", "heads"):
            for verb in ("update", "delete"):
                db.execute(f"DROP TRIGGER IF EXISTS {table}_refuse_{verb}")
        for statement in statements:
            assert db.execute(statement).rowcount > 0
    db.close()


TAMPERING = [
    ("UPDATE events SET body = replace(body, 'denied', 'allowed') || ' ' WHERE sequence = 3", "conv-1 3"),
    ("UPDATE events SET body = cast('{}' AS BLOB) WHERE position = 2", "conv-1 2"),
    ("DELETE FROM events WHERE stream_id = 'conv-2' AND sequence = 10", "conv-2 10"),
    ("DELETE FROM events WHERE stream_id = 'conv-1' AND sequence = 4", "conv-1 4"),
    ("DELETE FROM events WHERE stream_id = 'conv-1'", "conv-1 1"),
    (
        "UPDATE events SET hash = (SELECT hash FROM events WHERE stream_id = 'conv-1' AND sequence = 5) "
        "WHERE stream_id = 'conv-1' AND sequence = 4",
        "conv-1 4",
    ),
    ("UPDATE streams SET sequence = 12 WHERE stream_id = 'conv-2'", "conv-2 11"),
    ("UPDATE streams SET tenant_id = 'tenant_2' WHERE stream_id = 'conv-2'", "conv-2 1"),
    ("UPDATE streams SET user_id = 'somebody' WHERE stream_id = 'conv-2'", "conv-2 1"),
    ("UPDATE streams SET is_system = 1 WHERE stream_id = 'conv-2'", "conv-2 1"),
    ("UPDATE streams SET first_at = '1999-01-01T00:00:00.000000Z' WHERE stream_id = 'conv-2'", "conv-2 1"),
    ("DELETE FROM streams WHERE stream_id = 'conv-2'", "conv-2 1"),
    ("UPDATE events SET tenant_id = 'tenant_2' WHERE stream_id = 'conv-1' AND sequence = 4", "conv-1 4"),
    ("UPDATE events SET event_type = 'login' WHERE stream_id = 'conv-1' AND sequence = 4", "conv-1 4"),
    ("UPDATE events SET user_id = 'somebody' WHERE stream_id = 'conv-1' AND sequence = 4", "conv-1 4"),
    ("UPDATE events SET timestamp = '1999' WHERE stream_id = 'conv-1' AND sequence = 4", "conv-1 4"),
    ("UPDATE events SET event_id = 'other' WHERE stream_id = 'conv-1' AND sequence = 4", "conv-1 4"),
    ("DELETE FROM heads WHERE position = 2", "heads 2"),
    ("UPDATE heads SET body = replace(body, 'conv-1', 'conv-3') WHERE position = 1", "heads 1"),
]


@pytest.mark.parametrize(("statement", "place"), TAMPERING)
async def test_tampering_with_the_live_store_is_found_and_its_place_named(
    live: RecordReader, record_path: Path, heads_path: Path, signing: SigningKey, statement: str, place: str
) -> None:
    public = load_public_key(signing.public_pem().encode())
    assert verify_store(live, public, heads_path).events == 28
    tamper(record_path, statement)
    with pytest.raises(BreakFound) as found:
        verify_store(live, public, heads_path)
    live.close()
    assert str(found.value).startswith(f"{place}:")


async def test_a_conversation_gone_with_its_place_in_the_list_is_found(
    live: RecordReader, record_path: Path, heads_path: Path, signing: SigningKey
) -> None:
    tamper(
        record_path,
        "DELETE FROM events WHERE stream_id = 'conv-1'",
        "DELETE FROM streams WHERE stream_id = 'conv-1'",
    )
    public = load_public_key(signing.public_pem().encode())
    with pytest.raises(BreakFound, match="conv-1 1: the stream is missing"):
        verify_store(live, public, heads_path)
    live.close()


async def test_the_heads_file_finds_a_record_that_was_set_back(
    live: RecordReader, record_path: Path, heads_path: Path, signing: SigningKey
) -> None:
    tamper(
        record_path,
        "DELETE FROM heads WHERE position = 2",
        "DELETE FROM events WHERE stream_id = 'conv-2'",
        "DELETE FROM streams WHERE stream_id = 'conv-2'",
    )
    public = load_public_key(signing.public_pem().encode())
    with pytest.raises(BreakFound, match="the heads file has a list that the record lacks"):
        verify_store(live, public, heads_path)
    heads_path.unlink()  # noqa: ASYNC240 - a small file of the test
    assert verify_store(live, public, heads_path).events == 18
    live.close()


# What a verifier must not be led to believe


def head_lines(*entries: object, **more: object) -> Lines:
    """Lists with the given entries, under a right hash and the key of the vectors, whatever they say."""
    lines, before = list[bytes](), NO_HASH
    for index, entry in enumerate(entries, 1):
        body = {
            "index": index,
            "entries": entry,
            "prev_hash": before,
            "key_id": vectors.KEY.key_id,
            "time": "",
            **more,
        }
        before = head_hash(before, canonical(body))
        signature = base64.b64encode(vectors.KEY.sign(SIGNED_PREFIX + bytes.fromhex(before))).decode()
        lines.append(canonical({**body, "hash": before, "signature": signature}) + b"\n")
    return lines


PLACE = {"stream_id": "conv-1", "sequence": 5, "hash": "a" * 64}


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([[PLACE], [{**PLACE, "sequence": 4}]], "heads 2: it takes conv-1 back"),
        ([[PLACE], [{**PLACE, "hash": "b" * 64}]], "heads 2: it takes conv-1 back"),
        ([[PLACE, {**PLACE, "hash": "b" * 64}]], "heads 1: it takes conv-1 back"),
        ([[{**PLACE, "sequence": True}]], "heads 1: its entries cannot be read"),
        ([[{**PLACE, "sequence": 0}]], "heads 1: its entries cannot be read"),
        ([[{**PLACE, "hash": "A" * 64}]], "heads 1: its entries cannot be read"),
        ([[None]], "heads 1: its entries cannot be read"),
        ([{"conv-1": 5}], "heads 1: its entries cannot be read"),
    ],
)
def test_a_signed_list_that_contradicts_itself_or_is_malformed_is_a_break(entries: list[object], why: str) -> None:
    key = load_public_key(vectors.KEY.public_pem().encode())
    assert verify_heads(head_lines([PLACE], [{**PLACE, "sequence": 6}], []), key).covered("conv-1") == 6
    with pytest.raises(BreakFound, match=why):
        verify_heads(head_lines(*entries), key)


def test_an_index_that_is_no_integer_is_a_break() -> None:
    with pytest.raises(BreakFound, match="heads 1: the list continues with True"):
        verify_heads(head_lines([PLACE], index=True), load_public_key(vectors.KEY.public_pem().encode()))


def an_event(**more: object) -> bytes:
    """The first event of a stream, with members that only a forger or a later version would write."""
    body = {**read_json(vectors.lines_of(vectors.chained([vectors.an_event(0)]))[0]), **more}
    for name in ("hash", "revealed"):
        body.pop(name)
    return canonical({**body, "hash": event_hash(NO_HASH, canonical(body)), **more}) + b"\n"


def test_members_that_a_reader_does_not_know_are_hashed_wherever_they_stand() -> None:
    hash_ = '"hash":"' + "a" * 64 + '",'
    strange: list[dict[str, object]] = [
        {"aaa": {"hash": "x"}},
        {"zzz": hash_},
        {"aaa": {"revealed": {}, "hash": "a" * 64}},
        {"zzz": {}},
    ]
    for more in strange:
        assert verify_lines([an_event(**more)]).events == 1
        changed = an_event(**more).replace(b'"severity":"info"', b'"severity":"none"')
        with pytest.raises(BreakFound, match="its content does not have its hash"):
            verify_lines([changed])


def test_a_previous_hash_that_is_not_the_chains_is_a_break_even_under_a_hash_that_fits() -> None:
    with pytest.raises(BreakFound, match="conv-1 1: it does not follow the event before it"):
        verify_lines([an_event(prev_hash="b" * 64)])


@pytest.mark.parametrize("hash_", ["", "é", '","x":"', "A" * 64, "a" * 63])
def test_a_hash_of_another_form_is_a_break(hash_: str) -> None:
    event = {**read_json(an_event()), "hash": hash_}
    with pytest.raises(BreakFound, match="its content does not have its hash"):
        verify_lines([canonical(event) + b"\n"])
