"""Redis forgets everything while the app runs: people sign in again and find what was theirs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.ai.conversation.test_outages import ASK, BALANCE, card
from tests.ai.screen import BROWSER, Desk, Screen, principal
from tests.support.scripted_model import call, say
from ultracore.ai.screen import Press
from ultracore.audit import Origin, Subject
from ultracore.audit.vocabulary import ConversationRemoved, ConversationRenamed, Details, SystemEvent
from ultracore.cache import RedisClient
from ultracore.cache.server.service import running_endpoint
from ultracore.cache.stores import ThreadEntry
from ultracore.errors import InvalidInput, SessionEnded
from ultracore.wording import conversation_title


async def talk(desk: Desk) -> None:
    desk.model.expect(say("Here you are."))
    await desk.say(ASK)


async def flush(desk: Desk) -> None:
    endpoint = running_endpoint(desk.app.settings.data_path)
    assert endpoint is not None
    client = RedisClient(endpoint, call_seconds=10)
    await client.everywhere("FLUSHALL")
    await client.aclose()


async def back_again(desk: Desk, user: str = "customer1", customer: str = "cust_1") -> Desk:
    """The same conversation, from a new sign-in."""
    who = principal(user, customer)
    await desk.app.logins.create(who)
    return Desk(desk.app, desk.model, who, desk.conversation_id, desk.greeting, ())


async def note(desk: Desk, event: SystemEvent) -> None:
    who = desk.who
    await desk.app.trail.write(event, Origin(who.tenant_id, who.user_id), Subject.of(who))


async def titles(desk: Desk) -> list[str]:
    return [one.title for one in await desk.app.threads.page(desk.who, 10)]


async def test_the_list_comes_back_with_the_title_of_the_last_agent(desk: Desk) -> None:
    await talk(desk)
    await flush(desk)
    with pytest.raises(SessionEnded):
        await desk.app.desk.stop(desk.who.login_id, desk.conversation_id)
    again = await back_again(desk)
    (found,) = await desk.app.threads.page(again.who, 10)
    assert (found.thread_id, found.title) == (
        desk.conversation_id,
        conversation_title("Accounts", found.created_at),
    )
    assert datetime.now(UTC) - timedelta(minutes=5) < found.created_at <= found.active_at


async def test_the_list_comes_back_with_what_the_first_turn_looked_up_last(desk: Desk) -> None:
    statement = {"account_id": "acc_1", "since": "2024-02-01", "until": "2024-02-29"}
    desk.model.expect(BALANCE, call("get_statement", statement), say("Here you are."))
    await desk.say(ASK)
    desk.model.expect(BALANCE, say("The same."))
    await desk.say(ASK)
    await flush(desk)
    again = await back_again(desk)
    assert await titles(again) == ["Statement in February 2024"]


async def test_the_list_comes_back_with_what_the_last_card_was_about(desk: Desk) -> None:
    await card(desk)
    await flush(desk)
    again = await back_again(desk)
    assert await titles(again) == ["50.00 to City Power"]


async def test_nobody_else_finds_it(desk: Desk) -> None:
    await talk(desk)
    await flush(desk)
    other = await back_again(desk, "customer2", "cust_2")
    assert await desk.app.threads.page(other.who, 10) == []
    with pytest.raises(InvalidInput):
        await desk.app.desk.stop(other.who.login_id, desk.conversation_id)


async def test_a_title_of_the_person_s_own_comes_back(desk: Desk) -> None:
    await talk(desk)
    for title in ("First", "Rent"):
        await note(desk, ConversationRenamed(desk.conversation_id, title))
    await flush(desk)
    assert await titles(desk) == ["Rent"]
    assert not await desk.app.threads.entitle(desk.who, desk.conversation_id, "Payments", by_person=False)


class RemovedBefore(ConversationRemoved):
    """As earlier versions wrote it: the conversation is named in the description alone."""

    def details(self) -> Details:
        return Details(super().details().description, action="conversation.remove", result="success")


@pytest.mark.parametrize("removed", [ConversationRemoved, RemovedBefore])
async def test_what_was_deleted_does_not_come_back(desk: Desk, removed: type[ConversationRemoved]) -> None:
    await talk(desk)
    await note(desk, removed(desk.conversation_id))
    await flush(desk)
    again = await back_again(desk)
    assert await titles(again) == []
    assert await desk.app.conversations.owner(desk.conversation_id) is None
    with pytest.raises(InvalidInput):
        await desk.app.desk.stop(again.who.login_id, desk.conversation_id)


async def test_a_conversation_goes_on_where_it_was(desk: Desk) -> None:
    await talk(desk)
    await flush(desk)
    again = await back_again(desk)
    state = await desk.app.conversations.owner(desk.conversation_id)
    assert state is not None
    assert (state.agent, state.customer_id) == ("Accounts", "cust_1")
    again.model.expect(say("Go on."))
    assert (await again.say(ASK)).answers == ["Go on."]
    assert [event.event_type.value for event in await again.record()].count("session_started") == 1


async def test_an_open_card_comes_back_and_can_be_pressed(desk: Desk) -> None:
    await card(desk)
    await flush(desk)
    again, screen = await back_again(desk), Screen()
    await desk.app.desk.resume(again.who.login_id, desk.conversation_id, screen)
    assert len(screen.cards) == 1
    press = Press(again.who.login_id, desk.conversation_id, screen.cards[0].approval_id, False, BROWSER)
    await desk.app.desk.press(press, screen)
    assert screen.closed
    assert await desk.balance() == "2500.00"


async def test_a_new_conversation_is_no_whole_list(desk: Desk) -> None:
    await talk(desk)
    await flush(desk)
    await desk.app.threads.create(desk.who, "another", "Anya")
    found: list[ThreadEntry] = await desk.app.threads.page(desk.who, 10)
    assert [one.thread_id for one in found] == ["another", desk.conversation_id]
