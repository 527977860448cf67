"""`ultracore audit …` as a person at a terminal meets it."""

from __future__ import annotations

import asyncio
import html
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.audit.commands import Run
from tests.audit.people import CUSTOMER, a_payment
from ultracore.audit import AuditEventType, AuditTrail, ConversationRecord, EventFilter, operator_of
from ultracore.audit.defaults import heads_path, open_reader, open_store, signing_key
from ultracore.audit.heads import HeadSealer, HeadsFile
from ultracore.audit.vocabulary import UserMessage
from ultracore.errors import OperatorError
from ultracore.settings import Settings, export_to_environment


@pytest.fixture
async def filled(settings: Settings) -> str:
    """Two conversations, one with an open intent, all sealed, nothing running. Gives the open intent's id."""
    store = await open_store(settings)
    trail = AuditTrail(store=store)
    await a_payment(trail, "conv-1")
    intent = await a_payment(trail, "conv-2", settle=False)
    await trail.log_login("tenant_1", "teller1", success=True)
    await HeadSealer(store, signing_key(settings), HeadsFile(heads_path(settings))).seal_now()
    await store.close()
    return intent


def events_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_sessions_are_tab_separated_newest_first(run: Run, filled: str) -> None:
    code, out, _ = run("sessions")
    rows = [line.split("\t") for line in out.splitlines()]
    assert code == 0
    assert [(row[0], row[1], row[2], row[5]) for row in rows] == [
        ("conv-2", "tenant_1", "customer1", "8"),
        ("conv-1", "tenant_1", "customer1", "10"),
    ]
    assert run("sessions", "--customer", "cust_2")[1] == ""
    assert run("sessions", "--since", "2999-01-01")[1] == ""
    assert run("sessions", "--system")[1].startswith("system:tenant_1:")


def test_an_export_with_heads_and_key_verifies_from_the_files_alone(run: Run, filled: str, tmp_path: Path) -> None:
    record, heads, key = tmp_path / "F.jsonl", tmp_path / "H.jsonl", tmp_path / "K.pem"
    record.write_text(run("export", "--all")[1])
    heads.write_text(run("heads")[1])
    key.write_text(run("key")[1])
    files = ["--file", str(record), "--heads", str(heads), "--public-key", str(key)]
    code, out, _ = run("verify", *files, "--complete")
    assert (code, "26 events in 3 streams" in out) == (0, True)
    record.write_text(record.read_text().replace("Payments", "Accounts", 1))
    code, _, err = run("verify", *files)
    assert (code, "conv-1 2" in err) == (1, True)


def test_a_stream_that_is_missing_in_the_file_is_a_break_with_complete(
    run: Run, filled: str, tmp_path: Path
) -> None:
    record, heads, key = tmp_path / "F.jsonl", tmp_path / "H.jsonl", tmp_path / "K.pem"
    record.write_text(run("export", "--session", "conv-1")[1])
    heads.write_text(run("heads")[1])
    key.write_text(run("key")[1])
    files = ["--file", str(record), "--heads", str(heads), "--public-key", str(key)]
    assert run("verify", *files)[0] == 0
    code, _, err = run("verify", *files, "--complete")
    assert (code, "conv-2 1" in err) == (1, True)


def test_an_export_shows_what_was_sealed_beside_the_envelope(run: Run, filled: str) -> None:
    events = events_of(run("export", "--session", "conv-1")[1])
    assert [event["sequence"] for event in events] == list(range(1, 11))
    assert events[2]["metadata"] is None
    assert events[2]["revealed"]["content"]["metadata"] == {"text": "transfer 50 dollars to City Power"}


def test_a_page_is_self_contained_and_escapes_what_people_wrote(run: Run, filled: str) -> None:
    code, out, _ = run("export", "--session", "conv-1", "--format", "html")
    assert code == 0
    assert "transfer 50 dollars to City Power" in out
    assert "<script" not in out
    assert "http" not in out
    assert "&quot;event_id&quot;" in out


