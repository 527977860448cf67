"""Whether somebody wants a person instead of us, or wants to complain, and what they are told then."""

from __future__ import annotations

from enum import StrEnum
from functools import cache

from ultracore.ai.care.helplines import CareBook
from ultracore.ai.care.normal import normal, spoken
from ultracore.ai.care.phrases import PhraseBook, read_phrases, shipped


class PersonWish(StrEnum):
    """The reason of the hand-over on the record. What a message asks for first in this order counts."""

    COMPLAINT = "person.complaint"
    CALL = "person.call"
    PERSON = "person.wanted"


def find_wish(text: str) -> PersonWish | None:
    """What a message asks for, when it asks for the bank's own people."""
    found = _book().found(normal(spoken(text), "en"))
    return next((wish for wish in PersonWish if wish.name.lower() in found), None)


def person_text(wish: PersonWish, book: CareBook, reference: str) -> str:
    """How to reach a person, and the reference by which they find this conversation."""
    known = f"Please give them this reference: Ref {reference}. It leads them to this conversation."
    if wish is not PersonWish.COMPLAINT:
        lead = "I can't ring you myself. " if wish is PersonWish.CALL else ""
        return f"{lead}To speak to a person, {book.people}. {known}"
    told = (
        f"I'm sorry that something went wrong. To complain, {book.people}: a person takes it down and tells you "
        f"when you will hear from us. {known}"
    )
    if book.complaints is None:
        return told
    return f"{told}\n\nIf our answer does not settle it, this is free and independent of us: {book.complaints}"


@cache
def _book() -> PhraseBook:
    return read_phrases(shipped("person.txt"), "en")
