"""The trial balance against the journal itself, on a year of history."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.banking.ledgers import Ledger, RawConnection, drop_trigger, raw
from tests.banking.support import MovableClock
from ultracore.banking import Bank
from ultracore.errors import ToolRefused

TODAY = date(2026, 11, 23)


def journal_sum(ledger: Ledger, condition: str, day: date) -> int:
    """The sum of posted amounts before the end of a Sydney day in summer time (13:00 UTC)."""
    query = (
        "SELECT COALESCE(SUM(p.amount_minor), 0) FROM postings p JOIN entries e USING (entry_id)"  # noqa: S608
        " JOIN accounts a ON a.account_id = p.account_id"
        f" WHERE e.posted = 1 AND a.tenant_id = 'tenant_1' AND {condition} AND e.posted_at < '{day} 13:00:00'"
    )
    with raw(ledger) as connection:
        (found,) = connection.execute(query).fetchone()
    return int(found)


async def test_it_balances_and_its_columns_add_up(bank: Bank) -> None:
    for day in (None, TODAY - timedelta(days=100), TODAY - timedelta(days=364), date(2020, 1, 1)):
        found = await bank.trial_balance.at("tenant_1", day)
        (total,) = found.totals
        assert found.balanced
        assert total.difference.minor == 0
        assert total.debits.minor == sum(line.debit.minor for line in found.lines)
        assert total.credits.minor == sum(line.credit.minor for line in found.lines)
        assert all((line.debit.minor == 0) != (line.credit.minor == 0) for line in found.lines)


@pytest.mark.parametrize("day", [TODAY, date(2026, 11, 3), date(2026, 1, 20)])
async def test_each_line_is_what_the_journal_says_of_that_day(bank: Bank, ledger: Ledger, day: date) -> None:
    found = await bank.trial_balance.at("tenant_1", day, include_zero_balances=True)
    for line in found.lines:
        code = line.code.removeprefix("customers.")
        condition = f"a.kind = '{code}'" if line.code != code else f"a.purpose = '{code}'"
        assert line.credit.minor - line.debit.minor == journal_sum(ledger, condition, day), line.code


async def test_loans_are_assets_and_deposits_are_debts_of_the_bank(bank: Bank) -> None:
    lines = {line.code: line for line in (await bank.trial_balance.at("tenant_1")).lines}
    assert str(lines["customers.loan"].debit) == "12400.00"
    assert (lines["customers.loan"].type, lines["customers.loan"].normal_side) == ("asset", "debit")
    assert str(lines["customers.everyday"].credit) == "3300.00"
    assert (lines["customers.everyday"].type, lines["customers.everyday"].accounts) == ("liability", 2)


async def test_it_names_no_customer_and_no_other_tenant(bank: Bank) -> None:
    found = str(await bank.trial_balance.at("tenant_1", include_zero_balances=True))
    assert not any(secret in found for secret in ("acc_1", "cust_", "Morgan", "10344821", "tenant_2"))
    other = {line.code: line for line in (await bank.trial_balance.at("tenant_2")).lines}
    assert str(other["customers.everyday"].credit) == "5000.00"
    assert (await bank.trial_balance.at("tenant_none")).lines == ()


async def test_accounts_without_a_balance_are_shown_on_request_only(bank: Bank) -> None:
    before = date(2020, 1, 1)
    assert (await bank.trial_balance.at("tenant_1", before)).lines == ()
    zero = await bank.trial_balance.at("tenant_1", before, include_zero_balances=True)
    assert {line.code for line in zero.lines} >= {"customers.loan", "clearing", "fees"}
    assert zero.balanced


async def test_a_day_to_come_is_refused_and_today_is_sydneys(bank: Bank, clock: MovableClock) -> None:
    with pytest.raises(ToolRefused) as refused:
        await bank.trial_balance.at("tenant_1", TODAY + timedelta(days=1))
    assert refused.value.code == "date.in_future"
    clock.advance(5 * 3600)  # 14:00 UTC is 1:00 am of the next day in Sydney.
    assert (await bank.trial_balance.at("tenant_1")).as_of == TODAY + timedelta(days=1)


def tamper(connection: RawConnection, ledger: Ledger) -> None:
    connection.execute(drop_trigger(ledger, "postings_never_change", "postings"))
    connection.execute(
        "UPDATE postings SET amount_minor = amount_minor + 7 WHERE line = 1 AND entry_id ="
        " (SELECT entry_id FROM postings WHERE account_id = 'tenant_1_fees' LIMIT 1)"
    )


async def test_books_that_were_tampered_with_show_the_difference(bank: Bank, ledger: Ledger) -> None:
    with raw(ledger) as connection:
        tamper(connection, ledger)
    found = await bank.trial_balance.at("tenant_1")
    assert not found.balanced
    assert str(found.totals[0].difference) == "-0.07"
