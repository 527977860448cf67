"""A Stop that reaches the process in which a turn runs."""

from __future__ import annotations

from ultracore.chat.page.stage import STOP, Change, EntryForm, Stage


async def stop_elsewhere(stage: Stage, process: str) -> None:
    """Tell the other processes at work in this conversation to end their talking; `process` is this one's name."""
    running = stage.of_kind("running")
    elsewhere = [one.wire["id"] for one in running if one.data.get("process") != process]
    if elsewhere:
        await stage.change(Change(STOP, EntryForm("stop", {"id": STOP}, data={"turns": elsewhere})))
