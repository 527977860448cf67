"""A conversation on the stages of two processes: what one writes stands on the other, whatever is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from tests.chat.memory_logs import MemoryLogs
from tests.chat.test_drawing import Drawing, a_card
from ultracore.ai.screen import Choice
from ultracore.audit import ReplayItem
from ultracore.cache.stores import Cursor, LogChange
from ultracore.chat.page import SharedConversation, end_dead, steps_of, wire
from ultracore.chat.page.cards import UNSEEN
from ultracore.chat.page.log import StageLog
from ultracore.errors import CacheUnavailable

TALK = "11111111-1111-4111-8111-111111111111"


class FaultyLogs(MemoryLogs):
    """Refuses writes while it is `down`, and can be emptied."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False
        self.dies_after_writing = False
        self.pieces = ""

    def flush(self) -> None:
        self._logs.clear()

    async def append(self, conversation_id: str, at: Cursor, changes: Sequence[LogChange]) -> Cursor | None:
        self._check()
        done = await super().append(conversation_id, at, changes)
        if self.dies_after_writing:
            raise CacheUnavailable("killed before its reply", code="cache.unreachable")
        return done

    async def begin(self, conversation_id: str, changes: Sequence[LogChange]) -> Cursor | None:
        self._check()
        return await super().begin(conversation_id, changes)

    async def writing(self, conversation_id: str) -> str:
        return self.pieces

    def _check(self) -> None:
        if self.down:
            raise CacheUnavailable("down", code="cache.unreachable")


class Process(Drawing):
    """A process with one page of the conversation."""

    def __init__(self, logs: FaultyLogs, *, begins: bool = False, recorded: Sequence[wire.Wire] = ()) -> None:
        super().__init__(SharedConversation(TALK))

        async def record() -> Sequence[wire.Wire]:
            return recorded

        self.conversation.keep_in(lambda: logs, None if begins else record)
        assert self.conversation.log is not None
        self.log: StageLog = self.conversation.log

    def texts(self) -> list[str]:
        return [entry["output"] for entry in self.stage.entries]


async def two(logs: FaultyLogs) -> tuple[Process, Process]:
    first, second = Process(logs, begins=True), Process(logs)
    await first.view().message("Hello.", kind="notice")
    await second.log.load()
    return first, second


async def test_what_one_process_shows_stands_on_the_others_page() -> None:
    first, second = await two(FaultyLogs())
    await second.view().message("From here.", kind="notice")
    await first.log.follow()
    assert first.texts() == second.texts() == ["Hello.", "From here."]
    assert [data["output"] for _, data in first.events] == ["Hello.", "From here."]


async def test_two_that_write_at_once_lose_nothing_and_agree_on_the_order() -> None:
    first, second = await two(FaultyLogs())
    await first.view().message("one", kind="notice")
    await second.view().message("two", kind="notice")
    await first.log.follow()
    assert first.texts() == second.texts() == ["Hello.", "one", "two"]


async def test_an_answer_that_another_process_writes_grows_piece_by_piece() -> None:
    logs = FaultyLogs()
    first, second = await two(logs)
    view = first.view()
    for piece in ("Half ", "an answer"):
        logs.pieces += piece
        await view.text(piece)
        await second.log.follow()
    assert second.names() == ["new_message", "stream_start", "stream_token"]
    await view.text_done()
    await second.log.follow()
    assert (second.texts()[-1], second.events[-1][0]) == ("Half an answer", "update_message")


async def test_what_redis_did_not_take_is_written_with_the_next_look() -> None:
    logs = FaultyLogs()
    first, second = await two(logs)
    logs.down = True
    await first.view().message("while it was away", kind="notice")
    assert first.texts()[-1] == "while it was away"
    logs.down = False
    first.log._away_until = 0.0
    await first.log.follow()
    await second.log.follow()
    assert second.texts() == ["Hello.", "while it was away"]


async def test_what_redis_took_before_it_was_killed_stands_once() -> None:
    logs = FaultyLogs()
    first, second = await two(logs)
    logs.dies_after_writing = True
    await first.view().message("told once", kind="notice")
    logs.dies_after_writing = False
    first.log._away_until = 0.0
    for process in (first, second, first):
        await process.log.follow()
    assert first.texts() == second.texts() == ["Hello.", "told once"]
    assert [data["output"] for name, data in second.events if name == "new_message"] == ["Hello.", "told once"]


