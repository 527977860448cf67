"""Reading what people write of a payee: its name, its BSB, its account number."""

from __future__ import annotations

import re
from typing import Final

from ultracore.errors import ToolRefused

LONGEST_NAME: Final = 60
_LIKE_AN_ID: Final = re.compile(r"(acc|pay|prp|ent|cust|tenant)_\w*", re.IGNORECASE)


def read_bsb(text: str) -> str:
    """Six digits, from 733110, 733-110 or 733 110. Raises `ToolRefused` (`payee.bsb_invalid`)."""
    match = re.fullmatch(r"(\d{3})[ -]?(\d{3})", text.strip(), re.ASCII)
    if match is None or int(match[1] + match[2]) == 0:
        raise _refused("payee.bsb_invalid", "A BSB has six digits; write it as 733-110.")
    return match[1] + match[2]


def read_number(text: str) -> str:
    """Four to ten digits, blanks and hyphens left out. Raises `ToolRefused` (`payee.number_invalid`)."""
    digits = re.sub(r"[ -]", "", text)
    if re.fullmatch(r"\d{4,10}", digits, re.ASCII) is None or int(digits) == 0:
        raise _refused(
            "payee.number_invalid",
            "An account number has four to ten digits; write it as 557204, without the BSB.",
        )
    return digits


def read_name(text: str, *, code: str = "payee.name_invalid") -> str:
    """One line of 2 to 60 printable characters with a letter in it, which does not look like one of our ids.

    Raises `ToolRefused` with the code.
    """
    name = " ".join(text.split())
    if not name.isprintable() or not 2 <= len(name) <= LONGEST_NAME or not any(map(str.isalpha, name)):
        raise _refused(code, f"A name has 2 to {LONGEST_NAME} characters and at least one letter.")
    if _LIKE_AN_ID.fullmatch(name):
        raise _refused(code, "That name looks like an id of the bank; choose a name such as Gas Company.")
    return name


def bsb_text(bsb: str) -> str:
    """`733-110`."""
    return f"{bsb[:3]}-{bsb[3:]}"


def _refused(code: str, message: str) -> ToolRefused:
    return ToolRefused(message, code=code, sentence=message)
