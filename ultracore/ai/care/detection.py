"""Whether a message says that somebody is in need: by phrases that people can read, and a classifier beside them.

No language model is asked.
"""

from __future__ import annotations

from functools import cache

from ultracore.ai.care.classifier import likely_kind, weights
from ultracore.ai.care.languages import is_plain, languages_of
from ultracore.ai.care.normal import normal, spoken
from ultracore.ai.care.phrases import PhraseBook, read_phrases, shipped
from ultracore.ai.care.romanised import spelt_alike
from ultracore.ai.care.values import LANGUAGES, CareKind, Language, Need


def find_need(text: str) -> Need | None:
    """What the writer of a message needs, or `None`. Quotations and payees' names say nothing of the writer."""
    told = spoken(text)
    needs: dict[Language, frozenset[str]] = {}
    for language in languages_of(told):
        plain = is_plain(told, language)
        read = normal(told, language)
        needs[language] = _book(language, plain=plain).found(
            spelt_alike(read) if plain and language == "hi" else read
        )
    language = max(needs, key=lambda one: len(needs[one]), default="en")
    found = frozenset[str]().union(*needs.values())
    # After the phrases: what they find stays, and the classifier adds what is told in other words.
    likely = likely_kind(told)
    if likely is not None:
        found |= {likely}
    if not found:
        return None
    return Need(tuple(kind for kind in CareKind if kind in found), language)


def warm_up() -> None:
    """Read all phrases and the classifier's weights now: the first message in need does not wait for it."""
    for language in LANGUAGES:
        _book(language, plain=False)
    _book("vi", plain=True)
    _book("hi", plain=True)
    weights()


@cache
def _book(language: Language, *, plain: bool) -> PhraseBook:
    phrases = shipped(f"{language}.txt")
    if plain and language == "hi":
        phrases = f"{phrases}\n{shipped('hi_plain.txt')}"
    return read_phrases(phrases, language, plain=plain)
