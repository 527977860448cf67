"""Times on the command line: ISO 8601, and a date alone is that day of the bank's time zone."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime, time

from ultracore.audit import read_time
from ultracore.zone import start_of


def moment(text: str) -> datetime | date:
    """An ISO 8601 time, or a date of which `resolve` makes the moment at which it begins.

    The arguments are read before the settings, which name the zone. A time without an offset is UTC.
    """
    try:
        if _is_date(text):
            return date.fromisoformat(text)
        return read_time(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO 8601 time") from None


def resolve(args: argparse.Namespace) -> None:
    """Put the first moment of the day in place of each date."""
    for name, value in vars(args).items():
        if type(value) is date:
            setattr(args, name, _beginning(value))


def _beginning(day: date) -> datetime:
    try:
        return start_of(day)
    except OverflowError:  # the first day of the calendar begins in no year of UTC: from the beginning on is meant
        return datetime.combine(day, time(), UTC)


def _is_date(text: str) -> bool:
    """True for a date without a time, in any of the three ways in which ISO 8601 writes it."""
    return len(text) <= len("2026-W48-1") and ":" not in text and "T" not in text.upper()
