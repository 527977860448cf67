"""The demo model in languages other than English: balances, a frozen card, and the sentence that it is no more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ultracore.languages import ANSWER_IN, Language
from ultracore.offline_model.dialogue import answer
from ultracore.offline_model.tongues import phrasebook
from ultracore.offline_model.wire import Reply, read_conversation

TOOLS = ("get_customer_360", "freeze_card")
STOLEN: dict[Language, tuple[str, ...]] = {
    "es": (
        "Hola, me robaron la tarjeta anoche y no sé qué hacer",
        "congela mi tarjeta por favor",
        "perdí mi cartera",
    ),
    "zh": ("我的银行卡被偷了怎么办", "冻结我的卡", "卡丢了"),
    "ar": ("بطاقتي انسرقت ساعدوني", "جمد بطاقتي", "ضاعت بطاقتي"),
    "vi": ("thẻ của tôi bị mất cắp rồi", "khóa thẻ của tôi", "toi bi mat the"),
    "hi": ("मेरा कार्ड चोरी हो गया है, क्या करूँ", "मेरा कार्ड ब्लॉक करो", "mera card kho gaya"),
}
HARMLESS: dict[Language, tuple[str, ...]] = {
    "es": (
        "¿qué pasa si me roban la tarjeta?",
        "a mi amigo le robaron la tarjeta",
        "desbloquea mi tarjeta",
        "¿por qué está bloqueada mi tarjeta?",
    ),
    "zh": ("如果我的卡被偷了会怎样", "我朋友的卡丢了", "解冻我的卡", "为什么我的卡被锁了"),
    "ar": ("ماذا يحدث اذا سرقت بطاقتي", "صديقي سرقت بطاقته", "الغ تجميد بطاقتي", "لماذا بطاقتي محظورة"),
    "vi": ("nếu thẻ bị mất thì sao", "bạn tôi bị mất thẻ", "mở khóa thẻ của tôi", "tại sao thẻ bị khóa"),
    "hi": (
        "अगर मेरा कार्ड चोरी हो जाए तो क्या होगा",
        "मेरे दोस्त का कार्ड खो गया",
        "मेरा कार्ड अनब्लॉक करो",
        "मेरा कार्ड ब्लॉक क्यों है",
    ),
}
BALANCE: dict[Language, str] = {
    "es": "¿cuál es mi saldo?",
    "zh": "我的余额是多少",
    "ar": "ما هو رصيدي؟",
    "vi": "số dư của tôi là bao nhiêu",
    "hi": "मेरा बैलेंस कितना है",
}
OTHER_DAYS: dict[Language, str] = {
    "es": "¿cuál era mi saldo el mes pasado?",
    "zh": "我上个月的余额是多少",
    "ar": "كم كان رصيدي في الشهر الماضي",
    "vi": "số dư tháng trước của tôi",
    "hi": "पिछले महीने मेरा बैलेंस कितना था",
}
ACCOUNT = {
    "account_id": "acc_1",
    "name": "Everyday",
    "kind": "everyday",
    "currency": "AUD",
    "balance": "2500.00",
    "available_balance": "2500.00",
    "number_last_digits": "4821",
}


def asked(
    language: Language, text: str, *results: tuple[str, dict[str, Any]], tools: tuple[str, ...] = TOOLS
) -> Reply:
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": f"the bank answers on 13 00 00 00.\n{ANSWER_IN[language]}"},
        {"role": "user", "content": text},
    ]
    for number, (tool, data) in enumerate(results):
        function = {"name": tool, "arguments": "{}"}
        messages.append(
            {"role": "assistant", "content": "", "tool_calls": [{"id": str(number), "function": function}]}
        )
        messages.append({"role": "tool", "tool_call_id": str(number), "content": json.dumps(data)})
    offered = [{"type": "function", "function": {"name": name}} for name in tools]
    return answer(read_conversation({"messages": messages, "tools": offered}))


@pytest.mark.parametrize("language", STOLEN)
def test_a_stolen_card_is_frozen_and_that_is_said_in_the_language(language: Language) -> None:
    for text in STOLEN[language]:
        assert [call.tool for call in asked(language, text).calls] == ["freeze_card"], text
        told = asked(language, text, ("freeze_card", {"last_digits": "7719", "recent_payments": []})).text
        assert told.startswith(phrasebook(language).sentences["frozen"].split("{")[0])
        assert "7719" in told
        # Unbroken, so that a page does not turn its groups round within Arabic.
        assert "13\u00a000\u00a000\u00a000" in told


@pytest.mark.parametrize("language", HARMLESS)
def test_questions_other_peoples_cards_and_unfreezing_freeze_nothing(language: Language) -> None:
    for text in HARMLESS[language]:
        assert asked(language, text).calls == (), text


@pytest.mark.parametrize("language", BALANCE)
def test_a_balance_is_told_in_the_language(language: Language) -> None:
    assert [call.tool for call in asked(language, BALANCE[language]).calls] == ["get_customer_360"]
    told = asked(language, BALANCE[language], ("get_customer_360", {"accounts": [ACCOUNT]})).text
    assert "AUD 2,500.00" in told
    assert "4821" in told
    assert phrasebook(language).sentences["notice"] in told


@pytest.mark.parametrize("language", OTHER_DAYS)
def test_what_it_cannot_do_is_said_in_the_language(language: Language) -> None:
    only = phrasebook(language).sentences["only"].split("{")[0].strip()
    assert asked(language, OTHER_DAYS[language]).text.startswith(only)


def test_a_card_is_frozen_by_the_agent_whose_work_it_is() -> None:
    (call,) = asked("es", "me robaron la tarjeta", tools=("get_customer_360", "hand_over")).calls
    assert call.tool == "hand_over"
    assert call.arguments == {"agent": "Security", "reason": "me robaron la tarjeta"}


@pytest.mark.parametrize("language", STOLEN)
def test_every_phrasebook_has_the_same_words_and_sentences(language: Language) -> None:
    assert phrasebook(language).words.keys() == phrasebook("es").words.keys()
    assert phrasebook(language).sentences.keys() == phrasebook("es").sentences.keys()
