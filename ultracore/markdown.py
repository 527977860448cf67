"""Text as the page's Markdown shows it: whole, and without any effect.

The page reads GitHub's Markdown with directives (`:name`, `:::`), makes links of bare addresses after it has
decoded escapes, and draws a blinking cursor for a zero-width space. What a person or a model wrote goes through
here.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

BANK_MARK: Final = "\u25c8"
"""Stands before cards, receipts and hand-over lines. No text of a person or a model can hold it."""

_LIKE_THE_MARK: Final = re.compile("[\u25c6\u25c8\u25ca\u2756\u27d0\u2b16-\u2b19\u2b25\u2b26]")
# Persian, Hindi and many emoji are written with these two, so they stay.
_KEPT_JOINERS: Final = frozenset("\u200c\u200d")
_INVISIBLE: Final = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
# A word in brackets is no link by itself: what was masked stays readable.
_ALWAYS: Final = re.compile(r"(?P<word>\[\w[\w ·.-]{1,60}\](?![(\[:]))|[\\`*~<|\[\]]")
# A colon begins a directive before a name, an ampersand an entity, an underscore emphasis at the edge of a word.
_SOMETIMES: Final = re.compile(r":(?![\s\d]|$)|&(?=[#A-Za-z])|(?<![^\W_])_|_(?![^\W_])")
_AT_START: Final = re.compile(r"(?:[#>=]|[-+](?=\s|[-+]|$)|\d{1,9}(?=[.)](?:\s|$)))")
_NUMBERED: Final = re.compile(r"\d{1,9}")
# A word joiner: the page looks for addresses in what it has decoded, where a backslash has gone.
_ADDRESS: Final = re.compile(r"https?(?=\\?:)|www(?=\.)|(?=@)", re.IGNORECASE)
_CALLED: Final = re.compile(r"\[\+?\d[\d ]*\]\(tel:\+?\d+\)")
_CALLED_PARTS: Final = re.compile(rf"({_CALLED.pattern})")
_BROKEN: Final = "\u2060"


class Markdown(str):
    """Text that is Markdown on purpose: what people wrote in it has been made inert already."""

    __slots__ = ()


def visible(text: str) -> str:
    """`text` without invisible characters (controls, marks of direction, lone joiners) and without our mark."""
    if not text.isascii():
        # Look-alikes too: a text with a similar sign in front would pass for a card of the bank's.
        text = _LIKE_THE_MARK.sub("\u25c7", text)
        return "".join(map(_seen, text))
    return text if text.isprintable() else "".join(map(_seen, text))


def inert(text: str) -> str:
    """`text` on one line, so that Markdown shows it as it is at every place of a line."""
    return escaped(" ".join(visible(text.replace("\n", " ")).split()), at_start=True)


def inert_lines(text: str) -> str:
    """The same with its lines kept."""
    return "\n".join(inert(line) for line in text.splitlines())


def as_markdown(text: str) -> str:
    """A sentence of ours, with names in it that people chose, as Markdown; `Markdown` is left as it is.

    A telephone number that is its own link stays one.
    """
    if isinstance(text, Markdown):
        return text
    if "(tel:" not in text:
        return inert_lines(text)
    return "".join(
        part if _CALLED.fullmatch(part) else _inert_between(part) for part in _CALLED_PARTS.split(text) if part
    )


def _inert_between(part: str) -> str:
    """What stands around a link, with the spaces that set it off."""
    before = " " if part[0] == " " else ""
    after = " " if part[-1] == " " and part.strip() else ""
    return f"{before}{inert_lines(part)}{after}"


def escaped(text: str, *, at_start: bool) -> str:
    """Visible text on one line with what Markdown would read taken out of effect."""
    found = _ALWAYS.sub(lambda match: match["word"] or f"\\{match.group()}", text)
    found = _SOMETIMES.sub(r"\\\g<0>", found)
    if at_start and (opening := _AT_START.match(found)):
        number = _NUMBERED.match(found)
        cut = number.end() if number else opening.start()
        found = f"{found[:cut]}\\{found[cut:]}"
    return _ADDRESS.sub(rf"\g<0>{_BROKEN}", found)


def _seen(char: str) -> str:
    if unicodedata.category(char) not in _INVISIBLE or char in _KEPT_JOINERS or char == "\n":
        return char
    return " " if char.isspace() else ""
