"""From a draft to an event that only lacks its place in the chain: masked, divided into clear and sealed."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any, Final
from uuid import uuid4

from ultracore.audit import clear
from ultracore.audit.envelope import DataKey
from ultracore.audit.events import (
    SCHEMA_VERSION,
    AuditEvent,
    AuditEventType,
    AuditSeverity,
    system_stream,
    wire_time,
)
from ultracore.audit.interfaces import Draft, Subject
from ultracore.audit.keys import MasterKey
from ultracore.audit.plain import LONGEST_TEXT, WrongType, masked

LARGEST_EVENT: Final = 900_000
"""Bytes of the canonical form; a Kafka broker takes messages of 1 MB."""

_TEXT_FIELDS: Final = (
    "user_id session_id description resource_type resource_id action result ip_address user_agent request_id "
    "stream_id turn_id tenant_id"
).split()
_OBJECT_FIELDS: Final = ("old_value", "new_value", "metadata")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class BrokenEvent(ValueError):
    """The event cannot be recorded as it is; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Content:
    """A masked event: what may be published, what must be sealed, and both together as its reader sees them."""

    shown: dict[str, Any]
    clear: dict[str, Any]
    secret: dict[str, Any]


def divided(event: AuditEvent, master: MasterKey) -> Content:
    """Mask an event and divide it. Raises `BrokenEvent`."""
    shown = _masked_fields(event, master)
    ids: dict[str, Any] = {}
    secret: dict[str, Any] = {}
    for name, shape in clear.IDS.items():
        value = shown[name]
        ids[name] = value
        if value is not None and not shape(value):
            ids[name] = f"digest_{master.digest(getattr(event, name))[:32]}"
            secret[name] = value
    for name, shape in clear.FIELDS.items():
        if shown[name] is not None and not shape(shown[name]):
            secret[name] = shown[name]
    for name in clear.SEALED_FIELDS:
        if shown[name] is not None:
            secret[name] = shown[name]
    metadata, secret_metadata = clear.split_metadata(shown["metadata"])
    if secret_metadata:
        secret["metadata"] = secret_metadata
    published = {**shown, **dict.fromkeys(secret), **ids, "metadata": metadata}
    secret.pop("stream_id", None)
    return Content({**shown, "stream_id": ids["stream_id"]}, published, secret)


def sealed_event(content: Content, key: DataKey) -> dict[str, Any]:
    """The event as it is published, but for `sequence`, `prev_hash` and `hash`. Raises `NotCanonical`."""
    envelope = None
    if content.secret:
        envelope = key.seal(
            content.secret, stream_id=content.clear["stream_id"], event_id=content.clear["event_id"]
        )
    return {**content.clear, "sealed": envelope}


def rejected(draft: Draft, reason: str, master: MasterKey) -> Draft:
    """The error event that stands for an event which cannot be recorded: what it was, why, and its digest."""
    broken = draft.event
    tenant = broken.tenant_id if clear.IDS["tenant_id"](broken.tenant_id) else "none"
    whole = [repr(getattr(broken, item.name)) for item in fields(broken)]
    stream = broken.stream_id if clear.IDS["stream_id"](broken.stream_id) else None
    event = AuditEvent(
        event_id=str(uuid4()),
        event_type=AuditEventType.AUDIT_EVENT_REJECTED,
        timestamp=broken.timestamp,
        tenant_id=tenant,
        session_id=stream if broken.session_id == stream else None,
        severity=AuditSeverity.ERROR,
        description="An event could not be recorded as it was",
        metadata={"rejected_type": str(broken.event_type), "reason": reason, "digest": master.digest(whole)},
        stream_id=stream or system_stream(tenant, broken.timestamp),
    )
    return Draft(event, Subject.of_tenant(tenant))


def _masked_fields(event: AuditEvent, master: MasterKey) -> dict[str, Any]:
    try:
        found: dict[str, Any] = {name: _cut(masked(_of_type(event, name, str)), master) for name in _TEXT_FIELDS}
        for name in _OBJECT_FIELDS:
            found[name] = _cut(masked(_of_type(event, name, dict)), master)
        found["compliance_tags"] = _cut(masked(_of_type(event, "compliance_tags", list)), master)
    except WrongType as exc:
        raise BrokenEvent("event.wrong_type") from exc
    found["event_id"] = event.event_id
    found["event_type"] = str(event.event_type)
    found["severity"] = str(event.severity)
    found["timestamp"] = wire_time(event.timestamp)
    found["schema_version"] = SCHEMA_VERSION
    return found


def _of_type(event: AuditEvent, name: str, wanted: type) -> Any:
    value = getattr(event, name)
    if value is not None and not isinstance(value, wanted):
        raise WrongType(f"{name} is not a {wanted.__name__}")
    return value


def _cut(value: Any, master: MasterKey) -> Any:
    """Cut texts that are too long; refuse the ones that are not text."""
    if isinstance(value, str):
        if not value.isascii() and _SURROGATE.search(value):
            raise BrokenEvent("event.not_text")
        if len(value) > LONGEST_TEXT:
            digest = master.digest(value)
            return f"{value[:LONGEST_TEXT]}… [cut, {len(value)} characters, digest {digest}]"
        return value
    if isinstance(value, dict):
        return {_cut(name, master): _cut(item, master) for name, item in value.items()}
    if isinstance(value, list):
        return [_cut(item, master) for item in value]
    return value
