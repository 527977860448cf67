"""The questions of one message, and what earlier messages say about the last of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from ultracore.offline_model.abilities import find_ability
from ultracore.offline_model.ability import Ability
from ultracore.offline_model.asking import Ask, asked_for
from ultracore.offline_model.domains import purpose_in
from ultracore.offline_model.elsewhere import is_elsewhere
from ultracore.offline_model.language import (
    Intent,
    begins_with_a_transfer,
    find_amounts,
    intent_of,
    is_correction,
    is_follow_up,
    kinds_named,
    names_a_destination,
)
from ultracore.offline_model.wire import Exchange

_JOINT = re.compile(
    r"(?:[?.!;]+\s+(?:and |also |oh and |then )*|\s*,?\s+(?:and also|and then|and|also|then|plus|oh and"
    r"|as well as)\s+"
    r"|,\s+)",
    re.I,
)
_FIGURE = re.compile(r"\d")
_GENERAL = (Intent.BALANCE, Intent.TRANSFER, Intent.PAYEES)
_NEW_SUBJECTS = (*_GENERAL, Intent.CANCEL, Intent.APPROVAL, Intent.IDENTITY, Intent.HELP, Intent.CASH)
_PASSING = (Intent.APPROVAL, Intent.THANKS, Intent.IDENTITY, Intent.GREETING)


@dataclass(frozen=True, slots=True)
class Part:
    """One question. `ability` is None if it is of the general kind: balances, transfers, payees, small talk.

    `texts` are the messages that say what is asked, oldest first; the last one is its own words.
    """

    texts: tuple[str, ...]
    ability: Ability | None

    @property
    def text(self) -> str:
        """Its own words."""
        return self.texts[-1]

    @property
    def intent(self) -> Intent:
        """Its general subject."""
        return intent_of(self.text)

    @property
    def has_subject(self) -> bool:
        """True if it can be answered on its own."""
        return self.ability is not None or self.intent in _GENERAL


@lru_cache(maxsize=1024)
def parts_of(text: str) -> tuple[Part, ...]:
    """The questions of a message in their order; one if it does not clearly ask several."""
    whole = Part((text,), find_ability(text))
    if whole.ability is not None and whole.ability.whole:
        return (whole,)
    parts = _merged(_pieces(text))
    transfers = [part for part in parts if part.ability is None and part.intent is Intent.TRANSFER]
    # Two transfers are told apart only if each says for itself how much and where to. Read as one, they have two
    # amounts, which is asked about.
    if len(parts) < 2 or (len(transfers) > 1 and not all(_is_whole_transfer(part.text) for part in transfers)):
        return (whole,)
    return tuple(_with_context(parts))


def _is_whole_transfer(text: str) -> bool:
    return len(find_amounts(text)) == 1 and names_a_destination(text) and begins_with_a_transfer(text)


def frames_of(exchanges: Sequence[Exchange]) -> list[Part | None]:
    """For each exchange, the ability's question that it asks or goes on with, with all that was said to it."""
    frames: list[Part | None] = []
    open_part: Part | None = None
    before = ""
    for exchange in exchanges:
        part = _next_part(open_part, exchange.user, asked_for(before))
        frames.append(part)
        if part is not None or intent_of(exchange.user) not in _PASSING:
            open_part = part
        before = exchange.assistant
    return frames


def transfer_words(text: str, frame: Part | None) -> str | None:
    """What of a message may be about a transfer: the part that asks for one, else all of it.

    None if the message belongs to an ability.
    """
    if frame is not None and len(frame.texts) > 1:
        return None
    parts = parts_of(text)
    asked = [part.text for part in parts if part.ability is None and part.intent is Intent.TRANSFER]
    if asked and len(parts) > 1:
        return asked[0]
    return text if frame is None else None


def _next_part(open_part: Part | None, text: str, question: Ask | None) -> Part | None:
    """What a message asks in the light of the question that is open."""
    if open_part is not None and open_part.ability is not None and _goes_on(open_part.ability, text, question):
        return Part((*open_part.texts, text), open_part.ability)
    last = parts_of(text)[-1]
    return last if last.ability is not None else None


def _goes_on(ability: Ability, text: str, question: Ask | None) -> bool:
    if question is not None:
        return not is_elsewhere(text, question, ability)
    intent, found = intent_of(text), find_ability(text)
    if (found is not None and found is not ability) or intent in _NEW_SUBJECTS:
        return False
    # A question may be guessed at, an effect may not.
    if ability.acts:
        return _says_what_to_do(text)
    return is_follow_up(text) or is_correction(text)


def _says_what_to_do(text: str) -> bool:
    """True if a follow-up without a question before it may act again: it has a figure, or corrects what it names.

    "And again?" and "no" have neither, and what they mean must not be guessed.
    """
    if is_correction(text):
        return bool(_FIGURE.search(text) or find_amounts(text) or kinds_named(text) or purpose_in(text))
    return is_follow_up(text) and bool(_FIGURE.search(text) or find_amounts(text))


def _pieces(text: str) -> list[str]:
    """The text cut before everything that could begin a new question; nothing is lost but the joint itself."""
    cuts = [match.span() for match in _JOINT.finditer(text)]
    ends = [(0, 0), *cuts, (len(text), len(text))]
    return [text[left[1] : right[0]].strip() for left, right in pairwise(ends)]


def _merged(pieces: Sequence[str]) -> list[Part]:
    """Pieces without a subject of their own belong to the one before, or to the first."""
    parts: list[Part] = []
    for piece in filter(None, pieces):
        part = Part((piece,), find_ability(piece))
        if parts and not (part.has_subject and parts[-1].has_subject):
            joined = f"{parts[-1].text}, {piece}"
            part = Part((joined,), find_ability(joined))
            parts.pop()
        parts.append(part)
    return parts


def _with_context(parts: Sequence[Part]) -> list[Part]:
    """A later question about the same loan knows what the earlier one said of it."""
    told: list[Part] = []
    for part in parts:
        earlier = [
            text
            for one in told
            if part.ability and one.ability and part.ability.inherits and one.ability.domain == part.ability.domain
            for text in one.texts[-1:]
        ]
        told.append(Part((*earlier, part.text), part.ability))
    return told