def test_the_live_record_verifies_and_a_changed_one_does_not(run: Run, filled: str, settings: Settings) -> None:
    assert run("verify")[0] == 0
    assert run("verify", "--session", "conv-1")[0] == 0
    file = heads_path(settings)
    whole = file.read_bytes()
    file.write_bytes(whole + whole)
    code, _, err = run("verify")
    assert (code, "heads" in err) == (1, True)


def test_a_viewing_is_on_the_record_before_anything_is_shown(run: Run, filled: str, settings: Settings) -> None:
    run("replay", "conv-1", "--reason", "a complaint", "--as", "staff")
    run("export", "--session", "conv-1", "--reason", "an audit")
    stream = run("sessions", "--system")[1].split("\t")[0]
    looks = ("conversation_viewed", "data_exported")
    found = [event for event in events_of(run("export", "--session", stream)[1]) if event["event_type"] in looks]
    viewed, exported = found[:2]
    assert (viewed["event_type"], viewed["resource_id"]) == ("conversation_viewed", "conv-1")
    assert viewed["revealed"]["content"]["metadata"]["stated_reason"] == "a complaint"
    assert viewed["revealed"]["content"]["metadata"]["operating_system_user"]
    assert viewed["metadata"]["projection"] == "staff"
    assert exported["event_type"] == "data_exported"
    assert len(events_of(run("export", "--session", "conv-1")[1])) == 10


def test_a_replay_that_cannot_be_recorded_shows_nothing(run: Run, filled: str, settings: Settings) -> None:
    settings.wrapping_key_file.write_text("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
    code, out, err = run("replay", "conv-1")
    assert (code, out) == (2, "")
    assert "master key" in err


def test_replay_as_text_and_as_jsonl(run: Run, filled: str) -> None:
    code, out, _ = run("replay", "conv-1")
    assert code == 0
    assert "customer1 [message] transfer 50 dollars to City Power" in out
    shown = events_of(run("replay", "conv-1", "--format", "jsonl")[1])
    assert shown[2] == {"author": "customer1", "kind": "message", "text": "transfer 50 dollars to City Power"}


def test_open_lists_intents_without_outcome(run: Run, filled: str) -> None:
    [intent] = events_of(run("open")[1])
    assert (intent["event_id"], intent["tool"], intent["proposal"]) == (filled, "execute_transaction", "prp_1")


async def test_reading_works_while_the_app_writes(run: Run, filled: str, settings: Settings) -> None:
    store = await open_store(settings)
    await AuditTrail(store=store).log_login("tenant_1", "teller1", success=True)
    assert run("verify")[0] == 0
    await store.close()


@pytest.mark.parametrize(
    "arguments",
    [["sessions"], ["verify"], ["heads"], ["key"], ["open"], ["export", "--all"], ["replay", "conv-1"]],
)
def test_without_a_record_every_command_says_so_and_exits_2(
    run: Run, arguments: list[str], data_dir: Path
) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    assert list(data_dir.iterdir()) == []


def test_what_cannot_be_read_exits_2_and_says_why(run: Run, filled: str, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.txt"
    foreign.write_text("hello\n")
    assert run("replay", "conv-9")[0] == 2
    code, _, err = run("verify", "--file", str(foreign))
    assert (code, "line 1" in err) == (2, True)
    assert run("verify", "--file", str(tmp_path / "missing"))[0] == 2
    assert run("verify", "--file", str(foreign), "--heads", str(foreign))[0] == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET body = '' WHERE stream_id = 'conv-1' AND sequence = 2",
        "UPDATE events SET body = x'ff' WHERE stream_id = 'conv-1' AND sequence = 2",
        "UPDATE streams SET last_at = 'yesterday'",
        "UPDATE sealing_keys SET wrapped = x'00'",
    ],
)
@pytest.mark.parametrize(
    "arguments", [("export", "--session", "conv-1"), ("replay", "conv-1")], ids=["export", "replay"]
)
def test_rows_that_somebody_overwrote_end_with_a_sentence(
    run: Run, filled: str, settings: Settings, statement: str, arguments: tuple[str, ...]
) -> None:
    with sqlite3.connect(settings.data_path / "audit.db") as db:
        db.execute("DROP TRIGGER events_refuse_update")
        db.execute(statement)
    db.close()
    code, _, err = run(*arguments)
    assert code == 2
    assert err.strip() and "Traceback" not in err


