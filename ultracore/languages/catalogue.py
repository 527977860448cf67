"""Our own sentences in the other languages: a TOML file each, by the English sentence."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from ultracore.languages.values import Language


def told(sentence: str, language: Language) -> str:
    """The sentence in a language, with the same `{places}`; the English one if the catalogue does not hold it."""
    return sentence if language == "en" else catalogue(language).get(sentence, sentence)


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """All sentences of a language other than English, by the English ones."""
    file = resources.files(__package__).joinpath("data", f"{language}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))
