"""Writes the table of bank holidays from the package `holidays`: the weekdays of New South Wales' public holidays.

The package is for development only: imported, it reads 300 modules, which would take a second of the first quote.
"""

from __future__ import annotations

import json
from pathlib import Path

import holidays

FIRST, LAST = 1990, 2100
TABLE = Path(__file__).resolve().parent.parent / "ultracore" / "banking" / "bank_holidays.json"


def table() -> dict[str, list[str]]:
    """Month and day of each, by year."""
    found = holidays.country_holidays("AU", subdiv="NSW", years=range(FIRST, LAST + 1))
    days: dict[str, list[str]] = {str(year): [] for year in range(FIRST, LAST + 1)}
    for day in sorted(found):
        if day.weekday() < 5:
            days[str(day.year)].append(f"{day:%m-%d}")
    return days


def text() -> str:
    """The table as the file has it, a year a line."""
    lines = (f"  {json.dumps(year)}: {json.dumps(days)}" for year, days in table().items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    TABLE.write_text(text(), encoding="utf-8")
    print(f"written: {TABLE}")
