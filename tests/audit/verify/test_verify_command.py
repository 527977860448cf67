"""`ultracore audit verify` and `audit witness` as those who doubt the record meet them."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.audit import vectors
from tests.audit.people import a_payment
from ultracore.audit import AuditTrail
from ultracore.audit.canonical import read_json
from ultracore.audit.defaults import heads_path, open_store, signing_key
from ultracore.audit.heads import HeadSealer, HeadsFile
from ultracore.audit.sealing import SigningKey
from ultracore.cli.main import main
from ultracore.settings import Settings, export_to_environment

Run = Callable[..., tuple[int, str]]
UNTOUCHED = vectors.HOME / "untouched"
RECORD = (UNTOUCHED / "record.jsonl").read_bytes()
HEADS = ("--heads", str(UNTOUCHED / "heads.jsonl"), "--public-key", str(vectors.HOME / "key.pem"))
LAST = read_json((UNTOUCHED / "heads.jsonl").read_bytes().splitlines()[-1])


@pytest.fixture
def run(settings: Settings, capfd: pytest.CaptureFixture[str]) -> Run:
    """The exit code, and what was written, on standard error where it is not 0."""

    def call(*arguments: str) -> tuple[int, str]:
        capfd.readouterr()
        code = main(["audit", *arguments])
        out, err = capfd.readouterr()
        return code, err if code else out

    return call


@pytest.fixture
async def live(settings: Settings) -> Settings:
    """Two conversations under two heads, nothing running."""
    store = await open_store(settings)
    trail = AuditTrail(store=store)
    sealer = HeadSealer(store, signing_key(settings), HeadsFile(heads_path(settings)))
    for session in ("conv-1", "conv-2"):
        await a_payment(trail, session)
        await sealer.seal_now()
    await store.close()
    return settings


LINES = RECORD.splitlines(keepends=True)
BAD: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 2, "is empty: it holds no record"),
    "gzip": (gzip.compress(RECORD), 2, "line 1 of the record cannot be read: it is compressed with gzip"),
    "zip": (b"PK\x03\x04rest", 2, "it is a ZIP archive"),
    "database": (b"SQLite format 3\x00rest", 2, "it is a database"),
    "utf-16": (RECORD.decode().encode("utf-16"), 2, "it is UTF-16; the record is UTF-8"),
    "byte order mark": (b"\xef\xbb\xbf" + RECORD, 2, "it begins with a byte order mark"),
    "crlf": (RECORD.replace(b"\n", b"\r\n"), 2, "line 1 of the record cannot be read: it ends with CR LF"),
    "crlf later": (LINES[0] + LINES[1].replace(b"\n", b"\r\n"), 1, "record line 2: it ends with CR LF"),
    "no line feed": (RECORD[:-1], 1, f"record line {len(LINES)}: it is cut off"),
    "cut within the first line": (RECORD[:100], 2, "line 1 of the record cannot be read: it is cut off"),
    "web page": (b"<html>\n", 2, "line 1 of the record cannot be read: it is not JSON of ours"),
    "list": (b"[]\n", 2, "not a JSON object"),
    "other JSON": (b'{"a":1}\n', 2, "it is not an event of a stream"),
    "latin-1": (LINES[0] + "{é\n".encode("latin-1"), 1, "record line 2: it is not JSON of ours"),
    "name twice": (LINES[0][:-2] + b',"stream_id":"x"}\n', 2, "a name occurs twice"),
    "name twice later": (
        LINES[0] + b'{"a":1,"a":1}\n',
        1,
        "record line 2: it is not JSON of ours: a name occurs twice",
    ),
    "NaN": (LINES[0] + b'{"a":NaN}\n', 1, "record line 2: it is not JSON of ours: NaN is not JSON"),
    "too large a number": (LINES[0] + b'{"a":1e999}\n', 1, "record line 2: it is not JSON of ours"),
    "lone surrogate": (LINES[0] + b'{"a":"\\ud800"}\n', 1, "record line 2: it is not JSON of ours"),
    "deep": (
        LINES[0] + b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}\n",
        1,
        "record line 2: .*nested too deeply",
    ),
    "50 MB": (LINES[0] + b'{"a":"' + b"x" * 50_000_000 + b'"}\n', 1, "record line 2: it is longer than 8 MiB"),
    "50 MB at once": (b" " * 50_000_000, 2, "line 1 of the record cannot be read: it is longer than 8 MiB"),
    "zeros": (LINES[0] + bytes(1000) + b"\n", 1, "record line 2: it is not JSON of ours"),
    "blank line": (LINES[0] + b"\n" + LINES[1], 1, "record line 2: it is not JSON of ours"),
    "spaces": (LINES[0].replace(b'":', b'": '), 1, "conv-1 1: it is not in its canonical form"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_truncated_or_foreign_file_says_which_line_and_why(run: Run, tmp_path: Path, name: str) -> None:
    content, code, why = BAD[name]
    path = tmp_path / "F.jsonl"
    path.write_bytes(content)
    got, said = run("verify", "--file", str(path))
    assert got == code
    assert len(said.splitlines()) == 1
    assert re.search(why, said), said
    if code == 2:
        assert run("verify", "--file", str(UNTOUCHED / "record.jsonl"), "--heads", str(path), *HEADS[2:])[0] == 2


def test_a_directory_and_a_file_that_is_not_there_are_said_in_a_sentence(run: Run, tmp_path: Path) -> None:
    assert run("verify", "--file", str(tmp_path)) == (2, f"{tmp_path}: Is a directory\n")
    assert run("verify", "--file", str(tmp_path / "no"))[1].endswith("No such file or directory\n")
    record = str(UNTOUCHED / "record.jsonl")
    assert run("verify", "--file", record, "--session", "conv-7")[1].startswith("there is no conversation conv-7")


def test_the_last_head_known_from_elsewhere_finds_heads_that_were_cut_along(run: Run, tmp_path: Path) -> None:
    files = ("--file", str(vectors.HOME / "suffix-rewritten" / "record.jsonl"), *HEADS[2:])
    cut = tmp_path / "H.jsonl"
    cut.write_bytes(b"".join(vectors.heads_of(vectors.chained([vectors.an_event(0)]), ends=(1,))))
    assert run("verify", *files, "--heads", str(cut))[0] == 0
    code, said = run("verify", *files, "--heads", str(cut), "--last-head", f"{LAST['index']}:{LAST['hash']}")
    assert (code, "heads 2: the list is missing: there are 1, and --last-head knows this one" in said) == (1, True)
    untouched = ("--file", str(UNTOUCHED / "record.jsonl"), *HEADS)
    assert run("verify", *untouched, "--last-head", f"{LAST['index']}:{LAST['hash']}")[0] == 0
    code, said = run("verify", *untouched, "--last-head", f"1:{LAST['hash']}")
    assert (code, "heads 1: --last-head knows another list" in said) == (1, True)


@pytest.mark.parametrize("text", ["", "1", "0:" + "a" * 64, "1:" + "A" * 64, "1:abc", "-1:" + "a" * 64])
def test_a_last_head_of_another_form_is_refused(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["audit", "verify", f"--last-head={text}"])
    assert "is not INDEX:HASH" in capfd.readouterr().err


def witness(run: Run, home: Path, *more: str) -> tuple[int, str]:
    return run("witness", "--dir", str(home), *more)


def test_the_owner_alone_cannot_rewrite_what_a_witness_saw(run: Run, live: Settings, tmp_path: Path) -> None:
    home, key, own = tmp_path / "witness", tmp_path / "K.pem", tmp_path / "WK.pem"
    key.write_text(run("key")[1])
    own.write_text(witness(run, home, "--print-key")[1])
    assert witness(run, home, "--public-key", str(key)) == (0, "Co-signed 2 new head lists; 2 in all.\n")
    seen = ("--witness", str(home / "witness.jsonl"), "--witness-key", str(own))
    code, said = run("verify", *seen)
    assert (code, "The witness co-signed 2 of the 2 head lists; they are the same." in said) == (0, True)


async def test_a_record_made_anew_under_the_same_key_is_found_by_the_witness(
    run: Run, live: Settings, tmp_path: Path
) -> None:
    home, key, own = tmp_path / "witness", tmp_path / "K.pem", tmp_path / "WK.pem"
    key.write_text(signing_key(live).public_pem())
    own.write_text(witness(run, home, "--print-key")[1])
    witness(run, home, "--public-key", str(key))
    for name in ("audit.db", "audit.db-wal", "audit.db-shm", "heads.jsonl"):
        (live.data_path / name).unlink(missing_ok=True)
    store = await open_store(live)
    await a_payment(AuditTrail(store=store), "conv-1")
    await HeadSealer(store, signing_key(live), HeadsFile(heads_path(live))).seal_now()
    await store.close()
    assert run("verify")[0] == 0
    seen = ("--witness", str(home / "witness.jsonl"), "--witness-key", str(own))
    code, said = run("verify", *seen)
    assert (code, "heads 1: the witness knows another list in this place" in said) == (1, True)
    assert witness(run, home)[0] == 1
    assert "refuses to co-sign: heads 1: it is not the list" in witness(run, home)[1]


def test_a_witness_takes_lists_from_standard_input(
    run: Run, live: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "K.pem"
    key.write_text(run("key")[1])
    with heads_path(live).open() as lists:
        monkeypatch.setattr("sys.stdin", lists)
        arguments = ("--heads", "-", "--public-key", str(key))
        assert witness(run, tmp_path / "witness", *arguments)[1].startswith("Co-signed 2 new")
    assert witness(run, tmp_path / "witness", *arguments, "--follow", "1")[0] == 2


def test_a_witness_has_a_directory_and_a_key_of_its_own(run: Run, live: Settings, tmp_path: Path) -> None:
    assert "is in the app's data directory" in witness(run, live.data_path / "witness")[1]
    assert "is in the app's data directory" in witness(run, live.data_path)[1]
    code, said = witness(run, tmp_path / "witness")
    assert (code, "give its public key with --public-key K.pem" in said) == (2, True)
    code, said = witness(
        run, tmp_path / "witness", "--heads", str(tmp_path / "no"), "--public-key", str(tmp_path / "k")
    )
    assert (code, "No such file" in said) == (2, True)
    export_to_environment("ULTRACORE_WITNESS_KEY_FILE", str(tmp_path / "own.pem"))
    assert witness(run, tmp_path / "witness", "--print-key")[1] == signing_key_of(tmp_path / "own.pem")


def signing_key_of(path: Path) -> str:
    return SigningKey.load(path, create=False).public_pem()


def test_a_heads_file_that_is_missing_although_lists_were_signed_is_a_break(run: Run, live: Settings) -> None:
    assert run("verify")[0] == 0
    kept = heads_path(live).read_bytes()
    heads_path(live).unlink()
    code, said = run("verify")
    assert (code, "is missing, though 2 lists were signed; bring it back" in said) == (1, True)
    heads_path(live).write_bytes(kept)
    assert run("verify")[0] == 0


def test_options_that_contradict_each_other_are_refused(run: Run, live: Settings) -> None:
    record = str(UNTOUCHED / "record.jsonl")
    assert "leave --source out" in run("verify", "--file", record, "--source", "store")[1]
    assert "give --witness and --witness-key" in run("verify", "--witness", record)[1]
    assert "give --heads and --public-key" in run("verify", "--file", record, *HEADS[:2])[1]
    assert "Only head lists say" in run("verify", "--file", record, "--last-head", f"1:{'a' * 64}")[1]
