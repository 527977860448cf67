"""A data directory made at 622bb8b opens, holds, shows the same and goes on.

`fixtures/622bb8b.tar.xz` was packed by `fixtures/played.py` in a checkout of that commit (`docs/operations.md`).
"""

from __future__ import annotations

import asyncio
import json
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.ai.screen import Desk, principal
from tests.audit.commands import Run
from tests.audit.fixtures import played
from tests.support.scripted_model import ScriptedModel, call, say, scripted_model
from ultracore.audit.canonical import strict_object
from ultracore.audit.defaults import open_reader
from ultracore.container import open_app
from ultracore.settings import Settings

__all__ = ["scripted_model"]

PACKED: Final = Path(__file__).parent / "fixtures" / "622bb8b.tar.xz"


@pytest.fixture
def kept(data_dir: Path) -> Path:
    """The data directory as it was kept, in a place of this test's own."""
    with tarfile.open(PACKED) as packed:
        packed.extractall(data_dir.parent, filter="data")
    (data_dir.parent / "data").rename(data_dir)
    return data_dir


def conversations(kept: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((kept / played.IDS).read_text())
    return found


# An answer says since then which model gave it and what that took.
LATER = frozenset(f"metadata.{name}" for name in ("language", "model", "prompt_version", "tokens", "cost"))


def shapes(events: Iterator[dict[str, Any]]) -> dict[tuple[str, ...], set[tuple[str, ...]]]:
    """Of each kind of event, which of its fields and metadata are in clear: all the forms in which it occurs."""
    found: dict[tuple[str, ...], set[tuple[str, ...]]] = defaultdict(set)
    for event in events:
        metadata = event["metadata"] or {}
        kind = (event["event_type"], event["result"] or "", event["action"] or "", str(metadata.get("kind", "")))
        fields = [name for name, value in event.items() if value is not None]
        found[kind].add(tuple(sorted([*fields, *(f"metadata.{name}" for name in metadata)])))
    return found


def published(settings: Settings) -> Iterator[dict[str, Any]]:
    with open_reader(settings) as reader:
        yield from [strict_object(row.published()) for row in reader.stored()]


def test_it_holds_against_the_heads_and_the_key_of_then(kept: Path, run: Run, tmp_path: Path) -> None:
    code, events, _ = run("export", "--all", "--reason", "a check")
    exported = tmp_path / "events.jsonl"
    exported.write_text(events)
    held = ("--heads", str(kept / played.KEPT_HEADS), "--public-key", str(kept / played.KEPT_KEY))
    assert (code, run("verify", "--file", str(exported), *held, "--complete")[0]) == (0, 0)
    assert run("verify")[0] == 0


@pytest.mark.parametrize("projection", played.PROJECTIONS)
@pytest.mark.parametrize("name", ["customer", "teller", "checker", "supervisor"])
def test_a_replay_shows_what_it_showed_then(kept: Path, run: Run, name: str, projection: str) -> None:
    asked = ("replay", conversations(kept)[name], "--as", projection, "--format", "jsonl", "--reason", "a check")
    code, shown, _ = run(*asked)
    assert (code, shown) == (0, (kept / played.REPLAYS / f"{name}-{projection}.jsonl").read_text())


async def _says_more(kept: Path, model: ScriptedModel) -> None:
    async with open_app(Settings(data_dir=kept, openai_base_url=model.base_url)) as app:
        desk = await Desk.sign_in(app, model, principal())
        desk.conversation_id = conversations(kept)["customer"]
        before = len(await desk.record())
        model.expect(call("get_account_balance", {"account_id": "acc_1"}), say("Here it is."))
        await desk.say("What is my balance?")
        now = await desk.record()
        assert [event.sequence for event in now] == list(range(1, len(now) + 1))
        assert len(now) > before and await desk.balance() == "2420.00"


def test_a_conversation_of_then_goes_on_and_the_record_holds(
    kept: Path, run: Run, scripted_model: ScriptedModel
) -> None:
    asyncio.run(_says_more(kept, scripted_model))
    code, told, _ = run("verify")
    assert code == 0, told
    code, told, _ = run("sessions")
    assert sorted(line.split("\t")[0] for line in told.splitlines()) == sorted(conversations(kept).values())


def without(names: frozenset[str], forms: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """The forms as they are when these members are left out."""
    return {tuple(name for name in form if name not in names) for form in forms}


async def test_events_have_the_clear_parts_that_they_had(
    kept: Path, tmp_path: Path, scripted_model: ScriptedModel
) -> None:
    now = Settings(data_dir=tmp_path / "now", openai_base_url=scripted_model.base_url)
    async with open_app(now) as app:
        await played.play(app, scripted_model)
    then, today = shapes(published(Settings(data_dir=kept))), shapes(published(now))
    both = then.keys() & today.keys()
    assert len(both) >= 25
    assert {kind: without(LATER, today[kind]) for kind in both} == {kind: then[kind] for kind in both}
