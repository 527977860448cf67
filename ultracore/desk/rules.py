"""The rules of the queue, from a file: which events need a person and how soon, and when the people are there."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ultracore.ai.persons import Hours
from ultracore.audit import AuditEventType
from ultracore.errors import OperatorError

FILE_NAME: Final = "queue.toml"
PERSON: Final = "person"
"""The rule for customers who ask for a person."""
_SHIPPED: Final = Path(__file__).parent / FILE_NAME
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PARTS: Final = 10_000

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Span = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")]


class QueueRule(BaseModel):
    """One rule. An empty list means that anything fits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]
    says: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    urgency: int = Field(ge=1, le=9)
    minutes: int = Field(ge=1)
    events: tuple[AuditEventType, ...] = Field(min_length=1)
    results: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    except_reasons: tuple[str, ...] = ()
    amount_at_least: Decimal | None = Field(default=None, gt=0)
    share: float | None = Field(default=None, gt=0, le=1)

    def due_at(self, at: datetime) -> datetime:
        """When somebody should have looked at what happened then."""
        return at + timedelta(minutes=self.minutes)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    days: int = Field(ge=1, le=366)
    hours: dict[Day, Span]
    tell_of_watching: bool = False
    rules: tuple[QueueRule, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class QueueFact:
    """The clear part of an event, as far as rules look at it."""

    event_id: str
    event_type: str
    stream_id: str
    result: str | None
    tool: str | None
    target: str | None
    reason: str | None
    proposal: str | None

    @classmethod
    def of(cls, wire: Mapping[str, Any]) -> QueueFact:
        """From an event as it lies on the record."""
        told = wire.get("metadata") or {}
        place = wire["event_id"], wire["event_type"], wire["stream_id"]
        return cls(
            *place, wire.get("result"), *(told.get(name) for name in ("tool", "target", "reason", "proposal"))
        )


@dataclass(frozen=True, slots=True)
class QueueRules:
    """All rules, how many days back they look, and the hours of the bank's people.

    `tell_of_watching` if customers are told at once when a supervisor reads along.
    """

    rules: tuple[QueueRule, ...]
    days: int
    hours: Hours
    tell_of_watching: bool = False

    @property
    def person(self) -> QueueRule:
        """The rule for customers who ask for a person."""
        return next(rule for rule in self.rules if rule.name == PERSON)

    def that_fit(self, fact: QueueFact) -> list[QueueRule]:
        """The rules that find something in this event, but for amounts, which are not on it."""
        return [rule for rule in self.rules if _fits(rule, fact)]

    def says(self, name: str) -> str:
        """What a rule says; its name if the file does not have it any more."""
        return next((rule.says for rule in self.rules if rule.name == name), name.replace("_", " "))


def read_queue_rules(folder: Path | None) -> QueueRules:
    """The rules in a folder's `queue.toml`; the shipped ones without it.

    Raises `OperatorError` for a folder that is not there or a file that cannot be used.
    """
    if folder is not None and not folder.is_dir():
        raise OperatorError(f"ULTRACORE_DESK_DIR is no folder: {folder}.", code="settings.desk_dir")
    path = _SHIPPED if folder is None or not (folder / FILE_NAME).exists() else folder / FILE_NAME
    try:
        read = _File.model_validate(tomllib.loads(path.read_text("utf-8")))
        _require_sound(read.rules)
        return QueueRules(read.rules, read.days, _hours(read.hours), read.tell_of_watching)
    except (OSError, ValueError, ValidationError) as error:
        said = (
            f"{error.errors()[0]['loc']}: {error.errors()[0]['msg']}"
            if isinstance(error, ValidationError)
            else error
        )
        raise OperatorError(
            f"The queue's rules in {path} cannot be used: {said}", code="settings.desk_dir"
        ) from error


def _require_sound(rules: Sequence[QueueRule]) -> None:
    names = [rule.name for rule in rules]
    if len(set(names)) < len(names):
        raise ValueError("two rules have one name")
    if PERSON not in names:
        raise ValueError("the rule `person` is missing, by which customers wait for somebody")


def _hours(given: Mapping[Day, Span]) -> Hours:
    spans = [given.get(day) for day in _DAYS]
    return Hours(tuple(None if one is None else _span(one) for one in spans))


def _span(text: str) -> tuple[time, time]:
    opens, closes = (time.fromisoformat(part) for part in text.split("-"))
    if closes <= opens:
        raise ValueError(f"{text} ends before it begins")
    return opens, closes


def _fits(rule: QueueRule, fact: QueueFact) -> bool:
    # A missing reason is none that a rule leaves out.
    left_out = fact.reason is not None and _is_among(fact.reason, rule.except_reasons)
    return (
        fact.event_type in rule.events
        and (not rule.results or fact.result in rule.results)
        and (not rule.tools or fact.tool in rule.tools)
        and (not rule.targets or fact.target in rule.targets)
        and (not rule.reasons or (fact.reason is not None and _is_among(fact.reason, rule.reasons)))
        and not left_out
        and (rule.amount_at_least is None or fact.proposal is not None)
        and (rule.share is None or _falls_within(rule.share, fact.stream_id))
    )


def _is_among(code: str, patterns: Sequence[str]) -> bool:
    return any(code.startswith(one[:-1]) if one.endswith("*") else code == one for one in patterns)


def _falls_within(share: float, stream_id: str) -> bool:
    """By the conversation's id, so that every machine and every reading picks the same ones."""
    number = int.from_bytes(hashlib.sha256(stream_id.encode()).digest()[:4])
    return number % _PARTS < share * _PARTS
