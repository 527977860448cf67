"""Reading what people write of a payee: its name, its BSB, its account number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from ultracore.banking.payees.lookalikes import of_one_script
from ultracore.errors import ToolRefused

LONGEST_NAME: Final = 60
_MARKS: Final = frozenset(" '\u2019.,&/+-")
_LINK: Final = re.compile(r"://|\bwww\.|@|\w\.[^\W\d_]{2,}", re.IGNORECASE)
_LIKE_AN_ID: Final = re.compile(r"(acc|pay|prp|ent|cust|tenant)_\w*", re.IGNORECASE)


def read_bsb(text: str) -> str:
    """Six digits, from 733110, 733-110 or 733 110. Raises `ToolRefused` (`payee.bsb_invalid`)."""
    # `re.ASCII`, because `\d` reads digits of every script, which no payment system takes.
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
    """One line of 2 to 60 letters of one script, digits and a few marks, which can be taken for nothing else.

    Raises `ToolRefused` with the code.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    for fits, message in _RULES:
        if not fits(name):
            raise _refused(code, message)
    return name


def _has_length(name: str) -> bool:
    return name.isprintable() and 2 <= len(name) <= LONGEST_NAME and any(map(str.isalpha, name))


def _has_plain_characters(name: str) -> bool:
    """Other digits than 0 to 9, letters made to look like others (ligatures), brackets and symbols are out."""
    return all(map(_is_plain, name)) and not _has_heap_of_accents(name)


def _is_plain(character: str) -> bool:
    if unicodedata.category(character)[0] in "LM":
        return unicodedata.normalize("NFKC", character) == character
    return character in _MARKS or (character.isascii() and character.isdigit())


def _has_heap_of_accents(name: str) -> bool:
    # Three marks on one letter hardly occur in a name, and draw over the lines above.
    categories = "".join(unicodedata.category(character)[0] for character in name)
    return "MMM" in categories


_RULES: Final[tuple[tuple[Callable[[str], bool], str], ...]] = (
    (_has_length, f"A name has 2 to {LONGEST_NAME} characters and at least one letter."),
    (lambda name: not _LINK.search(name), "A name has no web or e-mail address; leave a blank after a full stop."),
    (_has_plain_characters, "A name has letters, digits, blanks and ' . , & / + - only."),
    (of_one_script, "The letters of a name belong to one script; this one mixes letters that look like others."),
    (
        lambda name: not _LIKE_AN_ID.fullmatch(name),
        "That name looks like an id of the bank; choose a name such as Gas Company.",
    ),
)
"""The rules for a name, each with the sentence for a name that breaks it."""


def bsb_text(bsb: str) -> str:
    """`733-110`."""
    return f"{bsb[:3]}-{bsb[3:]}"


def _refused(code: str, message: str) -> ToolRefused:
    return ToolRefused(message, code=code, sentence=message)
