"""Transaction evidence: what a bank must keep of a transaction after its customer was erased.

An event that belongs to a proposal (what was asked for, decided, shown on the card, approved, done) tells of
amounts, accounts, payees and times, and is sealed with a key of its own: one a customer and calendar year (UTC),
which erasing the customer leaves alone and which is destroyed when the year's retention is over. The person's own
free words are no evidence: they stand in the events under the customer's key only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from ultracore.audit.values import Subject
from ultracore.languages import original
from ultracore.wording import destination_name

WORDS: Final = "[the customer's own words]"
"""Stands in evidence for what a person wrote freely."""

FREE_ARGUMENTS: Final = frozenset({"description", "loan_purpose", "stated_purpose"})
"""Arguments of tools that hold a person's free words."""

FREE_LABELS: Final = frozenset({"Statement text", "Purpose"})
"""Labels of a card's lines that show a person's free words."""


def evidence_of(subject: Subject, moment: datetime) -> Subject:
    """The subject whose key seals transaction evidence: a customer's year; any other subject stays as it is."""
    if subject.kind != "customer":
        return subject
    # UTC years, so that every replica puts an event into the same one.
    return Subject("evidence", subject.tenant_id, f"{subject.id}/{moment.astimezone(UTC).year}")


def retained_until(subject: Subject, years: int) -> datetime:
    """When the retention of a year's evidence is over: `years` after that year's end. Raises `ValueError`."""
    if subject.kind != "evidence":
        raise ValueError("only transaction evidence has a retention")
    # Counted from the end of the year, so that its last event is kept for the whole time too.
    return datetime(int(subject.id.rpartition("/")[2]) + 1 + years, 1, 1, tzinfo=UTC)


def without_words(arguments: Mapping[str, Any] | str) -> Mapping[str, Any] | str:
    """A tool's arguments as evidence keeps them. Arguments that are no JSON are all words."""
    if isinstance(arguments, str):
        return WORDS
    return {name: WORDS if value and name in FREE_ARGUMENTS else value for name, value in arguments.items()}


def card_without_words(card: Mapping[str, Any]) -> Mapping[str, Any]:
    """A card as evidence keeps it; equal to `card` if there are no free words on it."""
    kept = {name: WORDS if value and name in FREE_ARGUMENTS else value for name, value in card.items()}
    if isinstance(card.get("lines"), list):
        kept["lines"] = [[line[0], WORDS] if _is_free(line, card["lines"]) else line for line in card["lines"]]
    return kept


def _is_free(line: Sequence[str], lines: Sequence[Sequence[str]]) -> bool:
    """Whether a person wrote the line: one that the bank wrote names the payee, as the card does."""
    # The card may have been shown in another language.
    if original(line[0]) not in FREE_LABELS:
        return False
    # A statement text that the bank made of the payee's name is not a word of the customer's.
    ours = {f"Transfer to {destination_name(value)}" for label, value in lines if original(label) == "Pay to"}
    return line[1] not in ours


def card_text(card: Mapping[str, Any]) -> str:
    """The card as it reads on the screen."""
    if isinstance(card.get("lines"), list):
        return "\n".join([str(card.get("title", "")), *(f"{label}: {value}" for label, value in card["lines"])])
    return "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in card.items())
