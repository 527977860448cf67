"""What a person should not have sent: model, record and the conversation's Redis get the masked form only."""

from __future__ import annotations

from tests.ai.screen import Desk
from tests.support.scripted_model import say
from ultracore.audit.masking.split import CARD_START


async def test_a_card_number_in_two_messages_reaches_neither_model_nor_record_nor_redis(desk: Desk) -> None:
    for text in ("what can I do with my card 4111 1111", "and 1111 1111 please"):
        desk.model.expect(say("I need no card number."))
        await desk.say(text)
    said = [(event.metadata or {})["text"] for event in await desk.record() if event.event_type == "user_message"]
    assert said == [f"what can I do with my card {CARD_START}", "and [card ending 1111] please"]
    history = await desk.app.conversations.history(desk.conversation_id)
    for place in (desk.model.requests[-1].messages, history):
        assert "4111 1111" not in str(place) and "1111 1111" not in str(place)
        assert "and [card ending 1111] please" in str(place)
