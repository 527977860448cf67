"""What every implementation of a conversation's log must do."""

from __future__ import annotations

from ultracore.cache.stores import Cursor, LogChange
from ultracore.chat.interfaces import Logs

TALK = "11111111-1111-4111-8111-111111111111"


def change(entry_id: str, text: str | None = "") -> LogChange:
    return LogChange(entry_id, None if text is None else {"text": text})


async def state(logs: Logs, after: Cursor = Cursor()) -> list[tuple[str, str]]:  # noqa: B008 - it is frozen
    """Ids and texts that stand after a cursor, in the order of their changes."""
    part = await logs.read(TALK, after)
    assert part is not None
    return [(entry.entry_id, entry.content["text"]) for entry in part.entries]


async def begun(logs: Logs) -> Cursor:
    cursor = await logs.begin(TALK, [change("a", "one"), change("b", "two")])
    assert cursor is not None and cursor.sequence == 2
    return cursor


async def an_entry_that_changes_keeps_its_first_place_and_comes_once(logs: Logs) -> None:
    cursor = await begun(logs)
    assert await logs.append(TALK, cursor, [change("c", "three"), change("a", "one again")]) is not None
    part = await logs.read(TALK, Cursor())
    assert part is not None and part.whole
    assert [(one.entry_id, one.sequence, one.first) for one in part.entries] == [
        ("b", 2, 2),
        ("c", 3, 3),
        ("a", 4, 1),
    ]
    assert await state(logs, cursor) == [("c", "three"), ("a", "one again")]


async def a_writer_that_missed_something_is_refused_and_goes_on_when_it_has_read(logs: Logs) -> None:
    cursor = await begun(logs)
    assert await logs.append(TALK, cursor, [change("c")]) is not None
    assert await logs.append(TALK, cursor, [change("d")]) is None
    part = await logs.read(TALK, cursor)
    assert part is not None and not part.whole
    assert await logs.append(TALK, part.cursor, [change("d")]) is not None
    assert await logs.begin(TALK, [change("e")]) is None


async def what_is_taken_away_is_told_to_those_who_know_it(logs: Logs) -> None:
    cursor = await begun(logs)
    after = await logs.append(TALK, cursor, [change("a", None)])
    part = await logs.read(TALK, cursor)
    assert part is not None and after is not None
    assert (part.gone, part.entries) == (("a",), ())
    assert await state(logs) == [("b", "two")]
    assert await logs.append(TALK, after, [change("a", "back")]) is not None
    assert await state(logs) == [("b", "two"), ("a", "back")]


async def a_deleted_log_says_so_and_takes_nothing(logs: Logs) -> None:
    cursor = await begun(logs)
    await logs.delete(TALK)
    part = await logs.read(TALK, cursor)
    assert part is not None
    assert (part.deleted, part.entries) == (True, ())
    assert await logs.append(TALK, cursor, [change("c")]) is None
    assert await logs.begin(TALK, [change("c")]) is None


CONTRACT = (
    an_entry_that_changes_keeps_its_first_place_and_comes_once,
    a_writer_that_missed_something_is_refused_and_goes_on_when_it_has_read,
    what_is_taken_away_is_told_to_those_who_know_it,
    a_deleted_log_says_so_and_takes_nothing,
)
