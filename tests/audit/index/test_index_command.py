"""`ultracore audit index` and `audit find` as a person at a terminal meets them."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from tests.audit.commands import Run
from tests.audit.index.world import a_record, forged
from tests.support.deadlines import PATIENCE
from ultracore.audit import AuditTrail
from ultracore.audit.defaults import open_store
from ultracore.audit.index.defaults import open_index
from ultracore.cli.main import main
from ultracore.settings import Settings


@pytest.fixture
async def filled(settings: Settings) -> int:
    """A record that nothing runs over. Gives its number of events."""
    store = await open_store(settings)
    await a_record(AuditTrail(store=store))
    number = len(await store.read(lambda reader: reader.after_position(0, 1_000)))
    await store.close()
    return number


def state(out: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(out)
    return found


def test_the_index_is_brought_up_to_date_and_says_so(run: Run, filled: int) -> None:
    code, out, _ = run("index", "--status")
    behind = state(out)
    assert (code, behind["events"], behind["behind_events"]) == (0, 0, filled)
    assert behind["behind_seconds"] > 0
    code, out, _ = run("index", "--once")
    assert code == 0
    assert state(out) == {
        "events": filled,
        "conversations": 3,
        "behind_events": 0,
        "behind_seconds": 0,
        "gaps": 0,
        "gaps_in": [],
        "alarms": 0,
    }
    assert run("index", "--rebuild")[1] == out


def test_found_conversations_are_printed_like_sessions_and_the_search_is_on_the_record(
    run: Run, filled: int
) -> None:
    run("index", "--once")
    code, out, err = run("find", "--words", "umbrella", "--tenant", "tenant_1", "--reason", "complaint 4711")
    assert (code, err) == (0, "")
    assert [line.split("\t")[0] for line in out.splitlines()] == ["conv-2", "conv-1"]
    assert out.splitlines() == [line for line in run("sessions")[1].splitlines() if "tenant_1" in line]
    (stream,) = [line.split("\t")[0] for line in run("sessions", "--system")[1].splitlines()]
    recorded = json.loads(run("export", "--session", stream)[1].splitlines()[1])
    assert (recorded["event_type"], recorded["action"]) == ("data_accessed", "search")
    told = recorded["revealed"]["content"]["metadata"]
    assert told["search"] == {"words": "umbrella"}
    assert (told["stated_reason"], bool(told["operating_system_user"])) == ("complaint 4711", True)
    assert "umbrella" not in json.dumps({**recorded, "revealed": None})


def test_a_search_says_how_far_behind_the_index_is(run: Run, filled: int) -> None:
    code, out, err = run("find", "--customer", "cust_1")
    assert (code, out) == (0, "")
    assert f"{filled} events" in err


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--tool", "get_account_balance", "--decision", "denied"], 3),
        (["--customer", "cust_9"], 1),
        (["--user", "customer2", "--agent", "Accounts"], 1),
        (["--severity", "critical"], 0),
        (["--since", "2999-01-01"], 0),
        (["--until", "2999-01-01", "--limit", "2"], 2),
        (["--system"], 1),
    ],
)
def test_a_search_by_each_criterion(run: Run, filled: int, arguments: list[str], found: int) -> None:
    run("index", "--once")
    assert len(run("find", *arguments)[1].splitlines()) == found


def test_an_alarm_is_an_exit_code_and_a_line(run: Run, filled: int, settings: Settings) -> None:
    asyncio.run(forge(settings))
    code, out, err = run("index", "--status")
    assert (code, state(out)["alarms"]) == (1, 1)
    assert "second_hash" in err and "conv-1" in err


async def forge(settings: Settings) -> None:
    """The index gets the whole record, and one event a second time with another hash."""
    store = await open_store(settings)
    index = await open_index(settings, store)
    everything = await store.read(lambda reader: [row.published() for row in reader.after_position(0, 1_000)])
    await index.apply([*everything, forged(everything[1], result="other")])
    await index.close()
    await store.close()


def test_an_index_that_cannot_be_opened_is_a_sentence(run: Run, filled: int, settings: Settings) -> None:
    (settings.data_path / "index.db").mkdir()
    for command in (["index", "--status"], ["index", "--once"], ["find"]):
        code, out, err = run(*command)
        assert (code, out) == (2, "") and "index" in err and "Traceback" not in err


def test_the_doctor_looks_at_the_index(filled: int, settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    def finding() -> str:
        capfd.readouterr()
        main(["doctor"])
        return next(line for line in capfd.readouterr().out.splitlines() if line.startswith("index\t"))

    assert finding() == "index\tok"
    asyncio.run(forge(settings))
    assert "1 alarms" in finding()


def test_kafka_cannot_be_the_source_where_there_is_none(run: Run, filled: int) -> None:
    code, _, err = run("index", "--once", "--source", "kafka")
    assert (code, "KAFKA_BOOTSTRAP_SERVERS" in err) == (2, True)


def test_as_a_process_of_its_own_it_keeps_up_and_ends_at_a_signal(run: Run, filled: int) -> None:
    process = subprocess.Popen([sys.executable, "-m", "ultracore.cli.main", "audit", "index"])
    try:
        deadline = time.monotonic() + PATIENCE
        while state(run("index", "--status")[1])["behind_events"]:
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
