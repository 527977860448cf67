"""Values of the queue: what was found, the cases that came of it, and what people do to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ultracore.errors import InvalidInput

Change = Literal["claimed", "assigned", "released", "snoozed", "closed"]

CHANGED = "Somebody else has changed this case meanwhile. Here it is as it stands now."


class CaseChanged(InvalidInput):
    """The case is not any more what the person saw when they decided."""

    default_code = "desk.case_changed"
    default_sentence = CHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An event of a conversation that a rule of the queue has found. `wish` if it asks for a person."""

    event_id: str
    rule: str
    urgency: int
    due_at: datetime
    at: datetime
    tenant_id: str
    conversation_id: str
    user_id: str | None
    customer_id: str | None
    wish: bool = False


@dataclass(frozen=True, slots=True)
class ReadingMove:
    """How far the record was read before these hits, and how far with them."""

    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A conversation that needs a person. `rules` are all that found something in it, the most urgent first.

    `version` counts its changes; `held_by` talks in the conversation now. `status` is `open` or `closed`.
    """

    case_id: str
    tenant_id: str
    conversation_id: str
    user_id: str | None
    customer_id: str | None
    rule: str
    rules: tuple[str, ...]
    urgency: int
    status: str
    opened_at: datetime
    due_at: datetime
    wish_at: datetime | None
    assigned_to: str | None
    snoozed_until: datetime | None
    closed_by: str | None
    outcome: str | None
    version: int
    held_by: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A customer's place among those who wait for a person, from 1."""

    place: int
