"""A person of the bank in a customer's conversation: it is claimed, written into and given back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from tests.ai.presses.test_two_persons import at_desk, confirmed, decide, waiting
from tests.ai.screen import BROWSER, Desk, Screen, staff
from tests.support.scripted_model import say as answer
from tests.support.scripted_steps import silent
from ultracore.ai.persons import Persons, wording
from ultracore.errors import InvalidInput
from ultracore.principal import Principal, Role

SAM, KIM = staff("supervisor1", Role.SUPERVISOR), staff("supervisor3", Role.SUPERVISOR)
FOREIGN = staff("supervisor2", Role.SUPERVISOR, "tenant_2")


@dataclass
class Board:
    """The customer's pages."""

    desk: Desk
    screen: Screen = field(default_factory=Screen)
    stopped: list[str] = field(default_factory=list)

    async def view(self, conversation_id: str, owner: Principal) -> Screen:
        assert (conversation_id, owner.user_id) == (self.desk.conversation_id, self.desk.who.user_id)
        return self.screen

    async def stop(self, conversation_id: str, owner: Principal) -> None:
        self.stopped.append(conversation_id)
        self.desk.app.desk.stop_here(conversation_id)


@pytest.fixture
def board(desk: Desk) -> Board:
    made = Board(desk)
    desk.app.desk.show_persons_on(made)
    return made


def persons(desk: Desk) -> Persons:
    return desk.app.desk_parts.persons


async def join(desk: Desk, who: Principal = SAM) -> int:
    return (await persons(desk).join(who, desk.conversation_id, BROWSER)).number


async def refused(desk: Desk, who: Principal, number: int) -> str:
    with pytest.raises(InvalidInput) as error:
        await persons(desk).say(who, desk.conversation_id, number, "hello", BROWSER)
    return error.value.code


async def test_who_asks_for_a_person_is_told_their_place_and_is_in_the_queue(desk: Desk) -> None:
    shown = (await desk.say("I want to talk to a real person")).shown
    assert "number 1 in line" in shown or "You are number 1" in shown
    assert "13 00 00 00" in shown
    case = await desk.app.bank.cases.of_conversation("tenant_1", desk.conversation_id)
    assert case is not None
    assert (case.rule, case.customer_id) == ("person", "cust_1")


async def test_a_person_writes_under_their_name_and_anya_is_silent(desk: Desk, board: Board) -> None:
    await desk.say("I want to talk to a real person")
    number = await join(desk)
    await persons(desk).say(
        SAM, desk.conversation_id, number, "Hello, how can I help? Card 4111 1111 1111 1111", BROWSER
    )
    assert (await desk.say("what is my balance?")).shown == ""
    assert board.screen.author == "supervisor1 (UltraCore Bank)"
    assert ("person", "Hello, how can I help? Card [card ending 1111]") in board.screen.messages
    assert (await desk.types())[-5:] == [
        "assistant_message",
        "person_joined",
        "assistant_message",
        "person_message",
        "user_message",
    ]
    written = [event for event in await desk.record() if event.event_type == "person_message"]
    assert [event.user_id for event in written] == ["supervisor1"]
    desk.model.verify()


async def test_after_the_hand_back_anya_answers_and_knows_what_was_said(desk: Desk, board: Board) -> None:
    await desk.say("I want to talk to a real person")
    number = await join(desk)
    await persons(desk).say(SAM, desk.conversation_id, number, "I will ring you tomorrow", BROWSER)
    await persons(desk).leave(SAM, desk.conversation_id, number, BROWSER)
    assert "I am Anya" in board.screen.shown
    history = await desk.app.conversations.history(desk.conversation_id)
    assert any("I will ring you tomorrow" in str(message["content"]) for message in history)
    desk.model.expect(answer("Hello again."))
    assert "Hello again" in (await desk.say("thank you, how are you")).shown
    assert "person_left" in await desk.types()
    assert await refused(desk, SAM, number) == "desk.not_yours"


async def test_of_two_who_take_over_at_once_one_talks_and_the_other_is_told(desk: Desk, board: Board) -> None:
    await desk.say("I want to talk to a real person")
    found = await asyncio.gather(join(desk), join(desk, KIM), return_exceptions=True)
    (error,) = [one for one in found if isinstance(one, InvalidInput)]
    assert error.code == "desk.taken"
    assert (await desk.types()).count("person_joined") == 1