def test_a_missing_master_key_is_not_replaced_by_a_new_one(run: Run, filled: str, settings: Settings) -> None:
    key = settings.wrapping_key_file.read_bytes()
    settings.wrapping_key_file.unlink()
    for arguments in (("find",), ("index", "--once"), ("erase", "--customer", "cust_1", "--reason", "asked for")):
        code, _, err = run(*arguments)
        assert code == 2 and "bring the key file" in err
    assert not settings.wrapping_key_file.exists()
    settings.wrapping_key_file.write_bytes(key)
    assert run("replay", "conv-1")[0] == 0


@pytest.mark.parametrize("port", ["99999", "nothing"])
def test_an_address_with_no_port_ends_with_a_sentence_without_the_password(
    run: Run, settings: Settings, port: str
) -> None:
    export_to_environment("ULTRACORE_AUDIT_DATABASE_URL", f"postgresql://bob:s3cretpw@127.0.0.1:{port}/bank")
    for arguments in (("sessions",), ("verify",), ("find",)):
        code, _, err = run(*arguments)
        assert code == 2 and err.strip()
        assert "s3cretpw" not in err and "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("sessions", "--customer", "\udcff"),
        ("sessions", "--since", "0001-01-01T00:00:00+14:00"),
        ("export", "--session", "\udcff"),
        ("export", "--all", "--tenant", "nobody"),
        ("replay", "\udcff"),
        ("report", "access", "--tenant", "\udcff", "--start", "2026-01-01", "--end", "2026-02-01"),
        ("find", "--limit", "99999999999999999999"),
        ("find", "--limit", "-1"),
        ("find", "--tenant", "nobody"),
        ("find", "--since", "2026-02-01", "--until", "2026-01-01"),
        ("find", "--user", "\udcff"),
        ("verify", "--session", "\udcff"),
        ("erase", "--customer", "\udcff", "--reason", "asked for"),
        ("hold", "--customer", "\udcff", "--reason", "asked for"),
    ],
    ids=" ".join,
)
def test_an_argument_that_means_nothing_ends_with_a_sentence(
    run: Run, filled: str, arguments: tuple[str, ...], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    try:
        code, out, err = run(*arguments)
    except SystemExit as refused:
        code, out, err = int(str(refused.code)), "", capfdbinary.readouterr()[1].decode()
    assert (code, out) == (2, "")
    assert err.strip() and "Traceback" not in err


def test_who_looked_is_the_systems_user_whatever_the_environment_says(
    run: Run, filled: str, settings: Settings
) -> None:
    export_to_environment("LOGNAME", "somebody_else")
    run("replay", "conv-1", "--reason", "complaint")
    with open_reader(settings, keys=True) as reader:
        wanted = EventFilter(types=frozenset({AuditEventType.CONVERSATION_VIEWED}))
        (viewed,) = [reader.opened(event) for event in reader.select(wanted)]
    assert (viewed.metadata or {})["operating_system_user"] == operator_of(settings.sudo_user).person


def test_a_file_that_ends_in_the_middle_of_a_line_names_the_line(run: Run, filled: str, tmp_path: Path) -> None:
    record = tmp_path / "F.jsonl"
    record.write_text(run("export", "--session", "conv-1")[1][:-30])
    code, _, err = run("verify", "--file", str(record))
    assert (code, "record line 10" in err) == (1, True)


def test_a_missing_signing_key_is_not_replaced_beside_signed_heads(filled: str, settings: Settings) -> None:
    signing_key(settings)
    heads_path(settings).write_text("{}\n")
    settings.signing_key_file.unlink()
    with pytest.raises(OperatorError) as refused:
        signing_key(settings)
    assert refused.value.code == "audit.signing_key"
    assert not settings.signing_key_file.exists()


async def test_a_replay_on_a_terminal_cannot_forge_a_line_or_steer_it(run: Run, settings: Settings) -> None:
    store = await open_store(settings)
    try:
        record = ConversationRecord(AuditTrail(store=store), CUSTOMER, "conv-forged").turn("t1", "7F3A-91C2")
        await record.write(UserMessage("hello\nAnya [answer] You may.\x1b[2J\rgone"))
    finally:
        await store.close()
    shown = await asyncio.to_thread(run, "replay", "conv-forged")
    assert "\n    Anya [answer] You may. [2J" in shown[1]
    assert "\x1b" not in shown[1] and "\r" not in shown[1]


@pytest.mark.parametrize("left_out", [("--tenant", "tenant_2"), ("--since", "2026-01-01")], ids=" ".join)
def test_an_export_of_one_conversation_leaves_no_condition_out(
    run: Run, filled: str, left_out: tuple[str, str]
) -> None:
    code, out, err = run("export", "--session", "conv-1", *left_out)
    assert (code, out, err) == (2, "", "--tenant and --since belong to --all.\n")


def test_head_lists_that_would_not_be_looked_at_are_refused(run: Run, filled: str, tmp_path: Path) -> None:
    path = tmp_path / "H.jsonl"
    path.write_bytes(b"")
    code, out, err = run("verify", "--heads", str(path))
    assert (code, out) == (2, "") and "--last-head" in err


STRANGE = "one\u2028two\u2029three\u0085four \\u2028 \\\\u2029"


@pytest.fixture
async def strange(settings: Settings) -> Settings:
    """A conversation whose text has what many programs take for line ends, and the letters of their escapes."""
    store = await open_store(settings)
    turn = ConversationRecord(AuditTrail(store=store), CUSTOMER, "conv-1").turn("turn-1", "7F3A-0001")
    await turn.write(UserMessage(STRANGE))
    await HeadSealer(store, signing_key(settings), HeadsFile(heads_path(settings))).seal_now()
    await store.close()
    return settings


def test_an_exported_event_is_one_line_for_every_reader(run: Run, strange: Settings) -> None:
    _, out, _ = run("export", "--session", "conv-1")
    (line,) = out.splitlines()
    assert json.loads(line)["revealed"]["content"]["metadata"]["text"] == STRANGE


def test_an_export_with_escaped_line_ends_verifies(run: Run, strange: Settings, tmp_path: Path) -> None:
    record, heads, key = tmp_path / "F.jsonl", tmp_path / "H.jsonl", tmp_path / "K.pem"
    record.write_text(run("export", "--all")[1])
    heads.write_text(run("heads")[1])
    key.write_text(run("key")[1])
    files = ["--file", str(record), "--heads", str(heads), "--public-key", str(key), "--complete"]
    assert run("verify", *files)[0] == 0
    verifier = [sys.executable, "-m", "tests.audit.independent_verifier", str(record), str(heads), str(key)]
    assert subprocess.run(verifier, check=False).returncode == 0
    record.write_text(record.read_text().replace("two", "2wo"))
    assert run("verify", *files)[0] == 1


def test_no_text_ends_a_line_of_an_exported_page(run: Run, strange: Settings) -> None:
    _, page, _ = run("export", "--session", "conv-1", "--format", "html")
    assert not {"\u2028", "\u2029"} & set(page)
    assert html.unescape(page).count("one\u2028two\u2029three") == 1
    for form in ("jsonl", "json"):
        assert len(run("replay", "conv-1", "--format", form)[1].splitlines()) == 1
