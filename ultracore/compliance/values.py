"""What a check of the rules looks at and finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ultracore.audit import AuditStore
from ultracore.banking import Bank


@dataclass(frozen=True, slots=True)
class RuleViolation:
    """A rule that was broken: by what (`subject`), and what there is to know of it."""

    tenant_id: str
    subject: str
    details: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Examined:
    """What one check has looked at, by tenant, and what it found. A check of the installation names no tenant."""

    looked_at: Counter[str]
    findings: Sequence[RuleViolation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a run looks at: what happened from `since` on, as it stands `now`."""

    bank: Bank
    store: AuditStore
    since: datetime
    now: datetime