async def test_words_under_an_older_number_are_dropped(desk: Desk, board: Board) -> None:
    await desk.say("I want to talk to a real person")
    old = await join(desk)
    await persons(desk).leave(SAM, desk.conversation_id, old, BROWSER)
    new = await join(desk)
    assert await refused(desk, SAM, old) == "desk.not_yours"
    assert await refused(desk, KIM, new) == "desk.not_yours"
    assert "person_message" not in await desk.types()


async def test_a_turn_that_runs_ends_as_by_stop_before_the_person_writes(desk: Desk, board: Board) -> None:
    desk.model.expect(silent())
    talking = asyncio.create_task(desk.say("what is my balance?"))
    await asyncio.to_thread(desk.model.wait_for_requests, 1)
    await join(desk)
    await talking
    types = await desk.types()
    assert types.index("turn_stopped") < types.index("person_joined")


async def test_who_does_nothing_is_sent_back_and_it_is_said(desk: Desk, board: Board) -> None:
    await desk.say("I want to talk to a real person")
    await join(desk)
    assert await persons(desk).return_idle() == 0
    assert await persons(desk).return_idle(timedelta(0)) == 1
    assert "has been away" in board.screen.shown
    left = [event for event in await desk.record() if event.event_type == "person_left"]
    assert [(event.metadata or {})["reason"] for event in left] == ["person.idle"]
    assert await desk.app.bank.claims.holder(desk.conversation_id) is None


@pytest.mark.parametrize("text", ["", "  ", "\u200b", "x" * 4_001])
async def test_what_cannot_be_read_is_not_sent(desk: Desk, board: Board, text: str) -> None:
    await desk.say("I want to talk to a real person")
    number = await join(desk)
    with pytest.raises(InvalidInput):
        await persons(desk).say(SAM, desk.conversation_id, number, text, BROWSER)
    assert "person_message" not in await desk.types()


async def test_a_conversation_of_another_bank_or_of_staff_cannot_be_taken(desk: Desk, board: Board) -> None:
    await desk.say("I want to talk to a real person")
    for who, conversation_id in ((FOREIGN, desk.conversation_id), (SAM, "no-such")):
        with pytest.raises(InvalidInput) as error:
            await persons(desk).join(who, conversation_id, BROWSER)
        assert error.value.code == "desk.no_conversation"
    assert "person_joined" not in await desk.types()


async def test_who_has_talked_with_a_customer_checks_no_request_about_them(desk: Desk, board: Board) -> None:
    await desk.say("I want to talk to a real person")
    number = await join(desk)
    await persons(desk).leave(SAM, desk.conversation_id, number, BROWSER)
    await confirmed(desk)
    talked = await at_desk(desk, "supervisor1", Role.SUPERVISOR)
    other = await at_desk(desk, "supervisor3", Role.SUPERVISOR)
    assert await waiting(talked) == []
    (request,) = await waiting(other)
    assert request.customer_id == "cust_1"


async def test_who_takes_a_conversation_over_while_a_request_is_before_them_cannot_decide_it(
    desk: Desk, board: Board
) -> None:
    await confirmed(desk)
    checker = await at_desk(desk, "supervisor1", Role.SUPERVISOR)
    (request,) = await waiting(checker)
    await desk.say("I want to talk to a real person")
    await join(desk)
    assert "You have talked with this customer yourself" in (await decide(checker, request.card.approval_id)).shown
    assert await desk.balance() == "2500.00"


async def test_a_customer_who_is_to_be_told_reads_that_somebody_watches(desk: Desk, board: Board) -> None:
    await desk.say("I want to talk to a real person")
    await persons(desk).tell_of_watching(SAM, desk.conversation_id, BROWSER)
    assert ("notice", wording.WATCHED) in board.screen.messages
    last = (await desk.record())[-1]
    assert (last.user_id, (last.metadata or {})["text"]) == ("supervisor1", wording.WATCHED)
    with pytest.raises(InvalidInput):
        await persons(desk).tell_of_watching(FOREIGN, desk.conversation_id, BROWSER)
