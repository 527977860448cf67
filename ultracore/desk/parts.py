"""What the pages of the desk are over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from ultracore.ai.persons import Persons
from ultracore.audit import AuditTrail
from ultracore.audit.index import AuditIndex, IndexService
from ultracore.banking import Bank
from ultracore.desk.judgements import Scorecard
from ultracore.desk.rules import QueueRules
from ultracore.principal import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskParts:
    """The open program, as the desk sees it."""

    bank: Bank
    trail: AuditTrail
    rules: QueueRules
    scorecard: Scorecard
    persons: Persons
    index: AuditIndex | IndexService


@dataclass(frozen=True, slots=True)
class DeskServer:
    """What the desk asks of the server that its pages are part of."""

    parts: Callable[[], DeskParts]
    """Raises `Unavailable` while the program is not open."""
    connection: Callable[[Request], Connection]
