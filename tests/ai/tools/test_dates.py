"""Dates as Australians write them."""

from __future__ import annotations

from datetime import date

import pytest

from ultracore.dates import Period, read_period
from ultracore.errors import ToolRefused

TODAY = date(2026, 11, 23)  # a Monday


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-10-31", date(2026, 10, 31)),
        ("31/10/2026", date(2026, 10, 31)),
        ("1/2/26", date(2026, 2, 1)),
        ("31-10-2026", date(2026, 10, 31)),
        ("31.10.2026", date(2026, 10, 31)),
        ("22/11", date(2026, 11, 22)),
        ("24/11", date(2025, 11, 24)),
        ("31 Oct", date(2026, 10, 31)),
        ("31 Dec", date(2025, 12, 31)),
        ("31st of December 2026", date(2026, 12, 31)),
        ("the 1st of Nov", date(2026, 11, 1)),
        ("Oct 31", date(2026, 10, 31)),
        ("October 31, 2025", date(2025, 10, 31)),
        ("Fri 30 Oct '26", date(2026, 10, 30)),
        ("3Sept", date(2026, 9, 3)),
        ("29 Feb", date(2024, 2, 29)),
        ("29/2/2024", date(2024, 2, 29)),
        ("today", TODAY),
        ("Yesterday", date(2026, 11, 22)),
        ("monday", TODAY),
        ("last Monday", date(2026, 11, 16)),
        ("Sunday", date(2026, 11, 22)),
        ("3 days ago", date(2026, 11, 20)),
        ("2 weeks ago", date(2026, 11, 9)),
    ],
)
def test_a_day_is_read(text: str, day: date) -> None:
    assert read_period(text, TODAY) == Period(day, day)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("last month", date(2026, 10, 1), date(2026, 10, 31)),
        ("this month", date(2026, 11, 1), date(2026, 11, 30)),
        ("last week", date(2026, 11, 16), date(2026, 11, 22)),
        ("this quarter", date(2026, 10, 1), date(2026, 12, 31)),
        ("last quarter", date(2026, 7, 1), date(2026, 9, 30)),
        ("last year", date(2025, 1, 1), date(2025, 12, 31)),
        ("this financial year", date(2026, 7, 1), date(2027, 6, 30)),
        ("last financial year", date(2025, 7, 1), date(2026, 6, 30)),
        ("FY26", date(2025, 7, 1), date(2026, 6, 30)),
        ("November", date(2026, 11, 1), date(2026, 11, 30)),
        ("in December", date(2025, 12, 1), date(2025, 12, 31)),
        ("Feb 2024", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("last 30 days", date(2026, 10, 25), TODAY),
        ("past 2 weeks", date(2026, 11, 10), TODAY),
        ("last 3 months", date(2026, 8, 24), TODAY),
        ("past year", date(2025, 11, 24), TODAY),
    ],
)
def test_a_period_is_read(text: str, first: date, last: date) -> None:
    period = read_period(text, TODAY)
    assert (period.first, period.last) == (first, last)


def test_periods_step_over_the_new_year_and_short_months() -> None:
    assert read_period("last month", date(2027, 1, 31)).first == date(2026, 12, 1)
    assert read_period("last quarter", date(2027, 2, 1)).first == date(2026, 10, 1)
    assert read_period("last 1 months", date(2027, 3, 31)).first == date(2027, 3, 1)
    assert read_period("29 Feb", date(2028, 2, 28)).first == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("31 February", "February 2026 has no day 31, it ends on the 28th; write for example 28/2/2026"),
        ("31st of Feb 2024", "ends on the 29th"),
        ("30/02/2026", "ends on the 28th"),
        ("2026-02-31", "ends on the 28th"),
        ("29/2/2026", "ends on the 28th"),
        ("31/4", "April 2026 has no day 31"),
        ("0/4/2026", "has no day 0"),
        ("12/31/2026", "write the day first, as in 31/12/2026"),
        ("2026-13-01", "no month 13"),
        ("31/12/0026", "The year 26 cannot be right"),
        ("last 99999 years", "too long ago"),
        ("99999 weeks ago", "too long ago"),
        ("whenever", "write it as 31/12/2026, 31 Dec or last month"),
        ("", "write it as"),
        ("next month", "write it as"),
        ("٣١/١٢/٢٠٢٦", "write it as"),
        ("1" * 10_000, "write it as"),
    ],
)
def test_what_no_calendar_has_is_refused_with_what_to_write(text: str, advice: str) -> None:
    with pytest.raises(ToolRefused) as refusal:
        read_period(text, TODAY)
    assert refusal.value.code == "arguments.invalid"
    assert advice in refusal.value.sentence
