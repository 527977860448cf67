"""Days as people say them, each to its exact first and last day; what cannot be told is never guessed."""

from __future__ import annotations

from datetime import date

import pytest

from ultracore.offline_model.language import Span, UnclearDays, span_of

MONDAY = date(2026, 11, 30)
EXACT = {
    "last month": ("2026-10-01", "2026-10-31"),
    "in october": ("2026-10-01", "2026-10-31"),
    "last october": ("2026-10-01", "2026-10-31"),
    "last november": ("2025-11-01", "2025-11-30"),
    "october last year": ("2025-10-01", "2025-10-31"),
    "last year in october": ("2025-10-01", "2025-10-31"),
    "in october 2024": ("2024-10-01", "2024-10-31"),
    "in 2025": ("2025-01-01", "2025-12-31"),
    "the month before last": ("2026-09-01", "2026-09-30"),
    "the week before last": ("2026-11-16", "2026-11-22"),
    "2 months ago": ("2026-09-01", "2026-09-30"),
    "two weeks ago": ("2026-11-16", "2026-11-22"),
    "3 days ago": ("2026-11-27", "2026-11-27"),
    "the day before yesterday": ("2026-11-28", "2026-11-28"),
    "from 1 to 15 october": ("2026-10-01", "2026-10-15"),
    "1-15 october": ("2026-10-01", "2026-10-15"),
    "october 3 to 10": ("2026-10-03", "2026-10-10"),
    "between the 3rd and the 10th of october": ("2026-10-03", "2026-10-10"),
    "between 3 october and 10 november": ("2026-10-03", "2026-11-10"),
    "from october to november": ("2026-10-01", "2026-11-30"),
    "october and november": ("2026-10-01", "2026-11-30"),
    "october 3": ("2026-10-03", "2026-10-03"),
    "on the 5th": ("2026-11-05", "2026-11-05"),
    "between the 5th and the 10th": ("2026-11-05", "2026-11-10"),
    "since the 15th": ("2026-11-15", None),
    "since october": ("2026-10-01", None),
    "after 10 october": ("2026-10-11", None),
    "before october": (None, "2026-09-30"),
    "until 10 november": (None, "2026-11-10"),
    "first week of october": ("2026-10-01", "2026-10-07"),
    "the last week of october": ("2026-10-25", "2026-10-31"),
    "second half of october": ("2026-10-16", "2026-10-31"),
    "last weekend": ("2026-11-28", "2026-11-29"),
    "this week": ("2026-11-30", "2026-12-06"),
    "last 2 weeks": ("2026-11-17", "2026-11-30"),
    "last couple of months": ("2026-10-01", "2026-11-30"),
    "this financial year": ("2026-07-01", "2027-06-30"),
    "last tax year": ("2025-07-01", "2026-06-30"),
    "year to date": ("2026-01-01", "2026-12-31"),
    "1/10 to 15/10": ("2026-10-01", "2026-10-15"),
    "on monday": ("2026-11-30", "2026-11-30"),
}


@pytest.mark.parametrize("said", EXACT)
def test_a_period_is_read_to_its_exact_days(said: str) -> None:
    span = span_of([f"how much did I spend {said}?"], MONDAY)
    assert isinstance(span, Span), span
    since, until = EXACT[said]
    days = span.period(MONDAY)
    assert days.first.isoformat() == (since or "2000-01-01")
    assert (days.last.isoformat() if span.until else None) == until


@pytest.mark.parametrize(
    "said",
    [
        "at christmas",
        "last summer",
        "since I got paid",
        "at the end of october",
        "in early october",
        "in the first quarter",
        "next month",
        "tomorrow",
        "in january and march",
    ],
)
def test_days_that_cannot_be_told_are_not_guessed(said: str) -> None:
    assert isinstance(span_of([f"how much did I spend {said}?"], MONDAY), UnclearDays)


@pytest.mark.parametrize("said", ["on a late fee", "my last 3 payments", "may I see it", "the 3rd payment"])
def test_words_that_only_sound_like_a_time_name_no_days(said: str) -> None:
    assert span_of([said], MONDAY) is None


@pytest.mark.parametrize(
    ("before", "then", "days"),
    [
        ("last month", "and the month before?", ("2026-09-01", "2026-09-30")),
        ("in october", "the one before", ("2026-09-01", "2026-09-30")),
        ("last week", "and the week before", ("2026-11-16", "2026-11-22")),
        ("last year", "and the year before?", ("2024-01-01", "2024-12-31")),
        ("from 1 to 10 october", "and the month after?", ("2026-11-01", "2026-11-30")),
        ("from 1 to 10 october", "and before that?", ("2026-09-21", "2026-09-30")),
        ("in september", "and the following month?", ("2026-10-01", "2026-10-31")),
    ],
)
def test_a_period_before_or_after_counts_from_the_one_spoken_of(
    before: str, then: str, days: tuple[str, str]
) -> None:
    assert span_of([f"spent {before}", then], MONDAY) == Span(*days)
