"""Quotes, business days and the rates table."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.banking.ledgers import Ledger, raw
from tests.banking.payees.test_payees_adding import carry_out, terms
from tests.banking.support import MovableClock
from ultracore.banking import Bank
from ultracore.banking.days import add_business_days, holidays, is_business_day, sending_day
from ultracore.banking.payments import PaymentQuote, PaymentWish, RouteTable
from ultracore.banking.payments.table import DEFAULT_TABLE
from ultracore.errors import OperatorError, ToolRefused
from ultracore.zone import bank_zone


async def quote(bank: Bank, destination: str, amount: str = "250", **more: Any) -> PaymentQuote:
    wish = PaymentWish(destination=destination, amount=Decimal(amount), **more)
    return await bank.routes.quote("tenant_1", "cust_1", wish)


@pytest.mark.parametrize(
    ("destination", "route", "at_once", "arrives"),
    [
        ("acc_2", "own", True, date(2026, 11, 23)),
        ("Flatmate", "inside", True, date(2026, 11, 23)),
        ("northside rentals", "other_bank", False, date(2026, 11, 25)),
        ("City Power", "biller", False, date(2026, 11, 25)),
    ],
)
async def test_the_route_follows_from_where_the_money_goes(
    bank: Bank, destination: str, route: str, at_once: bool, arrives: date
) -> None:
    found = await quote(bank, destination)
    assert (found.route, found.at_once, found.arrives_on) == (route, at_once, arrives)
    assert (str(found.fee), str(found.cost), found.rate, found.payable_here) == ("0.00", "250.00", None, True)


async def test_aud_abroad_is_exchanged_down_and_the_fee_comes_on_top(bank: Bank) -> None:
    found = await quote(bank, "Aunt Maria", "333.33", country="New Zealand")
    assert (str(found.receives), found.receives.currency, found.country) == ("366.16", "NZD", "New Zealand")
    assert (str(found.fee), str(found.cost), found.rate) == ("9.00", "342.33", Decimal("1.0985"))
    assert (found.payable_here, found.rate_date, found.arrives_on) == (
        False,
        date(2026, 11, 2),
        date(2026, 11, 25),
    )


async def test_a_foreign_amount_costs_what_it_takes_rounded_up(bank: Bank) -> None:
    found = await quote(bank, "Supplier", "500", currency="USD", country="usa")
    assert (str(found.receives), str(found.cost)) == ("500.00", "797.79")
    assert Decimal("779.79") * Decimal("0.6412") >= 500 > Decimal("779.78") * Decimal("0.6412")
    yen = await quote(bank, "Hotel", "100", country="JP")
    assert (str(yen.receives), yen.receives.currency) == ("9840", "JPY")


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"country": "Atlantis"}, "route.country_unknown"),
        ({"currency": "XXX"}, "currency.unknown"),
        ({"currency": "CHF", "country": "DE"}, "currency.unknown"),
        ({"currency": "JPY", "amount": "10.50"}, "amount.too_precise"),
        ({"amount": "0"}, "amount.not_positive"),
        ({}, "payee.not_saved"),
        ({"country": "Australia"}, "payee.not_saved"),
    ],
)
async def test_what_cannot_be_quoted_is_refused_with_its_code(bank: Bank, wish: dict[str, Any], code: str) -> None:
    with pytest.raises(ToolRefused) as refusal:
        await quote(bank, "Nobody", **wish)
    assert refusal.value.code == code


@pytest.mark.parametrize("status", ["frozen", "closed"])
async def test_an_account_that_is_not_active_has_no_quote(bank: Bank, ledger: Ledger, status: str) -> None:
    with raw(ledger) as connection:
        connection.execute("UPDATE accounts SET status = ? WHERE account_id IN ('acc_2', 'acc_3')", (status,))
    for destination, code in (("acc_2", "account.not_active"), ("Flatmate", "payee.not_active")):
        with pytest.raises(ToolRefused) as refusal:
            await quote(bank, destination)
        assert refusal.value.code == code
    with pytest.raises(ToolRefused, match=status):
        await quote(bank, "acc_2")


async def test_a_quote_says_when_a_new_payee_can_take_the_amount(bank: Bank) -> None:
    await carry_out(bank, await terms(bank))
    assert (await quote(bank, "Gas Co", "1000")).limited_until is None
    assert (await quote(bank, "Gas Co", "1000.01")).limited_until == datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("year", "days"),
    [
        (2026, "1-1 1-26 4-3 4-6 4-27 6-8 10-5 12-25 12-28"),
        (2027, "1-1 1-26 3-26 3-29 4-26 6-14 10-4 12-27 12-28"),
        (2022, "1-3 1-26 4-15 4-18 4-25 6-13 9-22 10-3 12-26 12-27"),
    ],
)
def test_public_holidays_are_those_of_new_south_wales(year: int, days: str) -> None:
    expected = [date(year, *map(int, day.split("-"))) for day in days.split()]
    assert sorted(day for day in holidays(year) if day.weekday() < 5) == expected


@pytest.mark.parametrize(
    ("local", "sent"),
    [
        ((2026, 11, 23, 17, 59), date(2026, 11, 23)),
        ((2026, 11, 23, 18, 0), date(2026, 11, 24)),
        ((2026, 11, 28, 9, 0), date(2026, 11, 30)),
        ((2026, 12, 24, 19, 0), date(2026, 12, 29)),
    ],
)
def test_the_cut_off_and_days_off_move_the_day_of_sending(local: tuple[int, ...], sent: date) -> None:
    year, month, day, hour, minute = local
    assert sending_day(datetime(year, month, day, hour, minute, tzinfo=bank_zone())) == sent


def test_business_days_step_over_easter() -> None:
    assert not is_business_day(date(2026, 4, 3))
    assert add_business_days(date(2026, 4, 2), 1) == date(2026, 4, 7)


async def test_arrival_moves_with_the_clock(bank: Bank, clock: MovableClock) -> None:
    clock.advance(-5 * 3600)
    assert (await quote(bank, "City Power")).arrives_on == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('USD = "0.6412"', 'USD = "0"'),
        ('USD = "0.6412"', 'USD = "many"'),
        ('USD = "0.6412"', 'QQQ = "1"'),
        ('fee = "18.00"', 'fee = "18.001"'),
        ("days = 3", "days = -1"),
        ("rate_date = 2026-11-02", 'rate_date = "then"'),
        ("[routes.biller]", "[routes.postman]"),
        ("version", "[["),
    ],
)
def test_a_wrong_table_stops_the_start_with_a_sentence(tmp_path: Path, old: str, new: str) -> None:
    text = DEFAULT_TABLE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "routes.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(OperatorError) as refusal:
        RouteTable.load(path)
    assert refusal.value.code == "routes.invalid"