async def test_what_was_in_the_log_when_redis_lost_all_and_on_no_other_page_comes_there() -> None:
    logs = FaultyLogs()
    first, second = await two(logs)
    await first.view().message("not followed yet", kind="notice")
    logs.flush()
    for process in (first, second):
        await process.log.follow()
    assert first.texts() == second.texts() == ["Hello.", "not followed yet"]


async def test_a_lost_log_is_made_anew_from_a_stage_and_nothing_is_drawn_twice() -> None:
    logs = FaultyLogs()
    first, second = await two(logs)
    logs.flush()
    await second.log.follow()
    await first.view().message("afterwards", kind="notice")
    await second.log.follow()
    assert first.texts() == second.texts() == ["Hello.", "afterwards"]
    assert [name for name, _ in first.events] == ["new_message", "update_message", "new_message"]


async def test_a_lost_log_that_nobody_has_on_a_stage_is_drawn_from_the_record() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    place = {"time": at, "offset": 0.0, "sequence": 1, "turn_id": None}
    items = [
        ReplayItem(author="customer1", kind="message", text="hello", **place),  # type: ignore[arg-type]
        ReplayItem(author="Accounts", kind="answer", text="**Hi.**", **place),  # type: ignore[arg-type]
        ReplayItem(author="Anya", kind="receipt", text="Receipt R-1 <b>", **place),  # type: ignore[arg-type]
    ]
    logs = FaultyLogs()
    for _ in range(2):
        process = Process(logs, recorded=steps_of(TALK, items))
        await process.log.load()
        assert process.texts()[:2] == ["hello", "**Hi.**"]
        assert process.texts()[2].startswith("\u25c8 Receipt") and "\\<b>" in process.texts()[2]
        assert len(process.texts()) == 3


async def test_a_card_is_closed_by_a_process_that_did_not_draw_it() -> None:
    first, second = await two(FaultyLogs())
    await first.view().card(replace(a_card("one"), proposal_id="prp_1", result="Paid"))
    await second.log.follow()
    shown = second.conversation.card.shown_to("")
    assert shown is not None and (shown.proposal_id, shown.pressable) == ("prp_1", True)
    await second.view().card_closed("done", "It is paid.", proposal="prp_1")
    await first.log.follow()
    assert first.texts()[-1].startswith("\u25c8 **Paid**") and first.texts()[-1].endswith("It is paid.")
    assert first.names()[-3:] == ["remove_action", "remove_action", "update_message"]
    assert first.conversation.card.shown_to("") is None


async def test_a_card_whose_end_nobody_saw_says_that_it_is_closed() -> None:
    first, second = await two(FaultyLogs())
    await first.view().card(a_card("one"))
    await second.log.follow()
    await second.conversation.card.retire()
    assert second.texts()[-1].endswith(UNSEEN) and "Time left" not in second.texts()[-1]
    assert second.stage.of_kind("button") == []


async def test_an_offer_is_known_to_every_process_and_gone_for_all() -> None:
    first, second = await two(FaultyLogs())
    await first.view().choose("Which one?", [Choice("accounts", "Accounts")])
    await second.log.follow()
    assert second.conversation.offers.label_of("choose", {"key": "accounts"}) == "Accounts"
    await second.conversation.offers.withdraw()
    await first.log.follow()
    assert first.conversation.offers.label_of("choose", {"key": "accounts"}) is None


async def test_one_process_alone_takes_a_dead_ones_turn_away() -> None:
    logs = FaultyLogs()
    first, second = await two(logs)
    third = Process(logs)
    await third.log.load()
    frame = wire.run()
    await first.stage.put(frame)
    await first.stage.start_running(frame["id"], "dead")
    view = first.view()
    view._frame = frame["id"]
    logs.pieces = "Half"
    await view.text("Half")
    for one in (second, third):
        await one.log.follow()
    assert second.stage.busy
    left = await end_dead(second.stage, frozenset({"dead"}))
    assert left is not None and left.turns == 1 and left.answer is not None
    assert left.answer["output"] == "Half"
    assert await end_dead(third.stage, frozenset({"dead"})) is None
    assert not second.stage.busy and not third.stage.busy


async def test_a_deleted_conversation_is_written_no_more() -> None:
    logs = FaultyLogs()
    first, second = await two(logs)
    await logs.delete(TALK)
    await first.view().message("still here", kind="notice")
    await second.log.follow()
    assert second.log.deleted and "still here" not in second.texts()
