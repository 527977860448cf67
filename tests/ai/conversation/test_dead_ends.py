"""Where nothing goes on in the chat, it says whom to call and what can be asked there."""

from __future__ import annotations

import pytest

from tests.ai.conversation.test_outages import BALANCE, record_file
from tests.ai.screen import BROWSER, Desk, Screen
from tests.ai.sqlite_files import locked
from tests.support.scripted_model import ScriptedModel, say
from ultracore.ai.agents import system_prompt
from ultracore.chat.door import sentence_for
from ultracore.errors import (
    InvalidInput,
    LedgerUnavailable,
    RateLimited,
    SessionEnded,
    SignInLimited,
    UltracoreError,
)
from ultracore.offline_model.dialogue import answer
from ultracore.offline_model.wire import read_conversation
from ultracore.settings import Settings

PHONE = "[13 00 00 00](tel:13000000)"
ASKED = "balances, payments, cards, loans and investments"


def says_whom_to_call(screen: Screen) -> bool:
    return PHONE in screen.messages[-1][1] and ASKED in screen.messages[-1][1]


async def test_a_turn_that_failed_names_the_phone(desk: Desk) -> None:
    desk.model.stop()
    assert says_whom_to_call(await desk.say("What's my balance?"))


async def test_one_message_too_many_names_the_phone(settings: Settings, scripted_model: ScriptedModel) -> None:
    few = settings.model_copy(update={"messages_per_minute": 1, "openai_base_url": scripted_model.base_url})
    async with Desk.open(few, scripted_model) as desk:
        scripted_model.expect(say("Hello."))
        await desk.say("hello")
        screen = await desk.say("hello again")
        assert "wait" in screen.messages[-1][1] and says_whom_to_call(screen)


async def test_a_login_that_ended_names_the_phone(desk: Desk) -> None:
    await desk.app.desk.sign_out(desk.who.login_id, BROWSER)
    screen = await desk.say("What's my balance?")
    assert "sign in again" in screen.messages[-1][1] and says_whom_to_call(screen)


async def test_without_the_record_the_notice_names_the_phone(desk: Desk) -> None:
    desk.model.expect(BALANCE, say("You have AUD 2,500.00."))
    async with locked(record_file(desk)):
        assert says_whom_to_call(await desk.say("What's my balance?"))


@pytest.mark.parametrize(
    "error",
    [LedgerUnavailable("gone"), SessionEnded("over"), RateLimited("many", retry_after=1), ValueError("canary")],
)
def test_outside_a_conversation_the_number_is_plain(error: Exception) -> None:
    told = sentence_for(error, where="/my-data", phone="13 00 00 00")
    assert "call us on 13 00 00 00:" in told and ASKED in told
    assert "canary" not in told and "](" not in told


@pytest.mark.parametrize(
    "error",
    [
        InvalidInput("x", sentence="Please type your question."),
        SignInLimited("x", retry_after=1, sentence="Too many attempts. Try again in 2 minutes."),
        RateLimited("x", retry_after=1, sentence="It is closed; call 13 00 00 00."),
    ],
)
def test_a_sentence_that_has_its_next_step_is_left_as_it_is(error: UltracoreError) -> None:
    assert sentence_for(error, where="message", phone="13 00 00 00") == error.sentence


@pytest.mark.parametrize("text", ["write me a poem about the sea", "freeze my card"])
def test_the_offline_model_names_the_phone_of_its_prompt_with_what_it_can_do(text: str) -> None:
    prompt = system_prompt("Accounts", "You look after accounts.", "13 11 11")
    talk = [{"role": "system", "content": prompt}, {"role": "user", "content": text}]
    told = answer(read_conversation({"messages": talk})).text
    assert "call us on 13 11 11" in told
    assert "What's my balance?" in told or "bank's tools" in told
