"""Whether a message says that somebody is in need: by code and phrases that people can read, without a model."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from ultracore.ai.care.normal import has_spanish_letters, has_vietnamese_letters, normal, spoken
from ultracore.ai.care.phrases import PhraseBook, read_phrases, shipped
from ultracore.ai.care.values import LANGUAGES, CareKind, Language, Need

_HAN: Final = re.compile("[\u3400-\u9fff]")
_ARABIC: Final = re.compile("[\u0600-\u06ff]")
_DEVANAGARI: Final = re.compile("[\u0900-\u097f]")
_LATIN: Final[tuple[Language, ...]] = ("en", "es", "vi", "hi")


def find_need(text: str) -> Need | None:
    """What the writer of a message needs, or `None`. Quotations and payees' names say nothing of the writer."""
    told = spoken(text)
    needs: dict[Language, frozenset[str]] = {}
    for language in languages_of(told):
        needs[language] = _book(language, plain=_is_plain(told, language)).found(normal(told, language))
    language = max(needs, key=lambda one: len(needs[one]), default="en")
    found = frozenset[str]().union(*needs.values())
    if not found:
        return None
    return Need(tuple(kind for kind in CareKind if kind in found), language)


def languages_of(text: str) -> tuple[Language, ...]:
    """The languages that a text can be in, the likeliest first."""
    for script, language in ((_HAN, "zh"), (_ARABIC, "ar"), (_DEVANAGARI, "hi")):
        if script.search(text):
            return (language, "en") if re.search("[a-zA-Z]{4}", text) else (language,)  # type: ignore[return-value]
    if has_spanish_letters(text):
        return ("es", "en")
    return ("vi", "en", "es") if has_vietnamese_letters(text) else _LATIN


def warm_up() -> None:
    """Read all phrases now: the first message in need does not wait for it."""
    for language in LANGUAGES:
        _book(language, plain=False)
    _book("vi", plain=True)
    _book("hi", plain=True)


def _is_plain(text: str, language: Language) -> bool:
    if language == "vi":
        return not has_vietnamese_letters(text)
    return language == "hi" and _DEVANAGARI.search(text) is None


@cache
def _book(language: Language, *, plain: bool) -> PhraseBook:
    name = f"{language}_plain" if plain and language == "hi" else language
    return read_phrases(shipped(f"{name}.txt"), language, plain=plain)
