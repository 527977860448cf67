"""Ratings of answers: on the record with the answer that they are about, and by nobody but its customer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import pytest

from tests.ai.screen import BROWSER, Desk, principal, staff
from tests.support.scripted_model import say
from ultracore.ai.conversation.ratings import LONGEST_COMMENT
from ultracore.ai.screen import AnswerFeedback
from ultracore.audit import AuditEvent
from ultracore.errors import InvalidInput
from ultracore.principal import Role

ANSWER = "Our branches open at nine."


async def answered(desk: Desk) -> str:
    """Have a conversation with one answer; its text as it was shown."""
    desk.model.expect(say(ANSWER))
    screen = await desk.say("What's my balance?")
    return screen.answers[-1]


def rating(
    desk: Desk, text: str, rated: Literal["good", "bad", "withdrawn"] = "bad", comment: str = ""
) -> AnswerFeedback:
    return AnswerFeedback(
        login_id=desk.who.login_id,
        conversation_id=desk.conversation_id,
        text=text,
        shown_at=datetime.now(UTC),
        rating=rated,
        comment=comment,
        connection=BROWSER,
    )


async def given(desk: Desk) -> list[AuditEvent]:
    return [event for event in await desk.record() if event.event_type.value == "feedback_given"]


async def test_a_rating_is_on_the_record_with_the_answer_that_it_is_about(desk: Desk) -> None:
    text = await answered(desk)
    assert await desk.app.desk.rate(rating(desk, text, comment="wrong fee, card 4111 1111 1111 1111")) is None
    (event,) = await given(desk)
    told = event.metadata or {}
    (about,) = [one for one in await desk.record() if one.event_id == told["rated"]]
    assert ((about.metadata or {})["text"], told["rating"], told["agent"]) == (text, "bad", "Accounts")
    assert "wrong fee" in told["comment"]
    assert "4111 1111" not in told["comment"]


async def test_what_was_rated_can_be_rated_anew_and_taken_back(desk: Desk) -> None:
    text = await answered(desk)
    for rated in ("good", "bad", "withdrawn"):
        await desk.app.desk.rate(rating(desk, text, rated))
    assert [event.result for event in await given(desk)] == ["good", "bad", "withdrawn"]


@pytest.mark.parametrize("text", ["", "Our branches open at ten.", "What's my balance?"])
async def test_what_is_no_answer_of_the_conversation_is_not_rated(desk: Desk, text: str) -> None:
    await answered(desk)
    with pytest.raises(InvalidInput):
        await desk.app.desk.rate(rating(desk, text))
    assert await given(desk) == []


async def test_a_stranger_and_staff_rate_nothing(desk: Desk) -> None:
    text = await answered(desk)
    for who in (principal("customer2", "cust_2"), staff("supervisor1", Role.SUPERVISOR)):
        await desk.app.logins.create(who)
        with pytest.raises(InvalidInput):
            await desk.app.desk.rate(replace(rating(desk, text), login_id=who.login_id))
    assert await given(desk) == []


async def test_more_words_than_fit_are_refused_before_anything_is_recorded(desk: Desk) -> None:
    text = await answered(desk)
    with pytest.raises(InvalidInput):
        await desk.app.desk.rate(rating(desk, text, comment="x" * (LONGEST_COMMENT + 1)))
    assert await given(desk) == []


async def test_words_of_somebody_in_need_get_the_numbers_to_call(desk: Desk) -> None:
    text = await answered(desk)
    words = await desk.app.desk.rate(rating(desk, text, comment="I want to kill myself"))
    assert "Lifeline" in (words or "")
    assert (await desk.types())[-3:] == ["feedback_given", "guardrail_triggered", "assistant_message"]
