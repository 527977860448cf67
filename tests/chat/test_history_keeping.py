"""What is kept of a page, without a server: in order, once Redis answers, and never in the way of a turn."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.cache.conftest import principal
from tests.chat.memory_threads import MemoryThreads
from tests.chat.test_drawing import Drawing, a_card
from ultracore.chat.page import Keeper, keeping, wire
from ultracore.chat.page.cards import UNSEEN
from ultracore.chat.page.keeping import kept_form
from ultracore.errors import CacheUnavailable
from ultracore.principal import Principal
from ultracore.tasks import OwnedTasks

OWNER = principal()


class FaultyThreads(MemoryThreads):
    """Refuses everything while it is `down`."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False
        self.writes = 0

    async def create(self, owner: Principal, thread_id: str, title: str) -> None:
        self._check()
        await super().create(owner, thread_id, title)

    async def entitle(self, owner: Principal, thread_id: str, title: str, *, by_person: bool) -> bool:
        self._check()
        return await super().entitle(owner, thread_id, title, by_person=by_person)

    async def keep(
        self, owner: Principal, thread_id: str, entries: Sequence[Mapping[str, Any]], removed: Sequence[str] = ()
    ) -> bool:
        self._check()
        self.writes += 1
        return await super().keep(owner, thread_id, entries, removed)

    def _check(self) -> None:
        if self.down:
            raise CacheUnavailable("down", code="cache.unreachable")


class Kept:
    """A drawing whose stage is watched."""

    def __init__(self) -> None:
        self.threads, self.tasks, self.drawing = FaultyThreads(), OwnedTasks(), Drawing()
        self.keeper = Keeper(lambda: self.threads, OWNER, self.tasks)
        self.drawing.stage.watcher = self.keeper

    async def outputs(self) -> list[str]:
        await self.tasks.drain(2)
        return [entry["output"] for entry in await self.threads.entries(OWNER, "t1")]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "GATHER_SECONDS", 0.01)


async def test_many_changes_are_one_write_and_the_last_state_counts() -> None:
    page = Kept()
    await page.keeper.begin("t1", [])
    view = page.drawing.view()
    for piece in "abc":
        await view.text(piece)
    await view.text_done()
    await view.message("Then this.", kind="notice")
    assert await page.outputs() == ["abc", "Then this."]
    assert page.threads.writes == 1


async def test_text_that_is_still_being_written_is_not_kept() -> None:
    page = Kept()
    await page.keeper.begin("t1", [])
    view = page.drawing.view()
    await view.text("half")
    assert await page.outputs() == []


async def test_what_redis_did_not_take_is_kept_with_the_next_change() -> None:
    page = Kept()
    await page.keeper.begin("t1", [])
    page.threads.down = True
    await page.drawing.view().message("one", kind="notice")
    assert await page.outputs() == []
    assert await page.keeper.named("Payments") is None
    page.threads.down = False
    await page.drawing.view().message("two", kind="notice")
    assert await page.outputs() == ["one", "two"]


async def test_a_list_that_cannot_be_written_stops_nobody() -> None:
    page = Kept()
    page.threads.down = True
    title = await page.keeper.begin("t1", [])
    assert title.startswith("Anya, ")
    page.threads.down = False
    await page.drawing.view().message("one", kind="notice")
    assert await page.outputs() == []


async def test_nothing_is_kept_before_the_first_message() -> None:
    page = Kept()
    await page.drawing.view().message("Hello.", kind="notice")
    await page.tasks.drain(1)
    assert page.threads.writes == 0
    await page.keeper.begin("t1", page.drawing.stage.entries)
    assert await page.outputs() == ["Hello."]


async def test_the_greeter_gives_no_title_and_an_agent_once() -> None:
    page = Kept()
    await page.keeper.begin("t1", [])
    assert await page.keeper.named("Anya") is None
    named = await page.keeper.named("Lending")
    assert named is not None and named[0].startswith("Lending, ") and named[1] == "t1"
    assert await page.keeper.named("Lending") is None


def test_only_the_white_list_is_kept_and_masked() -> None:
    step = wire.message("4111 1111 1111 1111 " + "x" * 50_000, author="Anya") | {"input": "secret", "other": 1}
    step["metadata"] |= {"principal": "secret", "kind": "notice"}
    form = kept_form(step)
    assert "secret" not in str(form) and "4111" not in str(form) and len(form["output"]) <= 16_000
    assert form["metadata"] == {"avatarName": "Anya", "kind": "notice"}


async def test_a_card_whose_end_nobody_saw_says_that_it_is_closed() -> None:
    left, page = Drawing(), Drawing()
    await left.view().card(a_card("one"))
    entries = [kept_form(entry) for entry in left.stage.entries]
    steps, elements = wire.sorted_out(entries)
    page.conversation.card.adopt(steps)
    page.stage.fill([*steps, *elements])
    await page.page.restore("t1")
    await page.conversation.card.retire()
    name, closed = page.events[-1]
    assert (name, closed["metadata"]["kind"]) == ("update_message", "notice")
    assert closed["output"].startswith("\u25c8 **Closed**") and "| To | City\\|Power |" in closed["output"]
    assert closed["output"].endswith(UNSEEN) and "Time left" not in closed["output"]
    page.events.clear()
    await page.conversation.card.retire()
    assert not page.events


async def test_a_card_that_is_still_open_takes_the_place_of_the_one_that_was_kept() -> None:
    left, page = Drawing(), Drawing()
    await left.view().card(a_card("one"))
    steps, _ = wire.sorted_out([kept_form(entry) for entry in left.stage.entries])
    page.conversation.card.adopt(steps)
    page.stage.fill(steps)
    await page.page.restore("t1")
    await page.view().card(a_card("two"))
    await page.conversation.card.retire()
    assert page.names()[:4] == ["first_interaction", "resume_thread", "delete_message", "new_message"]
    assert page.names()[4:] == ["action", "action"]


def test_a_step_that_a_crash_cut_off_does_not_go_on_for_ever() -> None:
    frame = wire.restored(kept_form(wire.run()))
    assert frame["end"] == frame["createdAt"]


async def test_a_drained_page_has_been_kept() -> None:
    page = Kept()
    await page.keeper.begin("t1", [])
    await page.drawing.view().message("last words", kind="notice")
    await asyncio.wait_for(page.tasks.drain(2), 3)
    assert [entry["output"] for entry in await page.threads.entries(OWNER, "t1")] == ["last words"]
