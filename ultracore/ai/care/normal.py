"""Text in one form, so that a phrase is written once: case, accents, marks and invisible characters are gone.

A normal text is a row of words, each with a space in front; a comma and the end of a sentence are words of their
own. Chinese is written without the spaces.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from ultracore.ai.care.values import Language

_MOST: Final = 800
"""Characters that are read at each end of a message. What somebody needs is not hidden behind pages of text."""

_QUOTATION: Final = ('""', "\u201c\u201d", "\u00ab\u00bb", "\u300c\u300d", "\u300e\u300f", "\u300a\u300b")
_QUOTED: Final = re.compile("|".join(f"{one[0]}[^{one[1]}]{{1,200}}{one[1]}" for one in _QUOTATION))
# Somebody or something is paid or added, by a name in capitals: "send $25 to Kill Bill Video Rentals".
_PAYING: Final = (
    "pay|send|transfer|donate|add|payee|charge|charged|called|named|from|paga|envía|transfiere|dona|añade|trả|chuyển|"
    "quyên"
)
_JOINING: Final = "of|and|the|for|de|del|la|las|los|y|&"
_PAID: Final = re.compile(
    rf"\b(?i:{_PAYING})\b(?:\s+(?:[^\s.!?A-Z]|\.(?=\d))+){{0,6}}"
    rf"((?:\s+(?!(?:I|My|Me|Myself)\b)[A-ZÀ-Þ][\w&'-]*(?:\s+(?:{_JOINING}))?){{2,}})"
)
_APOSTROPHES: Final = re.compile("(?<=\\w)['\u2019\u02bc`\u00b4](?=\\w)")
_COMMAS: Final = re.compile("[;:,\n\r()\\[\\]\uff1b\uff1a\uff0c\u3001\u061b\u060c\u2014\u2013/|]+")
_ENDS: Final = re.compile("[.!?\u2026\u0964\u0965\u3002\uff01\uff1f\u061f]+")
# Vowel signs of Devanagari are marks, which `\w` leaves out.
_NOT_A_WORD: Final = re.compile(r"[^\w.,\u0900-\u0963\u0966-\u097f]+")
# Chinese is written without spaces: one stands in a chat where a comma would.
_BETWEEN_HAN: Final = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")
_SPACES: Final = re.compile(r"\s+")
_ARABIC: Final = str.maketrans("أإآٱىةؤئ", "ااااي" + "هوي")
_ARABIC_MARKS: Final = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u0640]")
_HINDI: Final = str.maketrans({"\u0901": "\u0902", "\u093c": None})
# Words of Spanish as they are typed in a chat.
_TYPED: Final = {
    "q": "que", "k": "que", "pa": "para", "pq": "porque", "xq": "porque", "x": "por", "d": "de", "toy": "estoy"
}  # fmt: skip
_K: Final = re.compile(r"\bk(?=[ei])")
_VIETNAMESE: Final = re.compile("[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]")
_SPANISH: Final = re.compile("[ñ¿¡]")


def spoken(text: str) -> str:
    """What the writer says themselves: a long text's middle, quotations and names of payees are left out."""
    if len(text) > 2 * _MOST:
        text = f"{text[:_MOST]}. {text[-_MOST:]}"
    text = _QUOTED.sub(" . ", text)
    return _PAID.sub(lambda found: found[0].replace(found[1], " x "), text)


@lru_cache(maxsize=64)
def normal(text: str, language: Language) -> str:
    """The normal form, beginning and ending with a full stop."""
    told = letters(text, language)
    told = _ENDS.sub(" . ", _COMMAS.sub(" , ", _APOSTROPHES.sub("", told)))
    told = _NOT_A_WORD.sub(" ", told)
    if language == "es":
        told = " ".join(_TYPED.get(word, word) for word in _K.sub("qu", told).split())
    if language == "zh":
        return f".{_SPACES.sub('', _BETWEEN_HAN.sub(',', told))}."
    return " " + " ".join([".", *told.split(), "."])


def letters(text: str, language: Language) -> str:
    """The letters of a text, or of a phrase, as they are compared in a language."""
    if text.isascii():
        return text.lower()
    told = "".join(one for one in unicodedata.normalize("NFKC", text).casefold() if _seen(one))
    if language in ("en", "es"):
        return without_marks(told)
    if language == "ar":
        return _ARABIC_MARKS.sub("", told.translate(_ARABIC))
    if language == "hi":
        return unicodedata.normalize("NFC", unicodedata.normalize("NFD", told).translate(_HINDI))
    return told


def without_marks(text: str) -> str:
    """Latin letters without their accents."""
    if text.isascii():
        return text
    bare = "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))
    return bare.replace("đ", "d")


def has_vietnamese_letters(text: str) -> bool:
    """True when a text in Latin letters is written with the marks of Vietnamese."""
    return len(_VIETNAMESE.findall(unicodedata.normalize("NFC", text.casefold()))) > 0


def has_spanish_letters(text: str) -> bool:
    """True for letters and marks that of our languages Spanish alone has."""
    return _SPANISH.search(text.casefold()) is not None


def _seen(character: str) -> bool:
    return unicodedata.category(character) not in ("Cf", "Co", "Cn")
