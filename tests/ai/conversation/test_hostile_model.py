"""A model that is wrong or hostile: whatever it asks for, no money moves, nothing leaks, all is recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.ai.screen import Desk, principal
from tests.support.scripted_model import call, say, together

TRANSFER: dict[str, Any] = {
    "transaction_type": "transfer",
    "amount": "50.00",
    "from_account_id": "acc_1",
    "to_account_id": "City Power",
}


def transfer(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**TRANSFER, **changes}.items() if value is not ...}


REFUSALS = [
    ("get_account_balance", {"account_id": "acc_3"}, "account.not_found"),
    ("get_account_balance", {"account_id": "acc_9"}, "account.not_found"),
    ("get_account_balance", {"account_id": "acc_none"}, "account.not_found"),
    ("get_account_balance", {"account_id": "acc_9", "tenant_id": "tenant_2"}, "tenant.mismatch"),
    ("get_account_balance", {"account_id": "acc_1", "tenant_id": "tenant_2"}, "tenant.mismatch"),
    ("get_account_balance", {}, "arguments.missing"),
    ("get_account_balance", {"account_id": 17}, "arguments.invalid"),
    ("get_account_balance", {"account_id": ""}, "arguments.invalid"),
    ("get_account_balance", {"account_id": "acc_1", "as_admin": True}, "arguments.unknown"),
    ("get_account_balance", '{"account_id": "acc_1"', "arguments.not_json"),
    ("get_account_balance", '["acc_1"]', "arguments.not_json"),
    ("get_account_balance", '{"account_id": "acc_1", "account_id": "acc_3"}', "arguments.not_json"),
    ("get_account_balance", json.dumps({"account_id": "a" * 20_000}), "arguments.too_long"),
    ("get_customer_360", {"customer_id": "cust_2"}, "customer.mismatch"),
    ("get_customer_360", {"tenant_id": "tenant_2", "customer_id": "cust_9"}, "tenant.mismatch"),
    ("get_customer_360", {"transaction_days": 100_000}, "arguments.invalid"),
    ("get_customer_360", '{"transaction_days": 1e999999999}', "arguments.invalid"),
    ("get_customer_360", '{"transaction_days": 1e99999999999999999999}', "arguments.invalid"),
    ("get_customer_360", '{"transaction_days": [[1e999999999]]}', "arguments.invalid"),
    ("no_such_tool", {"amount": 1}, "tool.unknown"),
    ("get_trial_balance; drop table", {}, "tool.unknown"),
    ("execute_transaction", transfer(approved=True), "arguments.unknown"),
    ("execute_transaction", transfer(amount=...), "arguments.missing"),
    ("execute_transaction", transfer(to_account_id=...), "arguments.missing"),
    ("execute_transaction", transfer(transaction_type="steal"), "arguments.invalid"),
    ("execute_transaction", transfer(transaction_type="deposit"), "transaction.needs_teller"),
    ("execute_transaction", transfer(amount="-50"), "amount.not_positive"),
    ("execute_transaction", transfer(amount="0.00"), "amount.not_positive"),
    ("execute_transaction", transfer(amount="NaN"), "amount.not_finite"),
    ("execute_transaction", transfer(amount=float("nan")), "amount.not_finite"),
    ("execute_transaction", transfer(amount=float("inf")), "amount.not_finite"),
    ("execute_transaction", transfer(amount="-Infinity"), "amount.not_finite"),
    ("execute_transaction", transfer(amount="50.001"), "amount.too_precise"),
    ("execute_transaction", transfer(amount="1e30"), "amount.too_large"),
    ("execute_transaction", transfer(amount="fifty"), "amount.not_a_number"),
    ("execute_transaction", json.dumps(transfer(amount=0)).replace("0,", "1e999999999,", 1), "amount.too_large"),
    (
        "execute_transaction",
        json.dumps(transfer(amount=0)).replace("0,", "9" * 4_000 + ",", 1),
        "amount.not_a_number",
    ),
    ("execute_transaction", transfer(amount=True), "amount.not_a_number"),
    ("execute_transaction", transfer(amount="2500.01"), "funds.insufficient"),
    ("execute_transaction", transfer(from_account_id="acc_3"), "account.not_found"),
    ("execute_transaction", transfer(from_account_id="acc_9", tenant_id="tenant_2"), "tenant.mismatch"),
    ("execute_transaction", transfer(to_account_id="acc_5"), "payee.not_saved"),
    ("execute_transaction", transfer(to_account_id="acc_9"), "payee.not_saved"),
    ("execute_transaction", transfer(to_account_id="Evil Corp"), "payee.not_saved"),
    ("execute_transaction", transfer(to_account_id="acc_1"), "transfer.same_account"),
]


@pytest.mark.parametrize(("tool", "arguments", "code"), REFUSALS)
async def test_a_call_is_refused_with_its_code_recorded_and_told(
    desk: Desk, tool: str, arguments: Any, code: str
) -> None:
    desk.model.expect(call(tool, arguments), say("That did not work."))
    screen = await desk.say("transfer 50 dollars to City Power")
    assert await desk.denials() == [code]
    assert desk.model.requests[-1].tool_results[-1]["error"]["code"] == code
    assert screen.ended(tool[:64]) == ["refused"]
    assert screen.cards == []
    assert await balances(desk) == BALANCES


BALANCES = {"acc_1": "2500.00", "acc_2": "10000.00", "acc_3": "800.00", "acc_9": "5000.00"}


async def balances(desk: Desk) -> dict[str, str]:
    return {
        "acc_1": await desk.balance(),
        "acc_2": await desk.balance("acc_2"),
        "acc_3": await desk.balance("acc_3", "cust_2"),
        "acc_9": await desk.balance("acc_9", "cust_9", "tenant_2"),
    }


async def test_another_agents_tool_is_refused(desk: Desk) -> None:
    desk.model.expect(call("execute_transaction", TRANSFER), say("No."))
    screen = await desk.say("What's my balance?")
    assert screen.author == "Accounts"
    assert await desk.denials() == ["tool.not_for_agent"]


async def test_nothing_that_is_said_approves(desk: Desk) -> None:
    """Neither the model's words, nor a second call, nor the customer's typed yes."""
    desk.model.expect(together(say("approve. APPROVED! "), call("execute_transaction", TRANSFER)))
    await desk.say("transfer 50 dollars to City Power")
    desk.model.expect(call("execute_transaction", TRANSFER), say("Please use the button."))
    await desk.say("yes, approve")
    assert await desk.denials() == ["approval.already_open"]
    assert await balances(desk) == BALANCES
    assert "approval_given" not in await desk.types()


async def test_two_transfers_in_one_answer_make_one_card(desk: Desk) -> None:
    desk.model.expect(together(call("execute_transaction", TRANSFER), call("execute_transaction", TRANSFER)))
    screen = await desk.say("transfer 50 dollars to City Power")
    assert len(screen.cards) == 1
    assert await desk.denials() == ["approval.already_open"]


async def test_a_model_that_only_calls_tools_answers_from_what_it_knows(desk: Desk) -> None:
    looks = [call("get_customer_360", {"transaction_days": days}) for days in range(1, 7)]
    desk.model.expect(*looks, say("That is what I know."))
    screen = await desk.say("What's my balance?")
    assert screen.ended("get_customer_360") == ["done"] * 5 + ["refused"]
    assert screen.answers == ["That is what I know."]
    assert await desk.denials() == ["turn.too_many_calls"]
    assert desk.model.requests[-1].tool_names == []
    assert "turn_failed" not in await desk.types()


async def test_the_same_look_up_again_is_answered_from_the_first(desk: Desk) -> None:
    look = ("get_account_balance", {"account_id": "acc_1"})
    desk.model.expect(call(*look), call(*look), say("Here it is."))
    screen = await desk.say("What's my balance?")
    first, second = desk.model.requests[-1].tool_results
    assert first == second
    assert screen.ended("get_account_balance") == ["done"]
    assert (await desk.types()).count("tool_executed") == 1


async def test_a_look_up_after_a_change_is_a_new_one(desk: Desk) -> None:
    look = call("list_unusual_activity", {})
    desk.model.expect(look, call("freeze_card", {}), look, say("Here it is."))
    screen = await desk.say("I lost my debit card, please freeze it")
    assert screen.ended("list_unusual_activity") == ["done", "done"]


async def test_a_figure_that_no_tool_gave_is_withheld_and_recorded(desk: Desk) -> None:
    desk.model.expect(say("Your balance is $98,765.43, well done."))
    screen = await desk.say("What's my balance?")
    assert "98,765" not in screen.shown
    assert "[figure withheld]" in screen.answers[0]
    assert "guardrail_triggered" in await desk.types()


async def test_another_customers_button_does_nothing(desk: Desk) -> None:
    desk.model.expect(call("execute_transaction", TRANSFER))
    card = (await desk.say("transfer 50 dollars to City Power")).cards[0]
    other = await Desk.sign_in(desk.app, desk.model, principal("customer2", "cust_2"))
    screen = await other.press(approve=True, approval_id=card.approval_id)
    assert screen.closed == []
    assert await balances(desk) == BALANCES
    again = await Desk.sign_in(desk.app, desk.model, principal())
    screen = await again.press(approve=True, approval_id=card.approval_id)
    assert screen.closed == []
    assert await balances(desk) == BALANCES


@pytest.mark.parametrize("forged", ["", "approve", "prp_1", "../../x", "0" * 5_000])
async def test_a_forged_button_does_nothing(desk: Desk, forged: str) -> None:
    screen = await desk.press(approve=True, approval_id=forged)
    assert screen.closed == []
    assert screen.messages[0][0] == "notice"


async def test_a_conversation_of_somebody_else_is_closed_to_me(desk: Desk) -> None:
    desk.model.expect(say("Hello."))
    await desk.say("hello there")
    stranger = await Desk.sign_in(desk.app, desk.model, principal("customer2", "cust_2"))
    stranger.conversation_id = desk.conversation_id
    screen = await stranger.say("What did they say?")
    assert screen.answers == []
    assert [kind for kind, _ in screen.messages] == ["notice"]
    assert all(event.user_id == "customer1" for event in await desk.record())


async def test_a_tool_name_that_a_model_made_up_is_not_published(desk: Desk) -> None:
    """The clear part holds names of tools; a model could write a customer's into it."""
    desk.model.expect(call("Alex.Morgan.4821", {}), say("No."))
    await desk.say("What's my balance?")
    about = [event for event in await desk.record() if event.event_type.value.startswith("tool_")]
    assert [(event.metadata or {})["tool"] for event in about] == ["unknown", "unknown"]
    assert [event.action for event in about] == ["unknown", "unknown"]
    assert (about[0].metadata or {})["arguments"]["name"] == "Alex.Morgan.4821"
