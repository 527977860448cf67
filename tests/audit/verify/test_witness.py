"""The witness: it co-signs what extends what it saw, refuses the rest, and is whole after a crash anywhere."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.audit import vectors
from tests.support.deadlines import PATIENCE
from ultracore.audit.canonical import NO_HASH, read_json
from ultracore.audit.heads.values import HeadEntry, make_head
from ultracore.audit.sealing import SigningKey, load_public_key
from ultracore.audit.verify import BreakFound, Unreadable, open_witness, read_cosignatures, verify_heads
from ultracore.errors import OperatorError

APP = load_public_key(vectors.KEY.public_pem().encode())
OTHER_APP = load_public_key(vectors.OTHER_KEY.public_pem().encode())
Lines = list[bytes]


def heads(*sequences: int, key: SigningKey = vectors.KEY, mark: str = "a") -> Lines:
    """A list for each sequence at which `conv-1` stood."""
    lines, before = [], NO_HASH
    for index, sequence in enumerate(sequences, 1):
        hash_ = (mark if index == len(sequences) else "a") * 8 + f"{sequence:056x}"
        head = make_head(key, index, before, vectors.NOW, [HeadEntry("conv-1", sequence, hash_)])
        lines.append(head.published + b"\n")
        before = head.hash
    return lines


def continued(lines: Lines, key: SigningKey) -> Lines:
    """The lists with one more, signed by `key`."""
    entry = HeadEntry("conv-1", 100, "c" * 64)
    return [
        *lines,
        make_head(key, len(lines) + 1, read_json(lines[-1])["hash"], vectors.NOW, [entry]).published + b"\n",
    ]


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return SigningKey.load(tmp_path / "key.pem")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "witness"


def take(home: Path, key: SigningKey, lines: Lines) -> int:
    with open_witness(home, key, APP) as witness:
        return witness.take(lines)


def cosigned(home: Path, key: SigningKey) -> list[tuple[int, str]]:
    """What its file says, its signatures checked."""
    lines = (home / "witness.jsonl").read_bytes().splitlines(keepends=True)
    return [(one.index, one.hash) for one in read_cosignatures(lines, load_public_key(key.public_pem().encode()))]


def test_each_list_is_cosigned_once_over_any_number_of_starts(home: Path, key: SigningKey) -> None:
    assert [take(home, key, heads(*range(1, count + 1))) for count in (2, 2, 5, 5)] == [2, 0, 3, 0]
    known = verify_heads(heads(1, 2, 3, 4, 5), APP)
    assert cosigned(home, key) == list(enumerate(known.hashes, 1))
    line = read_json((home / "witness.jsonl").read_bytes().splitlines()[0])
    assert sorted(line) == ["hash", "index", "signature", "time", "witness_key_id"]
    assert line["witness_key_id"] == key.key_id


def test_more_lists_than_one_batch_are_cosigned(home: Path, key: SigningKey) -> None:
    assert take(home, key, heads(*range(1, 1202))) == 1201
    assert len(cosigned(home, key)) == 1201


REFUSED: list[tuple[str, Lines, str]] = [
    ("rewritten", heads(1, 5), r"heads 2: it is not the list that this witness saw"),
    ("shortened", heads(1), r"heads 2: the list is missing; this witness saw 3"),
    ("emptied", [], r"heads 1: the list is missing; this witness saw 3"),
    ("forked", [*heads(1, 2, 3), heads(1, 2, 9, 10)[3]], r"heads 4: it does not follow"),
    ("by another key", heads(1, 2, 3, 4, key=vectors.OTHER_KEY), r"heads 1: it is not the list"),
    (
        "continued by another key",
        continued(heads(1, 2, 3), vectors.OTHER_KEY),
        r"heads 4: it is signed by another",
    ),
    ("taken back", heads(1, 2, 3, 2), r"heads 4: it takes conv-1 back"),
    ("contradicting itself", heads(1, 2, 3, 3, mark="b"), r"heads 4: it takes conv-1 back"),
    ("skipping", [*heads(1, 2, 3), heads(1, 2, 3, 4, 5)[4]], r"heads 4: the list continues with 5"),
    ("no list", [*heads(1, 2, 3), b"<html>\n"], r"heads line 4: it is not JSON"),
]


@pytest.mark.parametrize(("what", "lines", "why"), REFUSED, ids=[name for name, _, _ in REFUSED])
def test_a_list_that_does_not_extend_what_was_seen_is_refused(
    home: Path, key: SigningKey, what: str, lines: Lines, why: str
) -> None:
    take(home, key, heads(1, 2, 3))
    before = (home / "witness.jsonl").read_bytes()
    with pytest.raises(BreakFound, match=why):
        take(home, key, lines)
    assert (home / "witness.jsonl").read_bytes() == before
    assert take(home, key, heads(1, 2, 3, 4)) == 1


def test_the_apps_key_is_pinned_at_the_first_use(home: Path, key: SigningKey) -> None:
    with pytest.raises(OperatorError, match="does not know the app yet"), open_witness(home, key, None):
        pass
    take(home, key, heads(1))
    with open_witness(home, key, None) as witness:
        assert witness.take(heads(1, 2)) == 1
    with pytest.raises(OperatorError, match="another public key"), open_witness(home, key, OTHER_APP):
        pass


def test_a_second_witness_on_the_same_directory_is_told_to_wait(home: Path, key: SigningKey) -> None:
    with (
        open_witness(home, key, APP),
        pytest.raises(OperatorError, match="Another witness works in"),
        open_witness(home, key, APP),
    ):
        pass
    assert take(home, key, heads(1)) == 1


def test_after_a_crash_at_any_byte_of_a_write_the_next_start_goes_on(home: Path, key: SigningKey) -> None:
    lines, more = heads(1, 2), heads(1, 2, 3, 4)
    take(home, key, lines)
    kept = {name: (home / name).read_bytes() for name in ("heads.jsonl", "witness.jsonl")}
    take(home, key, more)
    whole = {name: (home / name).read_bytes() for name in kept}
    for copied in (*range(len(kept["heads.jsonl"]), len(whole["heads.jsonl"]), 37), len(whole["heads.jsonl"])):
        (home / "heads.jsonl").write_bytes(whole["heads.jsonl"][:copied])
        (home / "witness.jsonl").write_bytes(kept["witness.jsonl"])
        take(home, key, more)
        assert [index for index, _ in cosigned(home, key)] == [1, 2, 3, 4]
    for signed in range(len(kept["witness.jsonl"]), len(whole["witness.jsonl"]), 23):
        (home / "witness.jsonl").write_bytes(whole["witness.jsonl"][:signed])
        with open_witness(home, key, None) as witness:
            assert witness.count == 4
        assert [index for index, _ in cosigned(home, key)] == [1, 2, 3, 4]


def test_a_full_disk_ends_the_witness_and_the_next_start_goes_on(home: Path, key: SigningKey) -> None:
    take(home, key, heads(1))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((home / "heads.jsonl").stat().st_size + 100, limits[1]))
    try:
        with pytest.raises(OperatorError, match=r"cannot write .*heads.jsonl: File too large"):
            take(home, key, heads(1, 2, 3))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [index for index, _ in cosigned(home, key)] == [1]
    assert take(home, key, heads(1, 2, 3)) == 2


def spoil(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))


DAMAGE: list[Callable[[Path], object]] = [
    lambda home: (home / "heads.jsonl").unlink(),
    lambda home: (home / "heads.jsonl").write_bytes(b"".join(heads(1))),
    lambda home: (home / "heads.jsonl").write_bytes(b"".join(heads(1, 7, 8))),
    lambda home: spoil(home / "witness.jsonl", b'"index":2', b'"index":3'),
    lambda home: spoil(home / "witness.jsonl", b'"signature":"', b'"signature":"A'),
    lambda home: (home / "witness.jsonl").write_bytes(b"\n"),
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_directory_that_was_changed_is_not_gone_on_with(
    home: Path, key: SigningKey, damage: Callable[[Path], object]
) -> None:
    take(home, key, heads(1, 2, 3))
    damage(home)
    with pytest.raises(OperatorError, match="does not agree with itself"):
        take(home, key, heads(1, 2, 3))


def test_another_key_does_not_go_on_with_the_cosignatures_of_the_first(home: Path, key: SigningKey) -> None:
    take(home, key, heads(1, 2))
    with pytest.raises(OperatorError, match="signed by another key"):
        take(home, vectors.OTHER_KEY, heads(1, 2))


def test_a_first_line_that_is_no_list_is_another_kind_of_file(home: Path, key: SigningKey) -> None:
    with pytest.raises(Unreadable, match="line 1 of the heads"):
        take(home, key, [b"<html>\n"])


def test_cosignatures_are_checked_and_their_line_named(home: Path, key: SigningKey) -> None:
    take(home, key, heads(1, 2, 3))
    lines = (home / "witness.jsonl").read_bytes().splitlines(keepends=True)
    public = load_public_key(key.public_pem().encode())
    with pytest.raises(BreakFound, match="witness line 1: it co-signs list 2"):
        read_cosignatures(lines[1:], public)
    with pytest.raises(BreakFound, match="witness line 3: it is cut off"):
        read_cosignatures([*lines[:2], lines[2][:-1]], public)
    with pytest.raises(BreakFound, match="witness line 1: it is signed by another key"):
        read_cosignatures(lines, OTHER_APP)
    with pytest.raises(BreakFound, match="witness line 2: its signature is not right"):
        read_cosignatures([lines[0], lines[1].replace(b'"hash":"', b'"hash":"00')], public)
    with pytest.raises(BreakFound, match="witness line 2: it is not in its canonical form"):
        read_cosignatures([lines[0], b" " + lines[1]], public)
    with pytest.raises(Unreadable, match="line 1 of the witness"):
        read_cosignatures(heads(1), public)


def test_a_rewritten_past_under_the_apps_own_key_differs_from_what_the_witness_saw(
    home: Path, key: SigningKey
) -> None:
    take(home, key, heads(1, 2, 3))
    public = load_public_key(key.public_pem().encode())
    said = read_cosignatures((home / "witness.jsonl").read_bytes().splitlines(keepends=True), public)
    verify_heads(heads(1, 2, 3, 4), APP).must_hold(said)
    with pytest.raises(BreakFound, match="heads 2: the witness knows another list"):
        verify_heads(heads(1, 7, 8), APP).must_hold(said)
    with pytest.raises(BreakFound, match="heads 3: the list is missing: there are 2"):
        verify_heads(heads(1, 2), APP).must_hold(said)


def test_a_witness_that_is_killed_at_any_moment_goes_on(home: Path, key: SigningKey, tmp_path: Path) -> None:
    lists, pem = tmp_path / "H.jsonl", tmp_path / "K.pem"
    lists.write_bytes(b"".join(heads(*range(1, 400))))
    pem.write_text(vectors.KEY.public_pem())
    command = [sys.executable, "-m", "ultracore.cli.main", "audit", "witness", "--dir", str(home)]
    command += ["--heads", str(lists), "--public-key", str(pem), "--follow", "0.05"]
    environment = {**os.environ, "ULTRACORE_WITNESS_KEY_FILE": str(tmp_path / "key.pem")}
    for size in (100, 30_000, 90_000):
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + PATIENCE
            while not _has(home / "heads.jsonl", size) and time.monotonic() < deadline:
                time.sleep(0.001)
            process.kill()
        lists.write_bytes(b"".join(heads(*range(1, 400 + size // 100))))
    assert take(home, key, heads(*range(1, 2000))) > 0
    assert len(cosigned(home, key)) == 1999


def _has(path: Path, size: int) -> bool:
    return path.exists() and path.stat().st_size >= size


def test_following_takes_lists_as_they_come_and_ends_where_it_must_refuse(
    home: Path, tmp_path: Path, key: SigningKey
) -> None:
    lists, pem = tmp_path / "H.jsonl", tmp_path / "K.pem"
    lists.write_bytes(b"".join(heads(1)) + heads(1, 2)[1][:20])
    pem.write_text(vectors.KEY.public_pem())
    command = [sys.executable, "-m", "ultracore.cli.main", "audit", "witness", "--dir", str(home)]
    command += ["--heads", str(lists), "--public-key", str(pem), "--follow", "0.05"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert b"Co-signed 1 new head lists; 1 in all." in process.stdout.readline()
        _replace(lists, b"".join(heads(1, 2, 3)))
        assert b"Co-signed 2 new head lists; 3 in all." in process.stdout.readline()
        lists.unlink()
        assert process.stderr is not None
        assert b"cannot be read" in process.stderr.readline()
        _replace(lists, b"".join(heads(1, 9, 10)))
        assert process.wait(PATIENCE) == 1
        assert b"heads 2: it is not the list that this witness saw" in process.stderr.read()


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_suffix(".new")
    draft.write_bytes(content)
    draft.replace(path)
