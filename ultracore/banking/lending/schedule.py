"""Repayment schedules, exact to the cent. Pure arithmetic: no store, no clock, no rounding error.

A month's interest is the balance times a twelfth of the annual rate, rounded half-even to the cent. The instalment
is the level one of the annuity formula, rounded half-even, and at least a cent more than the first interest, so
that every instalment repays something. The last one pays what is left: principal parts sum to the loan exactly.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from ultracore.banking.money import Money
from ultracore.errors import ToolRefused

LONGEST_TERM: Final = 480
"""Months; forty years."""

# Above any rate that a bank may ask, so that 5.94 for percent is refused and not taken for a rate.
HIGHEST_RATE: Final = Decimal("0.60")


@dataclass(frozen=True, slots=True)
class Instalment:
    """One line: `payment` = `interest` + `principal`, and `closing` = `opening` - `principal`."""

    number: int
    due_on: date
    opening: Money
    payment: Money
    interest: Money
    principal: Money
    closing: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A whole schedule. Cents of rounding can make it a few instalments shorter than its term, never longer."""

    amount: Money
    annual_rate: Decimal
    term_months: int
    instalment: Money
    lines: tuple[Instalment, ...]

    @property
    def total_interest(self) -> Money:
        """The sum of all interest."""
        return Money.from_minor(sum(line.interest.minor for line in self.lines), self.amount.currency)

    @property
    def total_repaid(self) -> Money:
        """The sum of all instalments: the loan and its interest."""
        return self.amount + self.total_interest


def level_instalment(amount: Money, annual_rate: Decimal, term_months: int) -> Money:
    """The instalment that repays the loan in the term. Raises `ToolRefused` for a term or rate out of range."""
    _check(annual_rate, term_months)
    rate = _monthly(annual_rate)
    if not rate:
        return Money.from_minor(max(round(Fraction(amount.minor, term_months)), 1), amount.currency)
    # Exact with `Fraction`, so that the instalment is rounded once and not in each of up to 480 powers.
    growth = (1 + rate) ** term_months
    level = round(amount.minor * rate * growth / (growth - 1))
    return Money.from_minor(max(level, round(amount.minor * rate) + 1), amount.currency)


def schedule_of(
    amount: Money, annual_rate: Decimal, term_months: int, start: date, instalment: Money | None = None
) -> Schedule:
    """The schedule of a loan paid out on `start`, or of the rest of one; the first instalment is a month later.

    `instalment` None is the level one. Raises `ToolRefused`: `loan.term_out_of_range`, `loan.rate_out_of_range`,
    `amount.not_positive`, or `loan.instalment_too_small` if a given instalment does not pay the interest.
    """
    amount.require_positive()
    level = level_instalment(amount, annual_rate, term_months)
    payment = instalment or level
    if payment.minor <= round(amount.minor * _monthly(annual_rate)):
        raise ToolRefused("The instalment does not cover the interest.", code="loan.instalment_too_small")
    return Schedule(
        amount=amount,
        annual_rate=annual_rate,
        term_months=term_months,
        instalment=payment,
        lines=tuple(_lines(amount, _monthly(annual_rate), term_months, start, payment)),
    )


def instalments_left(outstanding: Money, annual_rate: Decimal, instalment: Money) -> int:
    """How many instalments pay off what is owed; 0 if nothing is, at most `LONGEST_TERM`."""
    left, rate, count = outstanding.minor, _monthly(annual_rate), 0
    # Bounded, because an instalment that does not cover the interest would never end.
    while left > 0 and count < LONGEST_TERM:
        left += round(left * rate) - instalment.minor
        count += 1
    return count


def months_after(start: date, months: int) -> date:
    """The same day some months later, or the month's last day if it has no such day."""
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    # From the start and not from the month before: after a 28 February the 31st would be lost.
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def _monthly(annual_rate: Decimal) -> Fraction:
    return Fraction(annual_rate) / 12


def _check(annual_rate: Decimal, term_months: int) -> None:
    if not 1 <= term_months <= LONGEST_TERM:
        raise ToolRefused(f"The term must be 1 to {LONGEST_TERM} months.", code="loan.term_out_of_range")
    if not (annual_rate.is_finite() and 0 <= annual_rate <= HIGHEST_RATE):
        raise ToolRefused("The rate must be 0 to 60 percent a year.", code="loan.rate_out_of_range")


def _lines(amount: Money, rate: Fraction, term_months: int, start: date, payment: Money) -> list[Instalment]:
    lines: list[Instalment] = []
    opening = amount.minor
    for number in range(1, term_months + 1):
        interest = round(opening * rate)
        due = opening + interest
        # The last line pays what is left, so that the parts sum to the loan in spite of rounding.
        paid = due if number == term_months else min(payment.minor, due)
        closing = due - paid
        cents = (opening, paid, interest, paid - interest, closing)
        figures = (Money.from_minor(minor, amount.currency) for minor in cents)
        lines.append(Instalment(number, months_after(start, number), *figures))
        if closing == 0:
            break
        opening = closing
    return lines
