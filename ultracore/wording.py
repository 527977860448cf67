"""How money, times and references are written for people. One place, so that cards, steps and notices agree."""

from __future__ import annotations

import secrets
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

SYDNEY = ZoneInfo("Australia/Sydney")
TO_STAFF = "You are talking to a member of the bank's staff"
"""How a prompt says that it is not the customer who writes; the offline model reads it."""
WORKS_FOR = "They work for customer "
"""And about whom they ask."""


def money_text(amount: Decimal | str, currency: str = "AUD") -> str:
    """`AUD 2,500.00`; a minus sign stands in front of the currency."""
    value = Decimal(amount)
    sign = "-" if value < 0 else ""
    return f"{sign}{currency} {abs(value):,.2f}"


def when_text(moment: datetime) -> str:
    """`23 Nov 2026, 5:04 pm`, Sydney time."""
    local = moment.astimezone(SYDNEY)
    return f"{local.day} {local:%b %Y}, {_hour_text(local)}"


def time_text(moment: datetime, now: datetime) -> str:
    """`5:04 pm`, Sydney time, with the date unless that is the day of `now`."""
    local, today = moment.astimezone(SYDNEY), now.astimezone(SYDNEY).date()
    date = "" if local.date() == today else f" on {local.day} {local:%b %Y}"
    return f"{_hour_text(local)}{date}"


def _hour_text(local: datetime) -> str:
    return f"{local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'}"


def new_reference() -> str:
    """A reference for one turn, as `7F3A-91C2`; too short to be mistaken for a card number."""
    # Random and not counted: a reference is read out on the phone, and must not tell how many turns there were.
    digits = secrets.token_hex(4).upper()
    return f"{digits[:4]}-{digits[4:]}"


def apology(reference: str, phone: str, *, sentence: str) -> str:
    """A sentence, what to do next, and the reference that the record is found by."""
    return f"{sentence} If it happens again, call us on {phone}. Ref {reference}"
