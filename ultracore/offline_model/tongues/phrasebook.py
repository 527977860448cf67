"""The words that mean something in a language, and the demo model's sentences in it: a TOML file each."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from ultracore.languages import Language

_ARABIC: Final = str.maketrans("أإآٱىة", "اااايه", "\u0640")
_NUKTA: Final = str.maketrans({"\u093c": None, "\u0901": "\u0902"})


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """One language. `words` are patterns over folded text, by what they mean; `sentences` may have `{places}`."""

    language: Language
    words: Mapping[str, re.Pattern[str]]
    sentences: Mapping[str, str]

    def means(self, text: str, meaning: str) -> bool:
        """True if a text says this, and nothing that takes it back."""
        plain = folded(text, self.language)
        but = self.words.get(f"not_{meaning}")
        return bool(self.words[meaning].search(plain)) and not (but and but.search(plain))


@cache
def phrasebook(language: Language) -> Phrasebook:
    """The book of a language other than English."""
    file = resources.files(__package__).joinpath(f"{language}.toml")
    read = tomllib.loads(file.read_text(encoding="utf-8"))
    words = {meaning: re.compile("|".join(patterns)) for meaning, patterns in read["words"].items()}
    return Phrasebook(language, words, read["sentences"])


def folded(text: str, language: Language) -> str:
    """The text in one spelling: Spanish and Vietnamese without accents, Arabic and Hindi in one form a letter."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    if language in ("es", "vi"):
        bare = unicodedata.normalize("NFD", plain)
        return "".join(one for one in bare if not unicodedata.combining(one)).replace("đ", "d")
    return plain.translate(_ARABIC if language == "ar" else _NUKTA)
