"""Repayment schedules: exact for every loan, checked against arithmetic done another way."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from random import Random

import pytest

from ultracore.banking import Money
from ultracore.banking.lending import schedule_of
from ultracore.banking.lending.schedule import instalments_left, level_instalment, months_after
from ultracore.errors import ToolRefused

START = date(2026, 11, 23)
CENT = Decimal("0.01")


def loans(seed: int, number: int = 150) -> list[tuple[Money, Decimal, int]]:
    random = Random(seed)  # noqa: S311 - any loans will do, as long as they are the same ones each time
    return [
        (
            Money.from_minor(random.choice([random.randint(1, 5_000), random.randint(100_00, 2_000_000_00)])),
            Decimal(random.randint(0, 6000)).scaleb(-4),
            random.randint(1, 480),
        )
        for _ in range(number)
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_principal_sums_to_the_loan_and_every_line_follows_from_the_one_before(seed: int) -> None:
    for amount, rate, term in loans(seed):
        schedule = schedule_of(amount, rate, term, START)
        opening = amount
        for number, line in enumerate(schedule.lines, start=1):
            exact = opening.amount * rate / 12
            assert line.number == number
            assert line.opening == opening
            assert line.interest.amount == exact.quantize(CENT, ROUND_HALF_EVEN)
            assert line.payment == line.interest + line.principal
            assert line.closing == opening - line.principal
            assert line.principal.minor > 0
            opening = line.closing
        assert opening.minor == 0
        assert 1 <= len(schedule.lines) <= term
        assert sum(line.principal.minor for line in schedule.lines) == amount.minor
        assert schedule.total_repaid.minor == sum(line.payment.minor for line in schedule.lines)
        assert all(line.payment == schedule.instalment for line in schedule.lines[:-1])


@pytest.mark.parametrize("seed", [3])
def test_the_level_instalment_is_the_annuity_formula_rounded_to_the_cent(seed: int) -> None:
    for amount, rate, term in loans(seed):
        with localcontext() as context:
            context.prec = 60
            monthly = rate / 12
            exact = amount.amount / term
            if monthly:
                exact = amount.amount * monthly / (1 - (1 + monthly) ** -term)
            level = exact.quantize(CENT, ROUND_HALF_EVEN)
            first = (amount.amount * monthly).quantize(CENT, ROUND_HALF_EVEN)
        assert level_instalment(amount, rate, term).amount == max(level, first + CENT, CENT)


def test_a_schedule_as_a_bank_prints_it() -> None:
    schedule = schedule_of(Money(Decimal(10_000)), Decimal("0.065"), 24, START)
    assert str(schedule.instalment) == "445.46"
    assert str(schedule.lines[0].interest) == "54.17"
    assert str(schedule.lines[-1].payment) == "445.54"
    assert str(schedule.total_interest) == "691.12"
    assert schedule.lines[0].due_on == date(2026, 12, 23)
    assert schedule.lines[-1].due_on == date(2028, 11, 23)


def test_half_a_cent_of_interest_goes_to_the_even_cent() -> None:
    # A twelfth of 12 % of 0.50 is half a cent, of 1.50 one and a half: 0 and 2.
    assert schedule_of(Money(Decimal("0.50")), Decimal("0.12"), 1, START).lines[0].interest.minor == 0
    assert schedule_of(Money(Decimal("1.50")), Decimal("0.12"), 1, START).lines[0].interest.minor == 2


def test_without_interest_the_instalments_are_equal_parts() -> None:
    schedule = schedule_of(Money(Decimal(100)), Decimal(0), 3, START)
    assert [str(line.payment) for line in schedule.lines] == ["33.33", "33.33", "33.34"]


def test_the_rest_of_a_running_loan_keeps_its_instalment() -> None:
    amount, rate, instalment = Money(Decimal(12_400)), Decimal("0.0895"), Money(Decimal("414.50"))
    left = instalments_left(amount, rate, instalment)
    schedule = schedule_of(amount, rate, left, START, instalment)
    assert left == len(schedule.lines) == 34
    assert schedule.lines[-1].payment < instalment


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 8, 31), 480, date(2066, 8, 31)),
    ],
)
def test_months_end_where_the_month_ends(start: date, months: int, expected: date) -> None:
    assert months_after(start, months) == expected


@pytest.mark.parametrize(
    ("amount", "rate", "term", "instalment", "code"),
    [
        ("100", "0.05", 0, None, "loan.term_out_of_range"),
        ("100", "0.05", 481, None, "loan.term_out_of_range"),
        ("100", "-0.01", 12, None, "loan.rate_out_of_range"),
        ("100", "0.61", 12, None, "loan.rate_out_of_range"),
        ("100", "NaN", 12, None, "loan.rate_out_of_range"),
        ("0", "0.05", 12, None, "amount.not_positive"),
        ("1200", "0.12", 12, "12.00", "loan.instalment_too_small"),
    ],
)
def test_what_has_no_schedule_is_refused(
    amount: str, rate: str, term: int, instalment: str | None, code: str
) -> None:
    given = None if instalment is None else Money.parse(instalment)
    with pytest.raises(ToolRefused) as refused:
        schedule_of(Money.parse(amount), Decimal(rate), term, START, given)
    assert refused.value.code == code
