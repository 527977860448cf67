"""In which of our languages a text can be written: by its letters, and in Latin letters by its small words."""

from __future__ import annotations

import re
from typing import Final

from ultracore.ai.care.normal import has_spanish_letters, has_vietnamese_letters, without_marks
from ultracore.ai.care.romanised import may_be_hindi
from ultracore.ai.care.values import Language

_SCRIPTS: Final[tuple[tuple[re.Pattern[str], Language], ...]] = (
    (re.compile("[\u3400-\u9fff]"), "zh"),
    (re.compile("[\u0600-\u06ff]"), "ar"),
    (re.compile("[\u0900-\u097f]"), "hi"),
)
_ENGLISH_WORD: Final = re.compile("[a-zA-Z]{4}")
_WORD: Final = re.compile(r"[^\W\d_]+")
_SPANISH_VOWELS: Final = re.compile("[áéíóúÁÉÍÓÚ]")
_LATIN: Final[tuple[Language, ...]] = ("en", "es", "vi", "hi")
# Words that are small, frequent and of one language. What is a word of two languages here ("no", "me", "is",
# "the", which Hindi has too) says nothing.
_SMALL: Final[dict[Language, frozenset[str]]] = {
    "en": frozenset(
        "i im ive my and of for with you your how what why when dont cant not this that have has been it on "
        "will want he she they from are was".split()
    ),
    "es": frozenset(
        "el la los las que un una mi mis es esta por para lo le ya yo su si cuanto como quiero tengo del al "
        "muy pero mas q de en se nos hay estoy puedo".split()
    ),
    "vi": frozenset(
        "toi khong ko minh anh chong ban nguoi cua duoc dc muon bi roi nay khi tien tui hang cai nha viec tra "
        "giup den vay qua chet song nua bat xin noi ngay".split()
    ),
}


def languages_of(text: str) -> tuple[Language, ...]:
    """The languages that a text can be in, the likeliest first."""
    for script, language in _SCRIPTS:
        if script.search(text):
            return (language, "en") if _ENGLISH_WORD.search(text) else (language,)
    if has_spanish_letters(text):
        return ("es", "en")
    if has_vietnamese_letters(_SPANISH_VOWELS.sub("", text)):
        return ("vi", "en")
    if has_vietnamese_letters(text):
        return ("vi", "en", "es")
    found = [one for one in _LATIN if _has_small_words(text, one)]
    # Somebody in despair may write two words, none of them small: then every language is tried.
    return ("en", *(one for one in found if one != "en")) if found else _LATIN


def is_plain(text: str, language: Language) -> bool:
    """True when a text in Vietnamese or Hindi is typed in bare Latin letters."""
    if language == "vi":
        return not has_vietnamese_letters(text)
    return language == "hi" and _SCRIPTS[-1][0].search(text) is None


def _has_small_words(text: str, language: Language) -> bool:
    told = without_marks(text.lower())
    if language == "hi":
        return may_be_hindi(told)
    return not _SMALL[language].isdisjoint(_WORD.findall(told.replace("'", "").replace("\u2019", "")))
