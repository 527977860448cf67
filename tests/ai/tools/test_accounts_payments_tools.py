"""The tools of accounts and payments through the whole conversation: asked for, decided, recorded, shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.ai.screen import Desk
from tests.ai.sqlite_files import script
from tests.support.scripted_model import call, say
from ultracore.dates import today_at_the_bank

ASK = {"Accounts": "What's my balance?", "Payments": "transfer 50 dollars to City Power"}
GAS = {"name": "Gas Co", "bsb": "733-110", "account_number": "884213"}


async def ask(desk: Desk, agent: str, tool: str, arguments: Any) -> Any:
    """Have the model of an agent call a tool; what the tool told the model."""
    desk.model.expect(call(tool, arguments), say("Done."))
    await desk.say(ASK[agent])
    assert desk.screen.author == agent
    return desk.model.requests[-1].tool_results[-1]


READS = [
    ("Accounts", "search_transactions", {"text": "power", "since": "2020-01-01", "limit": 5}, "match"),
    ("Payments", "search_transactions", {"category": "groceries", "since": "last month"}, "match"),
    ("Accounts", "summarise_spending", {"since": "last month", "until": "last month"}, "was spent from"),
    ("Payments", "summarise_spending", {"by": "payee"}, "most at"),
    (
        "Accounts",
        "get_statement",
        {"account_id": "acc_1", "since": "last month", "until": "today"},
        "AUD 2,500.00",
    ),
    ("Accounts", "get_interest_to_date", {"account_id": "acc_2"}, "4.35% a year"),
    ("Payments", "quote_payment", {"destination": "City Power", "amount": "50"}, "to a biller"),
    ("Payments", "quote_payment", {"destination": "Ann", "amount": "50", "country": "NZ"}, "quote only"),
]


@pytest.mark.parametrize(("agent", "tool", "arguments", "words"), READS)
async def test_a_read_is_allowed_recorded_and_shown_with_a_table(
    desk: Desk, agent: str, tool: str, arguments: dict[str, Any], words: str
) -> None:
    result = await ask(desk, agent, tool, arguments)
    assert words in result["message"]
    assert desk.screen.ended(tool) == ["done"]
    step = next(step for step in desk.screen.steps if step.status == "done")
    assert words in step.summary
    assert tool == "get_interest_to_date" or len({len(row) for row in step.table}) == 1
    assert (step.chart is not None) == (tool in ("summarise_spending", "get_statement"))
    types = await desk.types()
    asked = types.index("tool_requested")
    assert types[asked : asked + 3] == ["tool_requested", "tool_decided:allowed", "tool_executed"]


REFUSALS = [
    ("Accounts", "search_transactions", {"since": "31 February"}, "arguments.invalid", "ends on the 28th"),
    ("Accounts", "search_transactions", {"since": "12/31/2026"}, "arguments.invalid", "write the day first"),
    ("Accounts", "search_transactions", {"since": 20261231}, "arguments.invalid", "31/12/2026"),
    ("Accounts", "search_transactions", {"min_amount": "1.2.3"}, "amount.not_a_number", "number"),
    ("Accounts", "search_transactions", {"max_amount": "fifty-ish"}, "amount.not_a_number", "number"),
    ("Accounts", "search_transactions", {"category": "yachts"}, "arguments.invalid", "groceries"),
    ("Accounts", "search_transactions", {"limit": 1000}, "arguments.invalid", "50"),
    ("Accounts", "search_transactions", {"account_id": "acc_3"}, "account.not_found", "no such account"),
    ("Accounts", "search_transactions", {"customer_id": "cust_2"}, "customer.mismatch", ""),
    ("Accounts", "get_statement", {"account_id": "acc_1"}, "arguments.missing", "since"),
    (
        "Accounts",
        "get_statement",
        {"account_id": "acc_9", "since": "today", "until": "today"},
        "account.not_found",
        "",
    ),
    ("Accounts", "get_interest_to_date", {"account_id": "acc_3"}, "account.not_found", ""),
    ("Accounts", "open_account", {"kind": "loan"}, "arguments.invalid", "everyday"),
    (
        "Accounts",
        "close_account",
        {"account_id": "acc_1"},
        "account.cannot_close",
        "(1) its balance is AUD 2,500.00",
    ),
    ("Accounts", "close_account", {"account_id": "acc_3"}, "account.not_found", ""),
    ("Accounts", "add_payee", GAS, "tool.not_for_agent", ""),
    ("Payments", "add_payee", {**GAS, "bsb": "12345"}, "payee.bsb_invalid", "733-110"),
    ("Payments", "add_payee", {"name": "Gas Co"}, "arguments.missing", "bsb"),
    ("Payments", "quote_payment", {"destination": "Nobody", "amount": "5"}, "payee.not_saved", ""),
    ("Payments", "quote_payment", {"destination": "Ann", "amount": "1.2.3"}, "amount.not_a_number", "number"),
    ("Payments", "quote_payment", {"destination": "Ann", "amount": "fifty-ish"}, "amount.not_a_number", "number"),
    (
        "Payments",
        "quote_payment",
        {"destination": "Ann", "amount": "5", "currency": "A$"},
        "arguments.invalid",
        "",
    ),
]


@pytest.mark.parametrize(("agent", "tool", "arguments", "code", "words"), REFUSALS)
async def test_a_call_is_refused_with_its_code_and_what_to_do(
    desk: Desk, agent: str, tool: str, arguments: dict[str, Any], code: str, words: str
) -> None:
    result = await ask(desk, agent, tool, arguments)
    assert result["error"]["code"] == code
    assert words in result["error"]["message"]
    assert desk.screen.cards == []
    assert code in await reasons(desk)


async def reasons(desk: Desk) -> list[str]:
    """The codes on the record, of denied decisions and failed runs alike."""
    return [(event.metadata or {}).get("reason", "") for event in await desk.record()]


async def test_a_period_that_runs_backwards_is_refused(desk: Desk) -> None:
    for tool in ("search_transactions", "summarise_spending"):
        result = await ask(desk, "Accounts", tool, {"since": "today", "until": "last month"})
        assert result["error"]["code"] == "arguments.invalid"
        assert "swap them" in result["error"]["message"]


async def test_money_out_is_negative_and_the_groups_sum_to_the_total(desk: Desk) -> None:
    found = await ask(desk, "Accounts", "search_transactions", {"category": "rent"})
    assert all(item["amount"] == "-480.00" for item in found["transactions"])
    assert found["count"] > len(found["transactions"]) == 20
    spent = await ask(desk, "Accounts", "summarise_spending", {"since": "last year", "by": "month"})
    assert sum(Decimal(group["amount"]) for group in spent["groups"]) == Decimal(spent["total"])
    assert spent["until"] == today_at_the_bank().isoformat()


async def test_a_statement_adds_up_as_the_model_gets_it(desk: Desk) -> None:
    period = {"account_id": "acc_1", "since": "last month", "until": "last month"}
    statement = await ask(desk, "Accounts", "get_statement", period)
    lines = sum(Decimal(line["amount"]) for line in statement["lines"])
    assert Decimal(statement["opening_balance"]) + lines == Decimal(statement["closing_balance"])


async def propose(desk: Desk, agent: str, tool: str, arguments: dict[str, Any]) -> str:
    """Have a card shown; everything that stands on it."""
    desk.model.expect(call(tool, arguments))
    await desk.say(ASK[agent])
    (card,) = desk.screen.cards
    return f"{card.title} {card.lines}"


async def test_a_payee_is_added_by_the_button_only(desk: Desk) -> None:
    card = await propose(desk, "Payments", "add_payee", GAS)
    assert "733-110" in card and "884213 (at another bank)" in card and "AUD 1,000.00" in card
    bank = desk.app.bank
    assert len(await bank.payees.of_customer("tenant_1", "cust_1")) == 3
    screen = await desk.press(approve=True)
    assert [state for state, _ in screen.closed] == ["done"]
    assert "Gas Co" in {payee.name for payee in await bank.payees.of_customer("tenant_1", "cust_1")}
    transfer = {"transaction_type": "transfer", "amount": "1000.01", "from_account_id": "acc_1"}
    told = await ask(desk, "Payments", "execute_transaction", {**transfer, "to_account_id": "Gas Co"})
    assert told["error"]["code"] == "payee.cooling_off"
    assert "AUD 1,000.00" in told["error"]["message"]


async def test_a_declined_payee_is_not_added(desk: Desk) -> None:
    await propose(desk, "Payments", "add_payee", GAS)
    screen = await desk.press(approve=False)
    assert [state for state, _ in screen.closed] == ["declined"]
    assert len(await desk.app.bank.payees.of_customer("tenant_1", "cust_1")) == 3


async def test_an_account_is_opened_and_closed_by_the_button(desk: Desk) -> None:
    card = await propose(desk, "Accounts", "open_account", {"kind": "savings", "name": "Holiday"})
    assert "Holiday" in card and "4.35% a year" in card
    assert [state for state, _ in (await desk.press(approve=True)).closed] == ["done"]
    bank = desk.app.bank
    (account,) = [
        item.account
        for item in await bank.accounts.of_customer("tenant_1", "cust_1")
        if item.account.name == "Holiday"
    ]
    assert "Holiday" in await propose(desk, "Accounts", "close_account", {"account_id": account.account_id})
    assert [state for state, _ in (await desk.press(approve=True)).closed] == ["done"]
    assert (await bank.accounts.get("tenant_1", "cust_1", account.account_id)).account.status == "closed"
    again = await ask(desk, "Accounts", "close_account", {"account_id": account.account_id})
    assert again["error"]["code"] == "account.closed"


async def test_a_customer_whose_identity_is_not_verified_opens_nothing(desk: Desk, settings: Any) -> None:
    await script(settings.data_path / "ledger.db", "UPDATE customers SET kyc_status = 'pending'")
    result = await ask(desk, "Accounts", "open_account", {"kind": "everyday"})
    assert result["error"]["code"] == "account.kyc_not_verified"
    assert "branch" in result["error"]["message"]


@pytest.mark.parametrize(
    ("status", "statement"),
    [
        ("frozen", "UPDATE accounts SET status = 'frozen' WHERE account_id = 'acc_2'"),
        ("closed", "UPDATE accounts SET status = 'closed' WHERE account_id = 'acc_2'"),
    ],
)
async def test_an_account_that_is_not_active_moves_no_money_and_says_why(
    desk: Desk, settings: Any, status: str, statement: str
) -> None:
    await script(settings.data_path / "ledger.db", statement)
    transfer = {"transaction_type": "transfer", "amount": "5", "to_account_id": "acc_1"}
    told = await ask(desk, "Payments", "execute_transaction", {**transfer, "from_account_id": "acc_2"})
    assert told["error"]["code"] == "account.not_active"
    assert status in told["error"]["message"]
