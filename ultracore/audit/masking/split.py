"""A card number in pieces: the end of one message and the beginning of the next.

Amounts, account numbers, telephones and references are digits at the end of a message too. So the first piece is
replaced only if it is plainly the beginning of a card number: three groups of four or more, twelve digits in a
row, or two groups of four in a sentence about a card. The next message's digits are replaced if both together
are a card number by length, first digits, groups and checksum. What can stay readable of one that is written in
groups is its first eight and its last four digits at most, which is what a bank may keep of one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from stdnum import luhn

from ultracore.audit.masking.text import plain_digits, visible

CARD_START: Final = "[beginning of a card number]"

# ISO/IEC 7812 allows no longer card number.
_MOST_DIGITS: Final = 19
_LONGEST_TAIL: Final = 100
"""Characters at the end of a message among which its last digits are."""
_FEWEST_AS_START: Final = 9
_FEWEST_WITH_WORD: Final = 8
_FEWEST_IN_A_ROW: Final = 12
_GROUP: Final = 4
_RUN: Final = r"[0-9]+(?:[ \-\u00a0\u2010-\u2015]{1,3}[0-9]+)*"
_GAP: Final = r"[^0-9A-Za-z$%\[\]]"
_SMALL_WORD: Final = (
    r"(?i:and|then|the|first|last|rest|other|half|part|is|are|so|far|next|wait|digits?|numbers?|it's|it|here)\b"
)
_TAIL: Final = re.compile(
    rf"(?<![0-9A-Za-z$.,/:_+-])(?<![$] )({_RUN})(?![0-9])(?:{_GAP}{{1,4}}{_SMALL_WORD}){{0,5}}{_GAP}{{0,8}}\Z"
)
_HEAD: Final = re.compile(
    rf"\A{_GAP}{{0,8}}(?:{_SMALL_WORD}{_GAP}{{1,4}}){{0,5}}({_RUN})(?![0-9A-Za-z%/_]|[.,:][0-9])"
)
_DIGITS: Final = re.compile(r"[0-9]+")
_ABOUT_A_CARD: Final = re.compile(
    r"(?i)\b(?:card|visa|mastercard|amex|american express|debit|credit|eftpos|pan)\b"
)
_OTHER_NUMBER: Final = re.compile(
    r"(?i)\b(?:bsb|account|acct?|receipt|ref(?:erence)?|biller|crn|phone|mobile|tel|call|ring|amount|pay|paid|send|"
    r"transfer|aud|number of|invoice|order|ticket|case)\b[^0-9]{0,24}\Z"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """The digits at the end of a message, and the sizes of their groups."""

    digits: str
    sizes: tuple[int, ...]


def mask_in_pieces(text: str, before: Piece | None) -> tuple[str, Piece | None]:
    """A masked message as it may be kept after one that ended with `before`, and what it ends with itself."""
    text = visible(text)
    head = _HEAD.match(plain_digits(text)) if before is not None else None
    if before is not None and head is not None:
        joined = _joined(before, _piece(head[1]))
        if _is_card(joined):
            text = f"{text[: head.start(1)]}[card ending {joined.digits[-4:]}]{text[head.end(1) :]}"
    return _without_start(text)


def _without_start(text: str) -> tuple[str, Piece | None]:
    tail = _TAIL.search(plain_digits(text), max(0, len(text) - _LONGEST_TAIL))
    if tail is None:
        return text, None
    said, piece = text[: tail.start(1)], _piece(tail[1])
    if len(piece.digits) > _MOST_DIGITS or _OTHER_NUMBER.search(said):
        return text, None
    if _begins_card(piece, said):
        text = f"{said}{CARD_START}{text[tail.end(1) :]}"
    return text, piece


def _piece(run: str) -> Piece:
    groups = _DIGITS.findall(run)
    return Piece("".join(groups), tuple(len(group) for group in groups))


def _joined(first: Piece, second: Piece) -> Piece:
    """If the cut went through a group, both parts are one group again."""
    sizes = (*first.sizes, *second.sizes)
    if first.sizes[-1] % _GROUP and len(first.sizes) > 1:
        sizes = (*first.sizes[:-1], first.sizes[-1] + second.sizes[0], *second.sizes[1:])
    return Piece(first.digits + second.digits, sizes)


def _begins_card(piece: Piece, said: str) -> bool:
    count = len(piece.digits)
    if piece.digits[0] not in "23456" or _is_round(piece):
        return False
    if len(piece.sizes) == 1:
        return count >= _FEWEST_IN_A_ROW
    if piece.sizes[:2] == (4, 6):
        return True
    in_fours = all(size == _GROUP for size in piece.sizes[:-1]) and piece.sizes[-1] <= _GROUP
    about_card = _ABOUT_A_CARD.search(said) is not None
    return in_fours and count >= (_FEWEST_WITH_WORD if about_card else _FEWEST_AS_START)


def _is_round(piece: Piece) -> bool:
    """`3600 2500 1200` are amounts."""
    ends = [sum(piece.sizes[: place + 1]) for place in range(len(piece.sizes))]
    return all(piece.digits[end - 2 : end] == "00" for end in ends)


def _is_card(number: Piece) -> bool:
    """By the lengths and first digits that are in use, the groups in which people write, and the checksum."""
    digits = number.digits
    if len(digits) == 16:
        begins = digits[0] in "3456" or "2221" <= digits[:4] <= "2720"
    elif len(digits) == 15:
        begins = digits[:2] in ("34", "37")
    elif len(digits) == 14:
        begins = digits[:2] in ("30", "36", "38", "39")
    else:
        begins = len(digits) == _MOST_DIGITS and digits[0] in "56"
    return begins and _is_grouped(number.sizes) and bool(luhn.is_valid(digits))


def _is_grouped(sizes: tuple[int, ...]) -> bool:
    """Groups of four and what is left of one, Amex's and Diners' groups, or one or two rows of digits."""
    fours = all(size % _GROUP == 0 for size in sizes[:-1])
    return len(sizes) <= 2 or fours or sizes[:2] == (4, 6)
