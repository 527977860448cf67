"""Search and spending over the demo customer's year."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.banking.conftest import START
from ultracore.banking import Bank
from ultracore.banking.days import day_of
from ultracore.banking.statements import By, Category, Wanted, Window
from ultracore.banking.statements.categories import CATEGORIES, NOT_SPENT, Traits, category_of
from ultracore.banking.statements.search import LinesFound
from ultracore.errors import ToolRefused

TODAY = day_of(START)
YEAR_AGO = TODAY - timedelta(days=400)


async def find(bank: Bank, customer: str = "cust_1", limit: int = 20, **wanted: Any) -> LinesFound:
    return await bank.search.find("tenant_1", customer, Wanted(**wanted), limit)


async def test_a_search_without_conditions_gives_the_newest_lines_with_signs(bank: Bank) -> None:
    found = await find(bank)
    assert (len(found.lines), found.complete) == (20, True)
    assert found.count > 400
    times = [line.posted_at for line in found.lines]
    assert times == sorted(times, reverse=True)
    assert {line.amount.amount > 0 for line in (await find(bank, limit=500)).lines} == {True, False}


@pytest.mark.parametrize("text", ["city power", "POWER city", "city pow", "City  Power"])
async def test_words_are_found_in_any_order_and_case(bank: Bank, text: str) -> None:
    found = await find(bank, text=text)
    assert found.count == 12
    assert {line.category for line in found.lines} == {"utilities"}
    assert {line.payee for line in found.lines} == {"City Power"}


@pytest.mark.parametrize("text", ["%", "' OR 1=1", "\ud800", "powercity"])
async def test_words_that_are_not_there_find_nothing(bank: Bank, text: str) -> None:
    assert (await find(bank, text=text, category="groceries")).count in (
        0,
        (await find(bank, category="groceries")).count,
    )


async def test_days_accounts_and_amounts_limit(bank: Bank) -> None:
    since, until = date(2026, 11, 1), date(2026, 11, 10)
    window = Window(account_id="acc_1", since=since, until=until)
    lines = (await find(bank, limit=500, window=window, least=Decimal(100), most=Decimal(500))).lines
    assert lines
    for line in lines:
        assert line.account_id == "acc_1"
        assert since <= line.day <= until
        assert 100 <= abs(line.amount.amount) <= 500


async def test_somebody_elses_account_is_not_searched(bank: Bank) -> None:
    with pytest.raises(ToolRefused) as refusal:
        await find(bank, window=Window(account_id="acc_3"))
    assert refusal.value.code == "account.not_found"
    assert (await bank.search.find("tenant_2", "cust_1", Wanted(), 10)).count == 0


async def test_every_line_of_the_demo_world_has_a_category_that_fits(bank: Bank) -> None:
    lines = (await find(bank, limit=1000)).lines
    by_words = {line.description: line.category for line in lines}
    assert by_words["Green Basket"] == by_words["Harvest Lane Market"] == "groceries"
    assert by_words["Noodle House"] == by_words["Blue Door Cafe"] == "eating out"
    assert by_words["City Transit top-up"] == by_words["Parkside Fuel"] == "transport"
    assert by_words["Fibre Internet"] == by_words["Mobile plan"] == "phone and internet"
    assert by_words["Rent Northside Rentals"] == "rent"
    assert by_words["Salary Meridian Design"] == "salary"
    assert by_words["To savings"] == by_words["From savings"] == by_words["Regular investment"] == "own transfers"
    assert by_words["Loan repayment"] == "loan repayments"
    assert by_words["Shared dinner"] == "transfers"
    assert by_words["Contents insurance"] == "insurance"
    assert "other" not in Counter(line.category for line in lines)


@pytest.mark.parametrize(
    ("changes", "category"),
    [
        ({"words": "Transfer to City Power", "payee_kind": "biller"}, "utilities"),
        ({"words": "rent", "payee_kind": "internal"}, "transfers"),
        ({"words": "rent", "outgoing": False}, "transfers"),
        ({"words": "Grandma"}, "transfers"),
        ({"words": "Xyzzy", "kind": "card_purchase"}, "other"),
        ({"words": "Rentokil", "kind": "card_purchase"}, "other"),
        ({"words": "Coles", "own_other": "savings"}, "own transfers"),
    ],
)
def test_facts_of_the_ledger_come_before_words(changes: dict[str, Any], category: Category) -> None:
    traits = {
        "kind": "transfer",
        "account_kind": "everyday",
        "own_other": None,
        "outgoing": True,
        "payee_kind": None,
    }
    assert category_of(Traits(**{**traits, **changes})) == category


@pytest.mark.parametrize("by", ["category", "month", "payee"])
async def test_groups_sum_to_what_left_the_accounts(bank: Bank, by: By) -> None:
    spent = await bank.spending.summarise("tenant_1", "cust_1", YEAR_AGO, TODAY, by)
    lines = (await find(bank, limit=1000)).lines
    expected = sum(
        -line.amount.amount
        for line in lines
        if line.amount.amount < 0 and line.account_id != "acc_4" and line.category not in NOT_SPENT
    )
    assert spent.total.amount == expected == sum(group.amount.amount for group in spent.groups)
    assert spent.count == sum(group.count for group in spent.groups)
    assert len(spent.groups) <= 24


async def test_months_are_in_order_and_categories_by_size(bank: Bank) -> None:
    months = (await bank.spending.summarise("tenant_1", "cust_1", YEAR_AGO, TODAY, "month")).groups
    assert [group.label for group in months] == sorted(group.label for group in months)
    heaps = (await bank.spending.summarise("tenant_1", "cust_1", YEAR_AGO, TODAY, "category")).groups
    assert [group.amount.amount for group in heaps] == sorted((g.amount.amount for g in heaps), reverse=True)
    assert heaps[0].label == "rent"


async def test_nothing_spent_is_zero(bank: Bank) -> None:
    spent = await bank.spending.summarise("tenant_2", "cust_1", YEAR_AGO, TODAY, "payee")
    assert (str(spent.total), spent.groups) == ("0.00", ())


def test_the_documented_categories_are_the_programs() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "payments.md").read_text(encoding="utf-8")
    assert [name for name in CATEGORIES if f"| {name} |" not in text] == []
