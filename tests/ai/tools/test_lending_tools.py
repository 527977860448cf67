"""The tools of lending and finance through the registry, and an application from wish to record."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.ai.screen import Desk, principal
from tests.ai.sqlite_files import script
from tests.support.scripted_model import call, say
from ultracore.ai.mcp import MCPToolExecutor
from ultracore.ai.model import ModelToolCall
from ultracore.ai.recording import TurnLog
from ultracore.ai.tools import CallContext, CallReader, Summary
from ultracore.ai.tools.toolset import TOOLS
from ultracore.audit import ConversationRecord
from ultracore.banking.lending import PRODUCTS
from ultracore.banking.lending.credit import FACTORS
from ultracore.banking.lending.rules import MARGINS, RATE_CARDS
from ultracore.container import Core
from ultracore.principal import Connection, Principal, Role

HOME = {"loan_amount": "50000", "loan_purpose": "home"}


def staff(role: Role, user: str) -> Principal:
    return Principal(tenant_id="tenant_1", user_id=user, login_id=uuid4().hex, roles=frozenset({role}))


async def run(opened: Core, tool: str, who: Principal | None = None, /, **arguments: Any) -> dict[str, Any]:
    executor = MCPToolExecutor(principal=who or principal(), backend=opened)
    return await executor.execute_tool(tool, arguments)


def summary_of(tool: str, result: Mapping[str, Any]) -> Summary:
    return next(one for one in TOOLS if one.name == tool).summary(result)


def table_of(tool: str, result: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    return summary_of(tool, result).table


async def test_eligibility_has_the_published_keys_and_its_reasons(opened: Core) -> None:
    found = await run(opened, "check_loan_eligibility", **HOME)
    published = "eligible credit_score recommended_rate max_loan_amount term_months message".split()
    assert set(published) <= set(found)
    assert found["eligible"] is True
    assert found["term_months"] == 60
    assert 300 <= found["credit_score"] <= 850
    assert Decimal(found["max_loan_amount"]) >= 50_000
    assert all(reason["met"] and reason["reason"] for reason in found["reasons"])
    assert "indicative, not an offer" in found["message"]
    too_much = await run(opened, "check_loan_eligibility", loan_amount="50000", loan_purpose="a holiday")
    assert too_much["eligible"] is False
    assert too_much["loan_purpose"] == "personal"
    assert "Up to AUD" in too_much["message"]


async def test_credit_risk_has_the_published_keys_and_weighs_its_factors(opened: Core) -> None:
    found = await run(opened, "analyze_credit_risk", customer_id="cust_1")
    assert set("customer_id risk_score risk_category factors message".split()) <= set(found)
    assert 0 <= found["risk_score"] <= 1
    assert abs(sum(factor["weight"] for factor in found["factors"]) - 1) < 0.02
    assert all(factor["reason"] and factor["finding"] for factor in found["factors"])
    brief = await run(opened, "analyze_credit_risk", loan_amount=20000, include_factors=False)
    assert brief["factors"] == []
    assert brief["risk_score"] >= found["risk_score"]


async def test_a_long_schedule_is_told_in_brief_and_shown_whole(opened: Core) -> None:
    asked = {"loan_amount": "500000", "term_months": 360, "annual_rate": "6.25", "account_id": None}
    found = await run(opened, "get_repayment_schedule", **asked)
    table = table_of("get_repayment_schedule", found)
    assert len(table) == 361
    assert len(found["lines"]) + found["lines_left_out"] == found["instalments"] == 360
    assert found["lines"][-1]["balance_after"] == "0.00"
    cents = [[Decimal(cell.replace("AUD ", "").replace(",", "")) for cell in row[2:]] for row in table[1:]]
    assert sum(row[2] for row in cents) == 500_000
    assert str(sum(row[1] for row in cents)) == found["total_interest"]
    assert str(sum(row[0] for row in cents)) == found["total_repaid"]
    chart = summary_of("get_repayment_schedule", found).chart
    assert chart is not None
    assert len(chart.labels) == len(chart.values) == 24
    assert (chart.kind, chart.values[-1]) == ("line", "0.00")


async def test_the_rest_of_the_running_loan(opened: Core) -> None:
    loans = await run(opened, "get_loan_details")
    (loan,) = loans["loans"]
    assert (loan["outstanding"], loans["total_outstanding"]) == ("12400.00", "12400.00")
    assert loans["applications"][0]["status"] == "approved"
    rest = await run(opened, "get_repayment_schedule", account_id=loan["account_id"])
    assert (rest["loan_amount"], rest["instalment"]) == ("12400.00", loan["instalment"])
    assert len(table_of("get_repayment_schedule", rest)) == 1 + loan["instalments_left"]
    assert len(table_of("get_loan_details", loans)) == 2


async def for_customer(opened: Core, who: Principal, working_for: str, tool: str, **arguments: Any) -> Any:
    """A call of staff in a conversation in which they have named that customer."""

    async def same() -> Principal:
        return who

    record = ConversationRecord(opened.trail, who, str(uuid4())).turn(str(uuid4()), "7F3A-0001")
    context = CallContext(
        principal=same,
        agent="Lending",
        conversation_id=record.conversation_id,
        log=TurnLog(record, tolerant=False),
        connection=Connection(),
        working_for=working_for,
    )
    outcome = await opened.registry.call(
        CallReader().read(ModelToolCall("call_1", tool, json.dumps(arguments))), context
    )
    return outcome.content


async def test_a_lender_reads_for_the_customer_they_named_and_applies_for_nobody(opened: Core) -> None:
    lender = staff(Role.LENDER, "lender1")
    for customer_id in ("cust_1", "cust_2"):
        found = await for_customer(opened, lender, customer_id, "analyze_credit_risk")
        assert found["customer_id"] == customer_id
    assert (await for_customer(opened, lender, "cust_2", "get_loan_details"))["loans"] == []
    rest = await for_customer(opened, lender, "cust_1", "get_repayment_schedule", account_id="acc_4")
    assert rest["loan_amount"] == "12400.00"
    for customer_id, tool, code in (
        ("cust_2", "get_repayment_schedule", "account.not_found"),
        ("cust_9", "get_repayment_schedule", "customer.not_found"),
        ("cust_1", "apply_for_loan", "access.tool_not_allowed"),
    ):
        arguments = HOME if tool == "apply_for_loan" else {"account_id": "acc_4"}
        refused = await for_customer(opened, lender, customer_id, tool, **arguments)
        assert refused["error"]["code"] == code


async def test_the_trial_balance_for_finance(opened: Core) -> None:
    finance = staff(Role.FINANCE, "finance1")
    found = await run(opened, "get_trial_balance", finance)
    assert set("as_of_date total_debits total_credits balanced accounts message".split()) <= set(found)
    assert found["balanced"] is True
    assert found["total_debits"] == found["total_credits"]
    assert str(sum(Decimal(line["debit"]) for line in found["accounts"])) == found["total_debits"]
    assert table_of("get_trial_balance", found)[-1][0] == "Total"
    early = await run(opened, "get_trial_balance", finance, as_of_date="2020-02-29", include_zero_balances=True)
    assert (early["total_debits"], early["as_of_date"]) == ("0.00", "2020-02-29")
    assert len(early["accounts"]) > 5


async def test_books_that_do_not_balance_are_told_with_the_difference(opened: Core) -> None:
    await script(
        opened.settings.data_path / "ledger.db",
        "DROP TRIGGER postings_never_change;"
        "UPDATE postings SET amount_minor = amount_minor + 7 WHERE line = 1 AND entry_id ="
        " (SELECT entry_id FROM postings WHERE account_id = 'tenant_1_fees' LIMIT 1)",
    )
    found = await run(opened, "get_trial_balance", staff(Role.FINANCE, "finance1"), as_of_date=None)
    assert (found["balanced"], found["difference"]) == (False, "-0.07")
    assert "do NOT balance" in found["message"]
    assert "-AUD 0.07" in found["message"]


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("check_loan_eligibility", {"loan_purpose": "home"}, "arguments.missing"),
        ("check_loan_eligibility", {**HOME, "loan_amount": "-5"}, "amount.not_positive"),
        ("check_loan_eligibility", {**HOME, "loan_amount": "1.2.3"}, "amount.not_a_number"),
        ("check_loan_eligibility", {**HOME, "loan_amount": "fifty-ish"}, "amount.not_a_number"),
        ("check_loan_eligibility", {**HOME, "loan_amount": "1.005"}, "amount.too_precise"),
        ("check_loan_eligibility", {**HOME, "loan_purpose": " "}, "arguments.invalid"),
        ("check_loan_eligibility", {**HOME, "term_months": 0}, "arguments.invalid"),
        ("check_loan_eligibility", {**HOME, "term_months": 481}, "arguments.invalid"),
        ("check_loan_eligibility", {**HOME, "customer_id": "cust_2"}, "customer.mismatch"),
        ("analyze_credit_risk", {"tenant_id": "tenant_2"}, "tenant.mismatch"),
        ("get_repayment_schedule", {"loan_amount": "100"}, "arguments.missing"),
        ("get_repayment_schedule", {"account_id": "acc_3"}, "account.not_found"),
        ("get_repayment_schedule", {"account_id": "acc_1"}, "loan.not_found"),
        *(
            (
                "get_repayment_schedule",
                {"loan_amount": "9", "term_months": 9, "annual_rate": rate},
                "arguments.invalid",
            )
            for rate in ("-1", "sixty", "60.01", "NaN", "1.2.3", "١٢", True)
        ),
        ("apply_for_loan", {**HOME, "loan_amount": "5000"}, "loan.amount_out_of_range"),
        ("apply_for_loan", {**HOME, "term_months": 361}, "loan.term_out_of_range"),
        ("get_trial_balance", {}, "access.tool_not_allowed"),
    ],
)
async def test_a_customers_wrong_call_is_refused_with_its_code(
    opened: Core, tool: str, arguments: dict[str, Any], code: str
) -> None:
    assert (await run(opened, tool, **arguments))["code"] == code


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2026-02-31", "arguments.invalid"),
        ("31/01/2026", "arguments.invalid"),
        ("yesterday", "arguments.invalid"),
        (20260101, "arguments.invalid"),
        ("20260101", "arguments.invalid"),
        ("2026-W05-3", "arguments.invalid"),
        ("", "arguments.invalid"),
        ("2999-01-01", "date.in_future"),
    ],
)
async def test_a_day_that_is_none_or_to_come_has_no_trial_balance(opened: Core, day: Any, code: str) -> None:
    finance = staff(Role.FINANCE, "finance1")
    assert (await run(opened, "get_trial_balance", finance, as_of_date=day))["code"] == code


async def test_an_application_is_recorded_by_the_button_alone(desk: Desk) -> None:
    wish = {"loan_amount": "15000", "loan_purpose": "a used ute", "term_months": 48}
    desk.model.expect(call("apply_for_loan", wish))
    screen = await desk.say("I want to apply for a car loan of 15000 dollars over four years")
    assert screen.author == "Lending"
    lending = desk.app.bank.lending
    assert len(await lending.applications("tenant_1", "cust_1")) == 1
    lines = dict(screen.cards[0].lines)
    assert lines["Amount"] == "AUD 15,000.00"
    assert "a person" in lines["Decision"]
    screen = await desk.press(approve=True)
    newest, *_ = await lending.applications("tenant_1", "cust_1")
    assert newest.status == "submitted"
    assert newest.reference in " ".join(sentence for _, sentence in screen.closed) + screen.shown
    desk.model.expect(call("apply_for_loan", wish), say("You have applied for that already."))
    await desk.say("apply for the same car loan again")
    assert await desk.denials() == ["loan.already_applied"]
    assert await desk.balance() == "2500.00"


def test_the_documented_tables_are_the_ones_in_force() -> None:
    text = (Path(__file__).parents[3] / "docs" / "lending.md").read_text()
    rows = {
        tuple(cell.strip() for cell in row.strip("|").split("|")) for row in re.findall(r"^\|.*\|$", text, re.M)
    }
    for rule in FACTORS:
        bands = ", ".join(f"{least:f}: {points}" for least, points in rule.bands)
        assert (rule.name, str(rule.most), bands, rule.unit, rule.reason) in rows
    for purpose, product in PRODUCTS.items():
        limits = (f"{product.least:,} to {product.most:,}", str(product.longest_term), str(product.least_score))
        assert (purpose.value, *limits, "yes" if product.for_business else "no", product.reason) in rows
    for card in RATE_CARDS:
        assert (card.effective_from.isoformat(), *card.percent.values(), card.reason) in rows
    for score, margin, reason in MARGINS:
        assert (str(score), f"{margin * 100:.2f}", reason) in rows
