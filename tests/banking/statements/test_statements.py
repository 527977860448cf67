"""Statements add up, and interest is what a sum by hand gives."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import pytest

from tests.banking.conftest import START
from tests.banking.ledgers import Ledger, raw
from ultracore.banking import Bank
from ultracore.banking.days import day_of
from ultracore.errors import ToolRefused

TODAY = day_of(START)


@pytest.mark.parametrize("account", ["acc_1", "acc_2", "acc_4", "acc_6"])
async def test_opening_and_lines_give_closing_exactly_and_periods_join(bank: Bank, account: str) -> None:
    months = [date(2026, month, 1) for month in range(3, 12)]
    statements = [
        await bank.statements.statement("tenant_1", "cust_1", account, first, after - timedelta(days=1))
        for first, after in pairwise(months)
    ]
    for item in statements:
        amounts = [line.line.amount for line in item.lines]
        assert sum((amount.amount for amount in amounts), item.opening.amount) == item.closing.amount
        assert item.opening + item.money_in - item.money_out == item.closing
        assert not item.lines or item.lines[-1].balance == item.closing
        assert all(item.since <= line.line.day <= item.until for line in item.lines)
    assert all(earlier.closing == later.opening for earlier, later in pairwise(statements))


async def test_a_statement_until_today_ends_with_the_balance_and_leaves_out_days_to_come(bank: Bank) -> None:
    item = await bank.statements.statement("tenant_1", "cust_1", "acc_1", date(2026, 11, 1), date(2026, 12, 31))
    assert (str(item.closing), item.until) == ("2500.00", TODAY)


@pytest.mark.parametrize(
    ("since", "until", "word"),
    [
        (date(2026, 11, 10), date(2026, 11, 1), "earlier day first"),
        (date(2026, 12, 1), date(2026, 12, 31), "still to come"),
        (date(2025, 1, 1), date(2026, 11, 1), "366 days"),
    ],
)
async def test_a_period_that_cannot_be_used_is_refused_with_what_to_write(
    bank: Bank, since: date, until: date, word: str
) -> None:
    with pytest.raises(ToolRefused) as refusal:
        await bank.statements.statement("tenant_1", "cust_1", "acc_1", since, until)
    assert refusal.value.code == "arguments.invalid"
    assert word in refusal.value.sentence == refusal.value.message


async def test_somebody_elses_statement_looks_like_a_missing_account(bank: Bank) -> None:
    for account in ("acc_3", "acc_none"):
        with pytest.raises(ToolRefused) as refusal:
            await bank.statements.statement("tenant_1", "cust_1", account, TODAY, TODAY)
        assert refusal.value.code == "account.not_found"


async def by_hand(bank: Bank, account: str, rate: str, since: date) -> Decimal:
    """Balance at the end of each day times the rate, from the statement's own lines."""
    item = await bank.statements.statement("tenant_1", "cust_1", account, since, TODAY)
    total = Decimal(0)
    for offset in range((TODAY - since).days):
        day = since + timedelta(days=offset)
        balance = ([item.opening] + [line.balance for line in item.lines if line.line.day <= day])[-1]
        total += balance.amount * Decimal(rate)
    return total / 365


@pytest.mark.parametrize(("account", "rate"), [("acc_2", "0.0435"), ("acc_4", "0.0895")])
async def test_interest_is_each_days_balance_times_the_rate_over_365(bank: Bank, account: str, rate: str) -> None:
    accrual = await bank.interest.to_date("tenant_1", "cust_1", account)
    exact = await by_hand(bank, account, rate, max(accrual.since, TODAY - timedelta(days=365)))
    assert accrual.accrued.amount == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert abs(accrual.unrounded - exact) < Decimal("0.00000001")
    assert accrual.annual_rate == Decimal(rate)
    assert (accrual.account.kind == "loan") == (accrual.accrued.amount < 0)


async def test_an_everyday_account_earns_nothing(bank: Bank) -> None:
    accrual = await bank.interest.to_date("tenant_1", "cust_1", "acc_1")
    assert (accrual.annual_rate, str(accrual.accrued)) == (Decimal(0), "0.00")


async def test_interest_counts_from_the_last_payment_and_not_today(bank: Bank) -> None:
    accrual = await bank.interest.to_date("tenant_1", "cust_1", "acc_2")
    assert (accrual.since, accrual.days) == (date(2026, 11, 1), 22)


async def test_a_new_rate_holds_from_its_day_on(bank: Bank, ledger: Ledger) -> None:
    before = (await bank.interest.to_date("tenant_1", "cust_1", "acc_2")).unrounded
    with raw(ledger) as connection:
        connection.execute("INSERT INTO interest_rates VALUES ('tenant_1', 'savings', '2026-11-23', 870)")
    assert (await bank.interest.to_date("tenant_1", "cust_1", "acc_2")).unrounded == before
    with raw(ledger) as connection:
        connection.execute("INSERT INTO interest_rates VALUES ('tenant_1', 'savings', '2026-11-01', 870)")
    assert abs((await bank.interest.to_date("tenant_1", "cust_1", "acc_2")).unrounded - 2 * before) < Decimal(
        "1e-7"
    )


async def test_a_closed_account_has_no_interest(bank: Bank, ledger: Ledger) -> None:
    with raw(ledger) as connection:
        connection.execute("UPDATE accounts SET status = 'closed' WHERE account_id = 'acc_2'")
    with pytest.raises(ToolRefused) as refusal:
        await bank.interest.to_date("tenant_1", "cust_1", "acc_2")
    assert refusal.value.code == "account.closed"
