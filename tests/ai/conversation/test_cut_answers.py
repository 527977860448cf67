"""What was shown of an answer is kept before it is shown, and on the record whatever ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.ai.conversation.test_turn_endings import until
from tests.ai.screen import BROWSER, Desk, Screen
from tests.prove import replay
from tests.support.scripted_model import call, cut_after, say
from ultracore.ai.sentences import CUT_SHORT
from ultracore.audit import AuditEvent, SubjectSeals
from ultracore.audit.defaults import master_key
from ultracore.cache import RedisClient
from ultracore.cache.defaults import cache_secret
from ultracore.cache.server.service import running_endpoint
from ultracore.cache.stores import AnswerHead, RuntimeStores
from ultracore.errors import AuditUnavailable, CacheUnavailable
from ultracore.principal import Principal

ASK = "What's my balance?"


@pytest.fixture
async def stores(desk: Desk) -> AsyncIterator[RuntimeStores]:
    """The same Redis, as another process sees it."""
    endpoint = running_endpoint(desk.app.settings.data_path)
    assert endpoint is not None
    seals = SubjectSeals(await desk.app.trail.store(), master_key(desk.app.settings))
    client, secret = RedisClient(endpoint, call_seconds=10), cache_secret(desk.app.settings)
    found = RuntimeStores.over(client, secret=secret, seals=seals)
    yield found
    await found.aclose()


def answers(events: list[AuditEvent]) -> list[tuple[str, bool]]:
    """Text of each answer, and whether it was interrupted."""
    told = [event.metadata or {} for event in events if event.event_type.value == "assistant_message"]
    return [(one["text"], one.get("interrupted", False)) for one in told if one["kind"] == "answer"]


def head_of(who: Principal, number: int = 1, turn: str = "turn-1") -> AnswerHead:
    return AnswerHead(
        turn_id=turn,
        reference="7F3A-0001",
        number=number,
        agent="Accounts",
        began_at="2026-11-23T09:30:00.000000Z",
        tenant_id=who.tenant_id,
        user_id=who.user_id,
        customer_id=who.customer_id,
    )


class Watching(Screen):
    """Compares at each piece what is in the log with what is on the screen."""

    stores: RuntimeStores
    conversation_id: str
    compared: int = 0

    async def text(self, piece: str) -> None:
        await super().text(piece)
        (kept,) = await self.stores.pieces.left(self.conversation_id)
        assert kept.text.startswith(self._writing)
        self.compared += 1


async def test_each_piece_is_in_the_log_before_it_is_on_the_screen_and_gone_afterwards(
    desk: Desk, stores: RuntimeStores
) -> None:
    # The last piece comes with the record of the whole, so the model pauses long before it.
    desk.model.expect(say("", pieces=["one\n\n", "two\n\n", "three\n\n"], delay=0.4))
    screen = Watching()
    screen.stores, screen.conversation_id = stores, desk.conversation_id
    await desk.app.desk.message(_inbound(desk), screen)
    assert screen.compared >= 2
    assert screen.answers == ["one\n\ntwo\n\nthree"]
    assert await stores.pieces.left(desk.conversation_id) == []
    events = await desk.record()
    written = (events[-1].metadata or {})["began_at"]
    assert events[1].timestamp.isoformat() < written < events[-1].timestamp.isoformat()


def _inbound(desk: Desk) -> Any:
    from ultracore.ai.screen import Inbound

    return Inbound(desk.who.login_id, desk.conversation_id, "m-1", ASK, BROWSER)


async def test_what_another_process_left_is_recorded_before_the_next_turn_and_shown_once(
    desk: Desk, stores: RuntimeStores
) -> None:
    desk.model.expect(say("Before."), say("After."))
    await desk.say(ASK)
    await stores.pieces.keep(desk.conversation_id, 1, "Your balance is ", head_of(desk.who))
    screen = await desk.say("and now?")
    assert screen.answers == ["Your balance is ", "After."]
    assert ("notice", CUT_SHORT) in screen.messages
    events = await desk.record()
    assert answers(events) == [("Before.", False), ("Your balance is ", True), ("After.", False)]
    kinds = [event.event_type.value for event in events]
    cut = next(place for place, event in enumerate(events) if (event.metadata or {}).get("interrupted"))
    assert events[cut].turn_id == "turn-1"
    assert kinds[cut + 1] == "turn_failed" and kinds.index("user_message", cut) > cut
    again = Screen()
    await desk.app.desk.resume(desk.who.login_id, desk.conversation_id, again)
    assert again.answers == []


async def test_who_comes_back_sees_what_was_cut(desk: Desk, stores: RuntimeStores) -> None:
    desk.model.expect(say("Before."))
    await desk.say(ASK)
    await stores.pieces.keep(desk.conversation_id, 1, "Half an ", head_of(desk.who))
    screen = Screen()
    await desk.app.desk.resume(desk.who.login_id, desk.conversation_id, screen)
    assert (screen.answers, screen.messages) == (["Half an "], [("notice", CUT_SHORT)])
    assert screen.author == "Accounts"
    assert answers(await desk.record())[1:] == [("Half an ", True)]


async def test_what_is_on_the_record_already_is_not_written_down_again(desk: Desk, stores: RuntimeStores) -> None:
    desk.model.expect(say("Whole."), say("Next."))
    await desk.say(ASK)
    turn = (await desk.record())[1].turn_id or ""
    await stores.pieces.keep(desk.conversation_id, 1, "Who", head_of(desk.who, turn=turn))
    await desk.say("and now?")
    assert answers(await desk.record()) == [("Whole.", False), ("Next.", False)]


async def test_a_turn_whose_pieces_were_taken_records_nothing_twice(desk: Desk, stores: RuntimeStores) -> None:
    desk.model.expect(say("", pieces=["one\n\n", "two\n\n", "three\n\n"], delay=1.0))
    turn = asyncio.create_task(desk.say(ASK))
    await asyncio.sleep(0)
    await until(lambda: "one" in desk.screen.shown)
    await stores.pieces.close(desk.conversation_id)
    await turn
    assert desk.screen.answers == ["one"]
    assert answers(await desk.record()) == []


@pytest.mark.parametrize("abruptly", [False, True])
async def test_an_answer_that_the_model_breaks_off_is_marked(desk: Desk, *, abruptly: bool) -> None:
    desk.model.expect(cut_after(2, say("", pieces=["one\n\n", "two\n\n", "three"]), abruptly=abruptly))
    await desk.say(ASK)
    ((text, interrupted),) = answers(await desk.record())
    assert interrupted and text == desk.screen.answers[0]


async def test_without_redis_pieces_are_on_the_record_before_they_are_shown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> bool:
        raise CacheUnavailable("away")

    monkeypatch.setattr("ultracore.cache.stores.pieces.AnswerPieces.keep", away)
    desk.model.expect(say("", pieces=["one\n\n", "two\n\n", "three\n\n"], delay=0.1))
    screen = await desk.say(ASK)
    assert "".join(screen.answers) == "one\n\ntwo\n\nthree"
    assert [text for text, _ in answers(await desk.record())] == screen.answers


async def test_what_the_record_did_not_take_is_written_down_in_the_next_turn(
    desk: Desk, stores: RuntimeStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.model.expect(say("First."), say("Second."), say("Third."))
    await desk.say(ASK)
    append: Callable[..., Awaitable[AuditEvent]] = desk.app.trail.append

    async def full(*_: object, **__: object) -> AuditEvent:
        raise AuditUnavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(desk.app.trail, "append", full)
        assert (await desk.say("again?")).answers == ["Second."]
    assert desk.app.trail.append == append
    assert [one.whole for one in await stores.pieces.left(desk.conversation_id)] == [True]
    await asyncio.sleep(2.1)  # longer than a failed store is left in peace
    screen = await desk.say("and again?")
    assert screen.answers == ["Third."] and CUT_SHORT not in screen.shown
    assert answers(await desk.record()) == [("First.", False), ("Second.", False), ("Third.", False)]


async def test_a_conversation_begins_once_on_the_record_however_often_the_app_starts(desk: Desk) -> None:
    await desk.say("")
    service: Any = desk.app.desk
    service._openings._open.clear()  # as after a restart: what a process remembers of conversations is gone
    await desk.say("")
    assert (await desk.types()).count("session_started") == 1


async def test_stop_during_a_call_shows_its_end_and_withdraws_its_card(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer = {
        "transaction_type": "transfer",
        "amount": "5",
        "from_account_id": "acc_1",
        "to_account_id": "City Power",
    }
    begun, go_on = asyncio.Event(), asyncio.Event()
    proposals: Any = desk.app.bank.proposals
    opens = proposals.open

    async def slowly(*arguments: Any, **details: Any) -> Any:
        begun.set()
        await go_on.wait()
        return await opens(*arguments, **details)

    monkeypatch.setattr(proposals, "open", slowly)
    desk.model.expect(call("execute_transaction", transfer))
    turn = asyncio.create_task(desk.say("transfer 5 dollars to City Power"))
    await begun.wait()
    await desk.app.desk.stop(desk.who.login_id, desk.conversation_id)
    go_on.set()
    screen = await turn
    assert screen.ended("execute_transaction") == ["waiting"]
    assert [state for state, _ in screen.closed] == ["void"] and len(screen.cards) == 1
    assert await desk.balance() == "2500.00"


async def test_generated_conversations_are_replayed_as_they_stood_on_the_page() -> None:
    assert "0 differences" in await replay.run(12, 4)
