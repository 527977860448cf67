"""Made-up secrets of every kind, each sown at one place only, so that a find names where it leaked from."""

from __future__ import annotations

import random
import re
import string
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from stdnum import luhn
from stdnum.au import tfn

FULL_WIDTH = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s.\-_/·]{1,3}(?=\d)")


@dataclass(frozen=True, slots=True)
class Secret:
    """`value` is what must be found nowhere: digits alone of a number, the text itself of anything else."""

    place: str
    value: str
    digits: bool = False


class Sower:
    """Makes secrets from a seed and remembers them."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.sown: list[Secret] = []

    def card(self, place: str, spell: Callable[[str], str] = str) -> str:
        """A card number with a right last digit, in a spelling (`SPELLINGS`)."""
        body = self._chance.choice("45") + self._digits(14)
        number = body + luhn.calc_check_digit(body)
        self.sown.append(Secret(f"card in {place}", number, digits=True))
        return spell(number)

    def tax_number(self, place: str) -> str:
        """A tax file number with a right checksum, in groups of three."""
        while not tfn.is_valid(number := str(self._chance.randrange(1, 10)) + self._digits(8)):
            pass
        self.sown.append(Secret(f"tax number in {place}", number, digits=True))
        return " ".join((number[:3], number[3:6], number[6:]))

    def word(self, place: str) -> str:
        """A password."""
        letters = "".join(self._chance.choices(string.ascii_letters, k=9))
        return self._text(f"password in {place}", f"{letters}7!{self._digits(2)}x")

    def code(self, place: str) -> str:
        """A one-time code of eight digits."""
        return self._text(f"one-time code in {place}", self._chance.choice("23456789") + self._digits(7))

    def bearer(self, place: str) -> str:
        """`Bearer` and a token."""
        return f"Bearer {self._text(f'bearer token in {place}', self._letters(40))}"

    def api_key(self, place: str) -> str:
        """A key as model endpoints give them out."""
        return self._text(f"API key in {place}", f"sk-proj-{self._letters(40)}")

    def _text(self, place: str, value: str) -> str:
        self.sown.append(Secret(place, value))
        return value

    def _digits(self, number: int) -> str:
        return "".join(self._chance.choices(string.digits, k=number))

    def _letters(self, number: int) -> str:
        return "".join(self._chance.choices(string.ascii_letters + string.digits, k=number))


def _grouped(number: str, between: str) -> str:
    return between.join(number[start : start + 4] for start in range(0, 16, 4))


SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "with spaces": lambda number: _grouped(number, " "),
    "with dashes": lambda number: _grouped(number, "-"),
    "full-width": lambda number: number.translate(FULL_WIDTH),
    "with zero-width characters": lambda number: "\u200b".join(number),
    "with soft hyphens and spaces": lambda number: _grouped(number, " \u00ad"),
}


def finds(secrets: list[Secret], haystack: bytes) -> Iterator[Secret]:
    """The secrets that a haystack holds, however they are spelt there."""
    texts = _readings(haystack)
    joined = [_BETWEEN_DIGITS.sub("", text) for text in texts]
    for secret in secrets:
        if any(secret.value in text for text in (joined if secret.digits else texts)):
            yield secret


def _readings(haystack: bytes) -> list[str]:
    """As it is, and with JSON's escapes undone, compatible characters folded and format characters left out."""
    text = haystack.decode("utf-8", "ignore")
    unescaped = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    folded = unicodedata.normalize("NFKC", unescaped)
    plain = "".join(character for character in folded if unicodedata.category(character) != "Cf")
    return [text] if plain == text else [text, plain]
