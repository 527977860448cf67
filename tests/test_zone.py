"""The bank's days, and what people read of the clock, follow one setting."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from ultracore.banking import moment_text
from ultracore.banking.days import end_of
from ultracore.errors import OperatorError
from ultracore.settings import export_to_environment, load_settings
from ultracore.wording import when_text
from ultracore.zone import day_of, start_of, use_time_zone

NEW_YEAR = datetime(2026, 12, 31, 14, 30, tzinfo=UTC)


def test_the_banks_day_is_its_zones() -> None:
    assert (day_of(NEW_YEAR), when_text(NEW_YEAR)) == (date(2027, 1, 1), "1 Jan 2027, 1:30 am")
    use_time_zone("Europe/London")
    assert (day_of(NEW_YEAR), when_text(NEW_YEAR)) == (date(2026, 12, 31), "31 Dec 2026, 2:30 pm")
    assert moment_text(NEW_YEAR) == "31 Dec 2026, 2:30 pm"


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 10, 4), 23), (date(2026, 4, 5), 25), (date(2026, 6, 1), 24)]
)
def test_a_day_lasts_as_long_as_it_does(day: date, hours: int) -> None:
    assert end_of(day) - start_of(day) == timedelta(hours=hours)


@pytest.mark.parametrize("name", ["Sydney", "Australia", "../etc/passwd", "+10:00"])
def test_a_zone_that_is_none_is_refused_with_its_variable(name: str) -> None:
    export_to_environment("ULTRACORE_TIME_ZONE", name)
    with pytest.raises(OperatorError, match=r"time_zone.*Australia/Sydney"):
        load_settings()
