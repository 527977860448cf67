"""What a process that died has left at work on a stage."""

from __future__ import annotations

from dataclasses import dataclass

from ultracore.chat.page import wire
from ultracore.chat.page.stage import Change, Entry, EntryForm, Stage
from ultracore.chat.page.wire import Wire


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """How many turns were taken away, and the step of the answer that one of them was writing."""

    turns: int
    answer: Wire | None


async def end_dead(stage: Stage, dead: frozenset[str]) -> LeftBehind | None:
    """Take away what processes of these names are said to run; None if another process was faster."""
    running = _running(stage, dead)
    if not running:
        return None
    frames = {entry.wire["id"].removeprefix("running-") for entry in running}
    steps = [entry for entry in stage.of_kind("step") if _unfinished(entry, frames)]
    ended = [
        Change(one.wire["id"], EntryForm("step", one.wire | {"end": wire.now()}, data=one.data)) for one in steps
    ]
    taken = [Change(entry.wire["id"]) for entry in running]
    if not await stage.change(*taken, *ended, unless=lambda: not _running(stage, dead)):
        return None
    answers = [entry.wire for entry in stage.of_kind("step") if _is_answer(entry, frames)]
    turns = sum(entry.data.get("visible", True) for entry in running)
    return LeftBehind(turns, answers[-1] if answers else None)


def _running(stage: Stage, dead: frozenset[str]) -> list[Entry]:
    return [entry for entry in stage.of_kind("running") if entry.data.get("process") in dead]


def _unfinished(entry: Entry, frames: set[str]) -> bool:
    own = entry.wire["id"] in frames or entry.wire.get("parentId") in frames
    return own and entry.wire.get("end", "") is None


def _is_answer(entry: Entry, frames: set[str]) -> bool:
    return bool(entry.wire.get("streaming")) and entry.wire.get("parentId") in frames
