"""Texts that a customer writes on a statement: their own, and with it that of the person who is paid."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ultracore.errors import ToolRefused

LONGEST: Final = 140
_ALLOWED: Final = frozenset("+-$!%&()./#=:;?,' ")
"""The marks of Australian direct entry, without those of e-mail addresses and of markup: @ [ ] ^ _ * stay out."""
_LETTERS: Final = {
    **{"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"},
    **{"đ": "d", "Đ": "D", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D", "€": "EUR ", "£": "GBP "},
}
_MARKS: Final = {"Pi": "'", "Pf": "'", "Pd": "-"}
"""How payment systems write what they do not carry: letters, and by category quotation marks and dashes."""
_MASK: Final = re.compile(
    r"(\[(?:(?:card|account|iban) ending [0-9A-Z]{2,4}|code|password|token|tax file number)\](?!\())"
)
"""What masking puts in the place of a number or secret. It reads the same here as in the chat and on the record,
brackets included; with a parenthesis behind it, it would be markup.
"""
_LINK: Final = re.compile(r"://|\bwww\.|\w@\w|\w\.[^\W\d_]{2,}", re.IGNORECASE)


def read_statement_text(text: str) -> str:
    """One line of at most `LONGEST` characters that payment systems carry; accents, quotation marks and dashes are
    written plainly, symbols and invisible characters left out.

    Raises `ToolRefused` (`description.link`, `description.letters`).
    """
    # In the compatible form, since people and pages read full-width letters as a link too.
    if _LINK.search(unicodedata.normalize("NFKC", text)):
        raise _refused(
            "description.link",
            "A statement text has no web or e-mail address; write it without one, with a blank after a full stop.",
        )
    plain = unicodedata.normalize("NFKD", "".join(map(_written, text)))
    if any(not character.isascii() and character.isalnum() for character in plain):
        raise _refused(
            "description.letters",
            "Payment systems carry the letters A to Z and digits in a statement text; write it with these.",
        )
    # Every second part is a mask, which stays as it is.
    parts = [part if place % 2 else _carried(part) for place, part in enumerate(_MASK.split(plain))]
    return " ".join("".join(parts).split())[:LONGEST].rstrip()


def _carried(text: str) -> str:
    return "".join(_kept(character) for character in text if not unicodedata.combining(character))


def _written(character: str) -> str:
    mark = _MARKS.get(unicodedata.category(character), character)
    return _LETTERS.get(mark, mark)


def _kept(character: str) -> str:
    carried = character.isascii() and (character.isalnum() or character in _ALLOWED)
    return character if carried else " "


def _refused(code: str, message: str) -> ToolRefused:
    return ToolRefused(message, code=code, sentence=message)
