"""A statement about oneself protects at once; a question or somebody else's case offers a press only."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ai.screen import Desk
from tests.support.scripted_model import ScriptedModel
from ultracore.offline_model.dialogue import answer
from ultracore.offline_model.wire import read_conversation
from ultracore.settings import Settings

HARMLESS = Path(__file__).with_name("harmless.txt").read_text(encoding="utf-8").splitlines()
SECURITY = (
    "search_transactions detect_fraud check_access_control hand_over list_data_access check_message freeze_card "
    "list_unusual_activity report_incident unfreeze_card withdraw_report protect_customer offer_protection"
).split()
ACT = {"freeze_card", "protect_customer"}
ONESELF = [
    "I think I'm being scammed",
    "im getting scammed right now",
    "i've been scammed",
    "help i got scammed on the phone",
    "someone is scamming me",
    "I just sent money to a scammer",
    "I gave my password to a caller",
    "i told them the code from my sms",
    "a man on the phone made me transfer money",
    "he has remote access to my computer",
    "my account was hacked",
    "somebody is in my account",
    "I fell for a scam",
]
CARD = [
    "my card is stolen",
    "lost my wallet",
    "someone stole my purse",
    "i cant find my card",
    "freeze my card",
    "please freeze my card at once",
    "can you block my card",
    "left my card on the bus",
    "someone is using my card",
    "what do i do my wallet is gone",
]


def acts(text: str) -> set[str]:
    """What the model asks the Security agent's tools for that changes something without a press."""
    body = {
        "messages": [{"role": "user", "content": text}],
        "tools": [{"type": "function", "function": {"name": tool}} for tool in SECURITY],
    }
    return {call.tool for call in answer(read_conversation(body)).calls} & ACT


def test_harmless_messages_freeze_nothing() -> None:
    assert len(set(HARMLESS)) >= 200
    assert [text for text in HARMLESS if acts(text)] == []


@pytest.mark.parametrize("text", ONESELF)
def test_a_statement_about_oneself_protects_at_once(text: str) -> None:
    assert acts(text) == {"protect_customer"}


@pytest.mark.parametrize("text", CARD)
def test_a_card_that_is_gone_is_frozen_at_once(text: str) -> None:
    assert acts(text) == {"freeze_card"}


async def test_being_scammed_freezes_cards_withdraws_requests_and_gives_a_number(settings: Settings) -> None:
    async with Desk.open(settings, ScriptedModel()) as desk:
        await desk.say("transfer 50 dollars to City Power")
        screen = await desk.say("I think I'm being scammed")
        assert screen.ended("protect_customer") == ["done"]
        assert "Your cards ending 7719 are frozen now." in screen.shown
        assert "The report is recorded under I-" in screen.shown
        assert "Call 13 00 00 00 now and give the number I-" in screen.shown
        assert "ask me to unfreeze your card" in screen.shown
        assert await desk.app.bank.proposals.open_for(desk.conversation_id) is None
        assert await desk.balance() == "2500.00"


async def test_what_may_be_a_scam_offers_one_press_and_freezes_nothing_before(settings: Settings) -> None:
    async with Desk.open(settings, ScriptedModel()) as desk:
        screen = await desk.say("my mum is being scammed")
        (card,) = screen.cards
        assert card.title == "Protect my accounts"
        assert await frozen(desk) == []
        await desk.press(approve=True)
        assert "recorded under I-" in desk.screen.closed[-1][1]
        assert await frozen(desk) == ["7719"]


async def frozen(desk: Desk) -> list[str]:
    """The cards that the record says are frozen, by what the card service would still freeze."""
    owned = await desk.app.bank.security.cards.of_customer("tenant_1", "cust_1")
    return [card.last_digits for card in owned if card.status == "frozen"]
