"""Bank holidays come from a table, which says the same as the package that it is made from."""

from __future__ import annotations

from datetime import date, timedelta

import holidays as published
import pytest

from ultracore.banking.days import add_business_days, holidays, span_text


def test_the_table_has_the_holidays_of_the_package() -> None:
    years = range(2020, 2036)
    theirs = published.country_holidays("AU", subdiv="NSW", years=years)
    ours = {day for year in years for day in holidays(year)}
    assert ours == {day for day in theirs if day.weekday() < 5}


def test_a_payment_before_labour_day_arrives_after_it() -> None:
    assert add_business_days(date(2026, 10, 2), 1) == date(2026, 10, 6)


def test_a_year_beyond_the_table_is_no_year_without_holidays() -> None:
    with pytest.raises(LookupError, match="2101"):
        holidays(2101)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(hours=23, minutes=59, seconds=59), "23 hours and 59 minutes"),
        (timedelta(hours=1, minutes=1), "1 hour and 1 minute"),
        (timedelta(days=1), "24 hours"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(seconds=-5), "less than a minute"),
    ],
)
def test_how_long_a_wait_is(span: timedelta, text: str) -> None:
    assert span_text(span) == text
