"""The bank's time zone: which day it is there, and the clock in what people read.

There is one bank a process, so its zone is the process's: the entry points set it from `ULTRACORE_TIME_ZONE`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

USUAL: Final = "Australia/Sydney"

_zones: Final = [ZoneInfo(USUAL)]


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name. Raises `ValueError` if this machine knows none."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError) as error:  # an unknown name; a folder of names, such as Australia
        raise ValueError(f"there is no time zone {name!r}") from error


def use_time_zone(name: str) -> None:
    """From now on days are that zone's. Raises `ValueError` if there is none of that name."""
    _zones[0] = zone_of(name)


def bank_zone() -> ZoneInfo:
    """The zone that is in use."""
    return _zones[0]


def day_of(moment: datetime) -> date:
    """The bank's day at that moment."""
    return moment.astimezone(bank_zone()).date()


def start_of(day: date) -> datetime:
    """The first moment of a day of the bank, in UTC. The day ends with the start of the next.

    With daylight saving a day has 23 hours once a year, and 25 once.
    """
    # By the zone's rules and not by adding 24 hours.
    return datetime.combine(day, time(), bank_zone()).astimezone(UTC)


def moment_at(day: date, clock: time) -> datetime:
    """When the bank's clock shows that time on that day, in UTC; of an hour that comes twice the first."""
    return datetime.combine(day, clock, bank_zone()).astimezone(UTC)
