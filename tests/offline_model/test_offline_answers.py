"""What the offline model answers, over the real client and its own transport."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import httpx2
import pytest

from tests.support.deadlines import growth
from tests.support.offline_talk import EVERYDAY, READING, TRANSACTIONS, Talk
from ultracore.ai import OpenAIClient
from ultracore.ai.answers import WITHHELD, AnswerGate, Sources, conversation
from ultracore.ai.model import ModelTurn, TextDelta
from ultracore.offline_model import OfflineTransport, wording

QUESTION = [{"role": "user", "content": "What's my balance?"}]
TOOL = {"type": "function", "function": {"name": "get_customer_360", "parameters": {"type": "object"}}}


async def test_balance_is_looked_up_and_said_in_one_sentence_an_account() -> None:
    talk = Talk(tools=READING)
    answer = await talk.say("What's my balance?")
    assert talk.calls == [("get_customer_360", {"include_transactions": False})]
    assert answer.splitlines()[:2] == [
        "Your Everyday account ending 4821 has AUD 2,500.00.",
        "Your Savings account ending 9907 has AUD 10,000.00, of which AUD 9,900.00 is available.",
    ]


async def test_balance_is_asked_of_the_bank_anew_each_time() -> None:
    talk = Talk(tools=READING)
    await talk.say("What's my balance?")
    talk.accounts = (EVERYDAY | {"balance": "2450.00", "available_balance": "2450.00"},)
    assert "2,450.00" in await talk.say("What's my balance?")


async def test_known_account_is_asked_for_alone() -> None:
    talk = Talk(tools=READING)
    assert "Everyday" not in await talk.say("how much is in savings")
    answer = await talk.say("and in my everyday account?")
    assert talk.calls == [("get_account_balance", {"account_id": "acc_1"})]
    assert answer.startswith("Your Everyday account")
    assert "Savings" not in answer


async def test_kind_of_account_that_the_customer_lacks_is_said() -> None:
    answer = await Talk(accounts=(EVERYDAY,)).say("how much is in my savings account?")
    assert answer.startswith("I can't find a savings account among yours.")
    assert "2,500.00" in answer


async def test_account_that_is_not_active_is_said() -> None:
    assert "The account is frozen." in await Talk(accounts=(EVERYDAY | {"status": "frozen"},)).say("balance")


@pytest.mark.parametrize(
    ("text", "days", "shown", "hidden"),
    [
        ("show my last transactions", 31, ["- 20 Nov: Woolworths, -AUD 42.10 (Everyday)", "Salary"], []),
        ("what did I spend last week", 7, ["Woolworths", "City Power"], ["Salary", "Interest"]),
        ("what came in this year", 366, ["Salary", "Interest"], ["Woolworths"]),
        ("transactions of my savings account of the last 3 months", 93, ["Interest"], ["Salary"]),
        ("how much did I spend at woolworths in the last 10 days", 10, ["Woolworths"], ["City Power"]),
        ("did I pay City Power this month", 31, ["City Power"], ["Woolworths"]),
    ],
)
async def test_transactions_of_the_time_account_and_place_asked_for(
    text: str, days: int, shown: list[str], hidden: list[str]
) -> None:
    talk = Talk(tools=READING)
    answer = await talk.say(text)
    assert talk.calls == [("get_customer_360", {"include_transactions": True, "transaction_days": days})]
    assert [word for word in shown if word not in answer] == []
    assert [word for word in hidden if word in answer] == []


async def test_many_transactions_are_cut_and_the_rest_is_mentioned() -> None:
    answer = await Talk(transactions=TRANSACTIONS * 5).say("transactions")
    assert answer.count("\n- ") == 10
    assert "There are more" in answer


async def test_no_transactions_is_an_answer() -> None:
    assert "no such transactions" in await Talk(transactions=()).say("what did I spend yesterday")


async def test_payee_that_was_not_paid_has_no_transactions() -> None:
    assert "no such transactions" in await Talk().say("when did I last pay the rent")


async def test_description_of_a_transaction_is_shown_as_plain_text() -> None:
    odd = TRANSACTIONS[0] | {"description": "[click](http://x)\n<b>ok</b> `code`"}
    answer = await Talk(transactions=(odd,)).say("transactions")
    assert "- 20 Nov: click (http://x) b ok /b code, -AUD 42.10 (Everyday)" in answer


async def test_payees_are_listed_with_their_last_digits() -> None:
    answer = await Talk().say("who can I pay?")
    for payee in (
        "City Power” (biller ··1177)",
        "Flatmate” (at this bank ··3303)",
        "Rentals” (another bank ··6120)",
    ):
        assert payee in answer


async def test_customer_without_payees_is_told_so() -> None:
    assert "no saved payees" in await Talk(payees=()).say("who can I pay?")


async def test_transfer_looks_up_who_is_meant_and_then_proposes() -> None:
    talk = Talk()
    assert await talk.say("transfer 50 dollars to City Power") == ""
    assert talk.calls == [
        ("get_customer_360", {"include_transactions": False}),
        (
            "execute_transaction",
            {
                "transaction_type": "transfer",
                "amount": "50",
                "from_account_id": "acc_1",
                "to_account_id": "pay_power",
            },
        ),
    ]


async def test_what_was_looked_up_before_is_not_looked_up_again_for_a_transfer() -> None:
    talk = Talk()
    await talk.say("What's my balance?")
    await talk.say("transfer 50 dollars to City Power")
    assert [tool for tool, _ in talk.calls] == ["execute_transaction"]


async def test_payee_saved_in_the_meantime_is_found() -> None:
    talk = Talk(payees=())
    await talk.say("What's my balance?")
    talk.payees = ({"payee_id": "pay_new", "name": "City Power", "kind": "biller", "last_digits": "1"},)
    await talk.say("transfer 50 dollars to City Power")
    assert talk.proposal is not None


@pytest.mark.parametrize("text", ["yes", "yes, approve", "approve it please", "ok go ahead", "confirm"])
async def test_typed_approval_calls_nothing_and_points_to_the_button(text: str) -> None:
    talk = Talk()
    await talk.say("transfer 50 dollars to City Power")
    answer = await talk.say(text)
    assert talk.calls == []
    assert "press one of its buttons" in answer


async def test_typed_yes_without_a_card_approves_nothing() -> None:
    talk = Talk()
    assert "nothing that a typed yes could approve" in await talk.say("yes")
    assert talk.calls == []


CODES = [code for code in wording._REFUSALS if code != "payee.not_saved"]


@pytest.mark.parametrize("code", [*CODES, "payee.not_saved", "something.new"])
async def test_refusal_becomes_a_plain_sentence_without_its_code(code: str) -> None:
    talk = Talk(refusals={"execute_transaction": code})
    answer = await talk.say("transfer 50 dollars to City Power")
    assert answer.startswith(wording.refusal(code))
    assert code not in answer
    assert "refused" not in answer or code == "something.new"


@pytest.mark.parametrize(
    "text", ["What's my balance?", "transactions", "transfer 50 to City Power", "list payees"]
)
async def test_failed_look_up_is_said_and_not_repeated(text: str) -> None:
    talk = Talk(refusals={"get_customer_360": "ledger.unavailable"})
    assert "ledger does not answer" in await talk.say(text)
    assert len(talk.calls) == 1


@pytest.mark.parametrize(
    "text", ["What's my balance?", "transactions", "transfer 50 to City Power", "balance acc_1"]
)
async def test_without_tools_nothing_is_called_and_nothing_made_up(text: str) -> None:
    talk = Talk(tools=())
    answer = await talk.say(text)
    assert talk.calls == []
    assert not any(character.isdigit() for character in answer)


@pytest.mark.parametrize("text", ["what is the weather", "am I eligible for a home loan", "", "50", "ok then"])
async def test_other_subjects_are_answered_with_what_it_can_do(text: str) -> None:
    talk = Talk()
    answer = await talk.say(text)
    assert "What's my balance?" in answer
    assert "Transfer fifty dollars to City Power" in answer
    assert talk.calls == []


async def test_notice_is_in_the_first_answer_and_not_again() -> None:
    talk = Talk()
    assert wording.NOTICE in await talk.say("What's my balance?")
    assert wording.NOTICE_MARK not in await talk.say("What's my balance?")


async def test_notice_comes_with_the_first_words_after_a_card() -> None:
    talk = Talk()
    await talk.say("transfer 50 dollars to City Power")
    assert wording.NOTICE in await talk.say("thanks")


async def test_it_never_claims_to_be_a_person() -> None:
    answer = await Talk().say("are you human?")
    assert answer.startswith("I am a program, not a person")
    assert answer.count(wording.NOTICE_MARK) == 1


@pytest.mark.parametrize(
    "messages",
    [
        ["What's my balance?", "and savings?", "what did I spend last month"],
        ["pay city power", "2k", "what can you do", "who can I pay?"],
        ["transfer fifty dollars to bob", "flatmate", "hi", "thanks"],
        ["pay flatmate 20 euros", "2,5", "cancel"],
    ],
)
async def test_every_figure_comes_from_a_tool_or_the_customer(messages: list[str]) -> None:
    talk = Talk()
    for text in messages:
        answer = await talk.say(text)
        sources = Sources()
        conversation(talk.messages[:-1], sources)
        gate = AnswerGate(sources)
        assert WITHHELD not in gate.feed(answer) + gate.flush()
        assert gate.removed == []


async def test_same_request_gets_the_same_answer_streamed_or_not() -> None:
    async with OpenAIClient(transport=OfflineTransport()) as client:
        whole = await client.chat_completion(QUESTION, functions=[TOOL])
        streamed = await client.chat_completion(QUESTION, functions=[TOOL], stream=True)
    assert whole == streamed
    assert whole["function_call"] == {"name": "get_customer_360", "arguments": {"include_transactions": False}}


async def test_text_is_streamed_word_by_word_and_usage_counted() -> None:
    async with OpenAIClient(transport=OfflineTransport()) as client:
        events = [event async for event in client.stream_turn([{"role": "user", "content": "hi"}])]
    turn = events.pop()
    assert isinstance(turn, ModelTurn)
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert "".join(pieces) == turn.content
    assert len(pieces) == len(turn.content.split())
    assert turn.usage.completion_tokens == len(turn.content.split())


async def test_forced_function_is_called_with_what_the_message_holds() -> None:
    balance = {"name": "get_account_balance", "parameters": {"type": "object", "properties": {}}}
    async with OpenAIClient(transport=OfflineTransport()) as client:
        result = await client.function_call("look at acc_1", [balance], force_function="get_account_balance")
    assert result["function_call"] == {"name": "get_account_balance", "arguments": {"account_id": "acc_1"}}


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/v1/models", b"", 200),
        ("GET", "/v1/files", b"", 404),
        ("POST", "/v1/embeddings", b"{}", 404),
        ("POST", "/v1/chat/completions", b"not json", 400),
        ("POST", "/v1/chat/completions", b"[]", 400),
        ("POST", "/v1/chat/completions", b"{}", 200),
    ],
)
async def test_transport_answers_its_two_endpoints_only(
    method: str, path: str, content: bytes, status: int
) -> None:
    async with httpx2.AsyncClient(transport=OfflineTransport()) as client:
        response = await client.request(method, f"http://offline.invalid{path}", content=content)
    assert response.status_code == status


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "tool", "tool_call_id": "gone", "content": "{}"}, *QUESTION],
        [*QUESTION, {"role": "tool", "tool_call_id": "x", "content": "not json"}],
        [{"role": "user", "content": [{"type": "text", "text": "What's my balance?"}]}],
        [{"role": "assistant", "content": None}, {"role": "developer", "content": "x"}, *QUESTION],
    ],
)
async def test_unusual_histories_are_read(messages: list[dict[str, Any]]) -> None:
    async with httpx2.AsyncClient(transport=OfflineTransport()) as client:
        body = {"messages": messages, "tools": [TOOL]}
        response = await client.post("http://offline.invalid/v1/chat/completions", content=json.dumps(body))
    (call,) = response.json()["choices"][0]["message"]["tool_calls"]
    assert call["function"]["name"] == "get_customer_360"


@pytest.mark.parametrize("broken", [{}, {"accounts": 5}, {"accounts": [{"account_id": "acc_1"}]}])
async def test_tool_result_of_another_shape_makes_no_figure(broken: dict[str, Any]) -> None:
    messages: list[dict[str, Any]] = [
        *QUESTION,
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "c", "type": "function", "function": {"name": "get_customer_360", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "tool_call_id": "c", "content": json.dumps(broken)},
    ]
    async with OpenAIClient(transport=OfflineTransport()) as client:
        result = await client.chat_completion(messages, functions=[TOOL])
    assert "AUD" not in result["content"]


SCRAPS = (
    "transfr 50 to from my savigns city powr balence pay for not $20 acc_1 the and please one hundred flatmte "
    "what is in account ending 1234 with using yes no cancel actually -5 2k € euros spend last "
    "week ? ! , . <b> {} \u2019 é"
).split()


@pytest.mark.parametrize("seed", range(40))
async def test_any_conversation_comes_to_an_answer_or_a_card(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a seed that repeats, not a secret
    talk = Talk(tools=chance.choice([READING, (*READING, "execute_transaction")]))
    for _ in range(5):
        answer = await talk.say(" ".join(chance.choices(SCRAPS, k=chance.randrange(12))))
        assert bool(answer) is (talk.proposal is None)
        assert len(talk.calls) <= 4


@pytest.mark.parametrize("text", ["one hundred " * 700, "abcdefgh " * 900, "for from to " * 700, "1," * 4000])
def test_the_cost_of_a_message_grows_with_its_length_at_most(text: str) -> None:
    assert growth(lambda length: asyncio.run(Talk().say(text[:length])), 2000, 8000) < 10
