"""The rules of alerts, from a file."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ultracore.audit import AuditEventType, AuditSeverity
from ultracore.errors import OperatorError

FILE_NAME: Final = "alerts.toml"
_SHIPPED: Final = Path(__file__).parent / FILE_NAME


class AlertRule(BaseModel):
    """One rule. An empty list means that anything fits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]
    says: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    events: tuple[AuditEventType, ...] = Field(min_length=1)
    results: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    severities: tuple[AuditSeverity, ...] = ()
    reasons: tuple[str, ...] = ()
    score_at_least: float | None = Field(default=None, ge=0, le=1)
    at_least: int = Field(default=1, ge=1, le=10_000)
    minutes: int | None = Field(default=None, ge=1, le=1_440)
    by: Literal["user", "tenant"] = "tenant"


class _AlertFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    days: int = Field(ge=1, le=366)
    head_seconds: int = Field(ge=0, le=86_400)
    rules: tuple[AlertRule, ...]


class AlertFact(msgspec.Struct, frozen=True):
    """The clear part of an event, as far as rules look at it; names as on the wire."""

    event_id: str
    event_type: str
    severity: str
    result: str | None = None
    action: str | None = None
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class AlertRules:
    """All rules, how many days back they look, and how long events may lie without a head (0: for ever)."""

    rules: tuple[AlertRule, ...]
    days: int
    head_seconds: int

    def that_fit(self, fact: AlertFact) -> list[AlertRule]:
        """The rules that find something in this event, but for how often it has happened."""
        return [rule for rule in self.rules if fits(rule, fact)]


def read_alert_rules(folder: Path | None) -> AlertRules:
    """The rules in a folder's `alerts.toml`; the shipped ones without it.

    Raises `OperatorError` for a file that cannot be used.
    """
    path = _SHIPPED if folder is None or not (folder / FILE_NAME).exists() else folder / FILE_NAME
    try:
        read = _AlertFile.model_validate(tomllib.loads(path.read_text("utf-8")))
        _require_sound(read.rules)
    except (OSError, ValueError, ValidationError) as error:
        said = str(error.errors()[0]["msg"]) if isinstance(error, ValidationError) else error
        raise OperatorError(
            f"The rules of alerts in {path} cannot be used: {said}", code="settings.desk_dir"
        ) from error
    return AlertRules(read.rules, read.days, read.head_seconds)


def _require_sound(rules: Sequence[AlertRule]) -> None:
    if len({rule.name for rule in rules}) < len(rules):
        raise ValueError("two rules have one name")
    for rule in rules:
        if (rule.at_least > 1) != (rule.minutes is not None):
            raise ValueError(f"{rule.name}: `at_least` and `minutes` belong together")
        if AuditEventType.ALERT_RAISED in rule.events:
            raise ValueError(f"{rule.name}: an alert about alerts would never end")


def fits(rule: AlertRule, fact: AlertFact) -> bool:
    """True if the rule finds something in this event."""
    told = fact.metadata or {}
    reason, score = told.get("reason"), told.get("fraud_score")
    return (
        fact.event_type in rule.events
        and (not rule.results or fact.result in rule.results)
        and (not rule.actions or fact.action in rule.actions)
        and (not rule.severities or fact.severity in rule.severities)
        and (not rule.reasons or (isinstance(reason, str) and _is_among(reason, rule.reasons)))
        and (rule.score_at_least is None or (score is not None and score >= rule.score_at_least))
    )


def _is_among(code: str, patterns: Sequence[str]) -> bool:
    return any(code.startswith(one[:-1]) if one.endswith("*") else code == one for one in patterns)
