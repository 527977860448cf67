"""The languages, and how a model is told which one to answer in."""

from __future__ import annotations

from typing import Final, Literal, get_args

Language = Literal["en", "es", "zh", "ar", "vi", "hi"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

ANSWER_IN: Final[dict[Language, str]] = {
    "es": "Answer in Spanish.",
    "zh": "Answer in simplified Chinese.",
    "ar": "Answer in Arabic.",
    "vi": "Answer in Vietnamese.",
    "hi": "Answer in Hindi.",
}
"""What a prompt says of the language; nothing for English, which it asks for anyway."""


def answered_in(system: str) -> Language:
    """The language that a prompt asks for."""
    return next((language for language, asked in ANSWER_IN.items() if asked in system), "en")


def browser_language(accepted: str) -> Language:
    """The first language of an `Accept-Language` header, in the browser's order; English if we do not have it."""
    first = accepted.partition(",")[0].partition(";")[0].partition("-")[0].strip().lower()
    return next((language for language in LANGUAGES if language == first), "en")
