"""A composed English sentence of ours, such as a receipt's, in another language: found again by its form.

The ledger, the model's history and the desks keep the English sentence. What a customer is shown is made from it
here, so that no sentence is composed twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from ultracore.languages.catalogue import catalogue, told
from ultracore.languages.composed import FORMS
from ultracore.languages.values import LANGUAGES, Language

AMOUNT: Final = r"-?[A-Z]{3} \d[\d,]*\.\d\d"
_NAME: Final = r"“[^”]*”"
_RECEIPT: Final = "R-[A-Z]{5}-[A-Z]{5}"
# What may stand in a place. A name lies in its quotation marks, so that no name reads like the words around it.
_PLACES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("amount", "balance", "fee", "total"), AMOUNT),
    "payee": rf"{_NAME} \([^()]*\)",
    "receipt": _RECEIPT,
    "digits": r"\d+",
    "count": r"\d+",
    "rate": r"\d+(?:\.\d+)?",
    "clock": r"[\d:]+",
    "when": r"\d{1,2}:\d\d [ap]m(?: on \d{1,2} \w{3} \d{4})?",
    "reference": r"[\w-]+",
    "sentence": r"\S.*",
    "value": r"\S.*",
    "before": r"\S.*",
    "account": r"[^“”]+ ··\d+",
}
_PAYEE: Final = re.compile(rf"({_NAME} \()([^()]*?)((?: ··\d+)?\))")
_PLACE: Final = re.compile(r"{(\w+)}")


def retold(sentence: str, language: Language) -> str:
    """The sentence in the language, the amounts in their one form with a blank that does not break.

    An English sentence that the catalogue does not hold stays as it is.
    """
    if language == "en":
        return sentence
    if (whole := told(sentence, language)) != sentence:
        return whole
    if re.fullmatch(AMOUNT, sentence):
        return sentence.replace(" ", "\u00a0")
    if payee := _PAYEE.fullmatch(sentence):
        return f"{payee[1]}{told(payee[2], language)}{payee[3]}"
    for form, english in _forms():
        if found := form.fullmatch(sentence):
            places = {name: retold(value, language) for name, value in found.groupdict().items()}
            return told(english, language).format(**places)
    return sentence


@cache
def _forms() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The English sentences with places, as patterns; the most particular one first."""
    known = sorted(FORMS, key=lambda english: len(_PLACE.sub("", english)), reverse=True)
    return tuple((re.compile(_pattern(english), re.DOTALL), english) for english in known)


def _pattern(english: str) -> str:
    parts = _PLACE.split(english)
    parts[::2] = map(re.escape, parts[::2])
    parts[1::2] = [f"(?P<{name}>{_PLACES[name]})" for name in parts[1::2]]
    return "".join(parts)


def original(words: str) -> str:
    """The English words that a customer was shown as these; the words themselves if they are none of ours."""
    return _originals().get(words, words)


@cache
def _originals() -> Mapping[str, str]:
    others = (language for language in LANGUAGES if language != "en")
    return {shown: english for language in others for english, shown in catalogue(language).items()}
