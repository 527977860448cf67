"""Which language a message is in: by its script, and in Latin letters by words that one language alone has.

A name says nothing of its writer's language: a word with a capital inside a sentence does not count, nor does what
stands in quotation marks.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable
from importlib import resources
from typing import Final

from ultracore.languages.values import Language

_MOST: Final = 600
"""Characters that are read: a language shows in the first sentence."""

_SCRIPTS: Final[tuple[tuple[Language, re.Pattern[str]], ...]] = (
    ("zh", re.compile("[\u3400-\u9fff]")),
    ("ar", re.compile("[\u0621-\u064a\u0671-\u06d3]+")),
    ("hi", re.compile("[\u0904-\u0939][\u0900-\u0963]*")),
)
# Two characters of Chinese are about a word.
_CHARACTERS_A_WORD: Final = 2
_QUOTED: Final = re.compile('["“«「『][^"”»」』]{1,200}["”»」』]')
_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_SENTENCE_START: Final = re.compile(r"(?:^|[.!?¿¡:\n])\W*$")
_VIETNAMESE_LETTER: Final = re.compile("[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
_VIETNAMESE_TOO: Final = re.compile("[àãõĩũèìòùý]")
_SPANISH_LETTER: Final = re.compile("ñ")
_ACCENT_OF_BOTH: Final = re.compile("[áíóú]")
_SPANISH_END: Final = re.compile("(?:cion|ciones|encia|encias|amente)$")
_WORDS: Final[dict[str, frozenset[str]]] = {
    language: frozenset(words.split())
    for language, words in tomllib.loads(
        resources.files(__package__).joinpath("data", "words.toml").read_text(encoding="utf-8")
    ).items()
}
# Bare Vietnamese syllables are words of other languages too ("the", "no", "la"), so that one says little.
_FEWEST: Final[dict[Language, int]] = {"es": 1, "vi": 2, "hi": 2}
_MANY: Final = 2
"""From so many words of a language on, the English ones that it borrows do not speak against it."""
_ALONE: Final[dict[str, Language]] = {"namaste": "hi", "dhanyavad": "hi", "shukriya": "hi"}


def language_of(text: str, before: Iterable[str] = ()) -> Language:
    """The language of a message. One that says nothing of it ("50", "City Power") is in that of the newest of the
    messages `before` it, given oldest first, which does; English if none does.
    """
    for said in (text, *reversed(list(before))):
        found = _told_by(said)
        if found is not None:
            return found
    return "en"


def _told_by(text: str) -> Language | None:
    text = _QUOTED.sub(" ", unicodedata.normalize("NFC", text[:_MOST]))
    counted = _latin(text)
    english = counted["en"] + counted["borrowed"]
    for language, script in _SCRIPTS:
        found = len(script.findall(text))
        size = -(-found // _CHARACTERS_A_WORD) if language == "zh" else found
        # "Send 50 to 李伟" is English, "转账50给City Power" is not.
        if size > english:
            return language
    best = max(_FEWEST, key=lambda one: counted[one])
    borrowed = counted["borrowed"] if counted[best] < _MANY else 0
    if counted[best] >= _FEWEST[best] and counted[best] > counted["en"] + borrowed:
        return best
    if english:
        return "en"
    return next((language for words, language in _ALONE.items() if words in text.casefold()), None)


def _latin(text: str) -> Counter[str]:
    counted: Counter[str] = Counter()
    if "¿" in text or "¡" in text:
        counted["es"] += 1
    words = list(_WORD.finditer(text))
    # "La Trobe Financial" is a name that was asked for.
    if len(words) > 1 and all(match[0][0].isupper() for match in words):
        return counted
    for match in words:
        word = match[0]
        if word[0].isupper() and not (word.isupper() and len(word) == 1) and _is_inside(text, match.start()):
            continue
        for language in _languages_with(word.casefold().replace("'", "").replace("\u2019", "")):
            counted[language] += 1
    return counted


def _is_inside(text: str, place: int) -> bool:
    return _SENTENCE_START.search(text[max(place - 8, 0) : place]) is None


def _languages_with(word: str) -> list[str]:
    if not word.isascii():
        # One such letter is as telling as two of the bare syllables.
        if _VIETNAMESE_LETTER.search(word):
            return ["vi", "vi"]
        if _VIETNAMESE_TOO.search(word):
            return ["vi"]
        if _SPANISH_LETTER.search(word):
            return ["es"]
        if _ACCENT_OF_BOTH.search(word):
            return ["es", "vi"]
    bare = "".join(one for one in unicodedata.normalize("NFD", word) if not unicodedata.combining(one))
    # "The" and "on" are Vietnamese without its marks as well, and English far more often.
    if word in _WORDS["en"]:
        return ["en"]
    found = [language for language, words in _WORDS.items() if bare in words]
    return found or (["es"] if _SPANISH_END.search(bare) else [])
