"""Hindi in Latin letters: one spelling for the many that people type, and Devanagari written that way.

People type Hindi in Latin letters by no rule: *nahi*, *nahin* and *nhi* are one word. So the phrases are written
once, in Devanagari; they and a message are brought into the same spelling before they are compared.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_CONSONANTS: Final = dict(
    zip(
        "कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहळ",
        "k kh g gh n ch ch j jh n t th d dh n t th d dh n p f b bh m y r l v sh sh s h l".split(),
        strict=True,
    )
)
_VOWELS: Final = dict(zip("अआइईउऊऋएऐओऔऑऍ", "a a i i u u ri e ai o au o e".split(), strict=True))
_SIGNS: Final = dict(zip("ािीुूृेैोौॉॅ", "a i i u u ri e ai o au o e".split(), strict=True))
_NASAL: Final = "\u0902\u0901"
_SILENT: Final = "\u094d"
_LATIN: Final = re.compile("[a-z]+")
_DEVANAGARI: Final = re.compile("[\u0900-\u097f]+")
# A short vowel between two syllables is written but not spoken: करना is "karna", not "karana".
_ONE: Final = "(?:[kgcjtdbp]h|sh|[^aeiou#])"
_UNSPOKEN: Final = re.compile(f"(?<=[aeiou#])({_ONE})#(?={_ONE}[aeiou])")
# Each in turn: letters that are typed in several ways, then the ends of words.
_SAME: Final = tuple(
    (re.compile(pattern), to)
    for pattern, to in (
        ("ph", "f"),
        ("w", "v"),
        ("z", "j"),
        ("q", "k"),
        ("a{2,}", "a"),
        ("ee+|ii+|ea(?=n$)", "i"),
        ("oo+|uu+", "u"),
        ("ch+h|chch+", "ch"),
        (r"([^aeiou])\1+", r"\1"),
        ("(?<=[aeiou])y(?=[ei])", ""),
        ("eh", "ah"),
        ("(?<=[aeiou])h$", ""),
        ("(?<=..)on$", "o"),
        ("un$", "u"),
        ("(?<=...)ein$|(?<=..[^aeiou])en$", "e"),
        ("yan$", "ya"),
    )
)
_WORDS: Final = {
    "main": "mai", "mein": "me", "hain": "hai", "he": "hai", "nahin": "nahi", "nhi": "nahi", "nai": "nahi",
    "nahee": "nahi", "yah": "ye", "yeh": "ye", "vah": "vo", "woh": "vo", "wo": "vo", "bahen": "bahan",
    "jaher": "jahar", "jhut": "jhuth", "khatam": "khatm", "bachho": "bacho", "mujhko": "mujhe", "muje": "mujhe",
    "loan": "lon", "bank": "baink", "code": "kod", "card": "kard", "phone": "fon", "call": "kol",
    "police": "pulis", "photo": "foto", "video": "vidio", "password": "pasvard", "account": "akaunt",
    "online": "onlain", "blackmail": "blaikmel", "suicide": "susaid", "tax": "taiks", "safe": "surakshit",
    "husband": "pati", "wife": "patni", "biwi": "patni", "bivi": "patni", "note": "not",
    "boyfriend": "boyfrend", "girlfriend": "garlfrend", "partner": "partnar", "khudkhushi": "khudkushi",
    "salary": "vetan", "rent": "kiraya", "emi": "kist", "message": "maisej", "number": "nambar",
}  # fmt: skip
_SURE: Final = frozenset(
    "hai hu nahi mujhe mera meri mere raha rahi rahe kya gaya gayi gai gae karo karna karu kaise kab "
    "kahan maine mai apni apna apne aur vo bhi dunga dungi lunga jaunga usne unke uska unka hamara hamari "
    "hum paise karke chahie chahta chahti sab kuch koi bahut abhi aaj kal liya diya bola bolo batana "
    "bharu bharo dena lena".split()
)
_LIKELY: Final = frozenset("ka ki ke ko se ne me par to tha thi ho jo na do de ab".split())


def spelt_alike(text: str) -> str:
    """A text in which each word in Latin letters has the one spelling."""
    return _LATIN.sub(lambda found: _word(found[0]), text)


def in_latin(text: str) -> str:
    """A text with its words in Devanagari written in Latin letters, in the one spelling."""
    return _DEVANAGARI.sub(lambda found: _word(_transliterated(found[0])), text)


def may_be_hindi(text: str) -> bool:
    """True when a text in Latin letters has small words of Hindi: one that is of Hindi alone, or two."""
    words = {_word(one) for one in _LATIN.findall(text)}
    return bool(words & _SURE) or len(words & _LIKELY) > 1


@lru_cache(maxsize=16_384)
def _word(word: str) -> str:
    word = _WORDS.get(word, word)
    for pattern, to in _SAME:
        word = pattern.sub(to, word)
    return _WORDS.get(word, word)


def _transliterated(word: str) -> str:
    """`#` stands for the vowel of a consonant that has no sign, until it is known whether it is spoken."""
    told = ""
    for at, letter in enumerate(word):
        if letter in _CONSONANTS:
            after = word[at + 1 : at + 2]
            told += _CONSONANTS[letter] + ("" if after in _SIGNS or after == _SILENT else "#")
        elif letter in _NASAL:
            told += "n" if at + 1 < len(word) else ""
        else:
            told += _VOWELS.get(letter, "") + _SIGNS.get(letter, "")
    told = re.sub("#$", "", told) if len(told) > 2 else told
    return _UNSPOKEN.sub(r"\1", told.replace("#n", "an") if told.startswith("#") else told).replace("#", "a")
