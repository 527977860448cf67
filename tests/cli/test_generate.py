"""`ultracore audit generate`: a record of the size that was asked for, made through the same door as any other."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from ultracore.audit import AuditEvent, EventFilter
from ultracore.audit.defaults import open_store
from ultracore.cli.audit.synthetic_record import generate
from ultracore.cli.main import main
from ultracore.errors import AuditUnavailable
from ultracore.settings import Settings


async def made(path: Path, seed: int, events: int = 600) -> list[AuditEvent]:
    """All events of a generated record."""
    store = await open_store(Settings(data_dir=path))
    try:
        await generate(store, events, seed)
        return await store.select(EventFilter())
    finally:
        await store.close()


async def test_the_record_has_exactly_the_size_that_was_asked_for(tmp_path: Path) -> None:
    events = await made(tmp_path, 1, 777)
    assert len(events) == 777
    kinds = Counter(str(event.event_type) for event in events)
    assert {"login", "session_started", "user_message", "tool_decided", "approval_given"} <= set(kinds)


async def test_the_same_seed_gives_the_same_conversations(tmp_path: Path) -> None:
    def told(events: list[AuditEvent]) -> set[tuple[str, str, str]]:
        return {
            (event.event_id, str(event.event_type), str((event.metadata or {}).get("text"))) for event in events
        }

    first, again = await made(tmp_path / "a", 5), await made(tmp_path / "b", 5)
    other = await made(tmp_path / "c", 6)
    assert len(told(first) & told(again)) > 500  # which conversations the last events fall into is a race
    assert not told(first) & told(other)


def test_the_command_makes_a_record_that_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ULTRACORE_DATA_DIR", str(tmp_path / "data"))
    assert main(["audit", "generate", "--events", "300", "--seed", "2"]) == 0
    assert "300 events in" in capsys.readouterr().out
    assert main(["audit", "verify"]) == 0
    assert "300 events" in capsys.readouterr().out
    assert main(["audit", "generate", "--events", "300"]) == 2
    assert "empty directory" in capsys.readouterr().err


async def test_a_store_that_refuses_ends_it_with_the_stores_own_error(tmp_path: Path) -> None:
    store = await open_store(Settings(data_dir=tmp_path))
    await store.close()
    with pytest.raises(AuditUnavailable):
        await generate(store, 600, 1)


@pytest.mark.parametrize("count", ["0", "-5", "many", "1.5", "100000001"])
def test_a_number_that_is_none_is_refused(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["audit", "generate", "--events", count])
    assert ended.value.code == 2
    assert "is not a number from 1" in capsys.readouterr().err
