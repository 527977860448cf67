"""Names that a person cannot tell apart, by the tables of Unicode's technical standard 39."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

_TOGETHER: Final = {
    "HAN": frozenset({"HAN", "JAPANESE", "KOREAN"}),
    "HIRAGANA": frozenset({"JAPANESE"}),
    "KATAKANA": frozenset({"JAPANESE"}),
    "HANGUL": frozenset({"KOREAN"}),
}
"""Japanese and Korean are each written in several scripts."""
_LEFT_TO_RIGHT: Final = "\u200e"


def of_one_script(text: str) -> bool:
    """True if all letters belong to one way of writing; digits, marks and blanks belong to each."""
    # Imported here: the package reads its tables, a megabyte of JSON, as soon as it is imported.
    from confusable_homoglyphs import categories

    names = {categories.alias(character) for character in text} - {"COMMON", "INHERITED"}
    ways = [_TOGETHER.get(name, frozenset({name})) for name in names]
    return not ways or bool(frozenset.intersection(*ways))


def look_alike(one: str, other: str) -> bool:
    """True if a person could take one for the other: shapes count; case, blanks, accents and dots do not."""
    return not shapes(one).isdisjoint(shapes(other))


def shapes(text: str) -> frozenset[str]:
    """The shapes of a text, as written and in small letters: `I` is an `l` in the one, an `i` in the other."""
    return frozenset(_shape(form) for form in (text, text.casefold()))


def _shape(text: str) -> str:
    prototypes = _prototypes()
    # NFD after NFKC takes accents off their letters, so that they can be left out.
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text))
    letters = (character for character in plain if unicodedata.category(character)[0] in "LN")
    return "".join(prototypes.get(character, character) for character in letters).casefold()


@cache
def _prototypes() -> Mapping[str, str]:
    """For each character with doubles one and the same text for it and all of them, such as `rn` for `m`."""
    from confusable_homoglyphs import confusables

    table: Mapping[str, Iterable[Mapping[str, str]]] = confusables.confusables_data
    found: dict[str, str] = {}
    for start in table:
        if start in found:
            continue
        family, waiting = set[str](), [start]
        while waiting:
            member = waiting.pop()
            if member not in family:
                family.add(member)
                waiting += [double["c"] for double in table.get(member, ())]
        found |= dict.fromkeys(family, _prototype(family))
    # Of several letters each one has a prototype of its own.
    spelled = {key: "".join(found.get(letter, letter) for letter in value) for key, value in found.items()}
    return {key: value for key, value in spelled.items() if len(key) == 1}


def _prototype(family: set[str]) -> str:
    plain = {member.replace(_LEFT_TO_RIGHT, "") for member in family}
    return min(plain, key=lambda member: (not member.isascii(), -len(member), member))
