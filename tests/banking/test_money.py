from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest

from ultracore.banking import Money
from ultracore.errors import ToolRefused


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (50, "50.00"),
        ("12.5", "12.50"),
        (Decimal("0.01"), "0.01"),
        (0.1, "0.10"),
        ("1e2", "100.00"),
        ("-0", "0.00"),
    ],
)
def test_amounts_are_read_exactly(given: str | int | float | Decimal, text: str) -> None:
    assert str(Money.parse(given)) == text


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("nan", "amount.not_finite"),
        ("sNaN", "amount.not_finite"),
        (float("inf"), "amount.not_finite"),
        ("-Infinity", "amount.not_finite"),
        ("1.005", "amount.too_precise"),
        ("1.0000000000000000000000000000000001", "amount.too_precise"),
        ("1e-9999999", "amount.too_precise"),
        ("1e999999", "amount.too_large"),
        ("99999999999999.99", "amount.too_large"),
        ("fifty", "amount.not_a_number"),
        ("1.2.3", "amount.not_a_number"),
        ("1_000", "amount.not_a_number"),
        ("\u0665\u0660", "amount.not_a_number"),
        ("", "amount.not_a_number"),
        ("9" * 500, "amount.not_a_number"),
        (True, "amount.not_a_number"),
    ],
)
def test_what_is_no_exact_amount_is_refused_with_its_code(given: str | float, code: str) -> None:
    with pytest.raises(ToolRefused) as refusal:
        Money.parse(given)
    assert refusal.value.code == code


@pytest.mark.parametrize("given", [0, "-5", "-0.00"])
def test_zero_and_negative_amounts_are_not_positive(given: str | int) -> None:
    with pytest.raises(ToolRefused, match="more than zero"):
        Money.parse(given).require_positive()


def test_minor_units_and_text_come_back_equal() -> None:
    random = Random(7)  # noqa: S311 - seeded on purpose
    for _ in range(2000):
        minor = random.randint(-(10**12), 10**12)
        money = Money.from_minor(minor)
        assert (money.minor, Money.parse(str(money))) == (minor, money)


def test_a_currency_without_decimals_has_none() -> None:
    assert str(Money.from_minor(1500, "JPY")) == "1500"
    with pytest.raises(ToolRefused):
        Money.parse("1.5", "JPY")


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="do not mix"):
        Money.parse(1, "AUD") + Money.parse(1, "USD")
