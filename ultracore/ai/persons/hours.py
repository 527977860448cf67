"""When the bank's people answer in the chat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from itertools import groupby
from typing import Final

from ultracore.zone import bank_zone

Span = tuple[time, time]
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Hours:
    """For each day of the week, from Monday, from when to when; None if no person is there."""

    spans: tuple[Span | None, ...]

    def open_at(self, moment: datetime) -> bool:
        """Whether somebody should be there at that moment."""
        local = moment.astimezone(bank_zone())
        span = self.spans[local.weekday()]
        return span is not None and span[0] <= local.time() < span[1]

    def text(self) -> str:
        """`Monday to Friday 8 am to 8 pm, Saturday and Sunday 9 am to 5 pm`."""
        return ", ".join(self._parts()) or "on no day at the moment"

    def _parts(self) -> Iterator[str]:
        for span, days in groupby(zip(_DAYS, self.spans, strict=True), key=lambda pair: pair[1]):
            if span is not None:
                first, *rest = [day for day, _ in days]
                joint = "and" if len(rest) == 1 else "to"
                named = f"{first} {joint} {rest[-1]}" if rest else first
                yield f"{named} {_clock(span[0])} to {_clock(span[1])}"


def _clock(at: time) -> str:
    minutes = f":{at:%M}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes} {'am' if at.hour < 12 else 'pm'}"
