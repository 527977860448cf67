"""A day and a time of day as each language writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ultracore.languages.values import Language

_MONTHS: Final[Mapping[Language, tuple[str, ...]]] = {
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"),
    "ar": (
        *("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر"),
        "ديسمبر",
    ),
    "hi": (
        *("जनवरी", "फ़रवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितंबर", "अक्तूबर", "नवंबर"),
        "दिसंबर",
    ),
}
_FORMS: Final[Mapping[Language, str]] = {
    "en": "{day} {month} {year}, {time}",
    "es": "{day} {month} {year}, {time}",
    "zh": "{year}年{number}月{day}日 {time}",
    "ar": "{day} {month} {year}، {time}",
    "vi": "{day}/{number}/{year}, {time}",
    "hi": "{day} {month} {year}, {time}",
}


def date_time(local: datetime, language: Language) -> str:
    """`1 dic 2026, 17:04`; the time is given as it is, in its own zone."""
    months = _MONTHS.get(language)
    return _FORMS[language].format(
        day=local.day,
        month=months[local.month - 1] if months else f"{local:%b}",
        number=local.month,
        year=local.year,
        time=f"{local:%H:%M}",
    )
