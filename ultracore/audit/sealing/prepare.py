"""From a draft to an event that only lacks its place in the chain: masked, divided into clear and sealed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, Final
from uuid import uuid4

from ultracore.audit.canonical import NotCanonical
from ultracore.audit.events import (
    SCHEMA_VERSION,
    AuditEvent,
    AuditEventType,
    AuditSeverity,
    system_stream,
    wire_time,
)
from ultracore.audit.masking import WrongType, described, forget_short, holds_nothing, mask_recorded, masked
from ultracore.audit.sealing import clear
from ultracore.audit.sealing.envelope import DataKey
from ultracore.audit.sealing.keys import MasterKey
from ultracore.audit.values import Draft, Subject

LARGEST_EVENT: Final = 900_000
"""Characters of an envelope's ciphertext; a Kafka broker takes messages of 1 MB."""

LONGEST_TEXT: Final = 32_768
"""Characters; a longer text is cut, with its length and the keyed digest of the whole beside it."""

_SHORT: Final = 64
"""Characters up to which a text's masked form is remembered."""

_MOST_REMEMBERED: Final = 8_192
_QUICK: Final = 4_096
"""Characters of one event that an event loop looks through: about 0.15 ms."""

_TEXT_FIELDS: Final = (
    "user_id session_id description resource_type resource_id action result ip_address user_agent request_id "
    "stream_id turn_id tenant_id"
).split()
_TYPES: Final[Mapping[str, type]] = {
    **dict.fromkeys(_TEXT_FIELDS, str),
    **dict.fromkeys(("old_value", "new_value", "metadata"), dict),
    "compliance_tags": list,
}
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


class TakesLonger(ValueError):
    """The texts are too long for an event loop, or the rules of masking must look at one of them."""


class QuickTexts:
    """Masks the texts of one event as long as they are few, and remembered or proved to hold nothing."""

    def __init__(self) -> None:
        self._left = _QUICK

    def __call__(self, text: str) -> str:
        """`text` masked. Raises `TakesLonger`."""
        shown = _short_texts.get(text)
        # A look-up is not free: an event with thousands of remembered words is left to the writing thread as well.
        self._left -= _SHORT // 4 if shown is not None else len(text)
        if self._left < 0:
            raise TakesLonger
        if shown is not None:
            return shown
        if not holds_nothing(text):
            raise TakesLonger
        return _remembered(text, text)


def divided(event: AuditEvent, master: MasterKey, texts: QuickTexts | None = None) -> Content:
    """Mask an event and divide it. Raises `BrokenEvent`, and what `texts` raises."""
    shown = _masked_fields(event, texts or partial(_text, master=master))
    ids: dict[str, Any] = {}
    secret: dict[str, Any] = {}
    for name, shape in clear.IDS.items():
        value = shown[name]
        if value is not None and not shape(value):
            # The digest is made of the unmasked id: two ids with one masked form must not become one.
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
    # An odd stream id is replaced for all: reader and writer find the stream by its published id alone.
    secret.pop("stream_id", None)
    shown["stream_id"] = published["stream_id"]
    return Content(shown, published, secret)


def sealed_event(content: Content, key: DataKey) -> dict[str, Any]:
    """The event as it is published, but for `sequence`, `prev_hash` and `hash`.

    Raises `BrokenEvent`. The clear part is small by its shapes, so the envelope's size decides.
    """
    if not content.secret:
        return {**content.clear, "sealed": None}
    place = {name: content.clear[name] for name in ("stream_id", "event_id")}
    try:
        envelope = key.seal(content.secret, **place)
    except NotCanonical as exc:
        raise BrokenEvent("event.not_text") from exc
    if len(envelope["ciphertext"]) > LARGEST_EVENT:
        raise BrokenEvent("event.too_large")
    return {**content.clear, "sealed": envelope}


def rejected(draft: Draft, reason: str, master: MasterKey) -> Draft:
    """The error event that stands for an event which cannot be recorded: what it was, why, and its digest."""
    broken = draft.event
    tenant = broken.tenant_id if clear.IDS["tenant_id"](broken.tenant_id) else "none"
    whole = [described(getattr(broken, item.name)) for item in fields(broken)]
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
    # Under the tenant's key, since the draft's own subject may be what is wrong with it.
    return Draft(event, Subject.of_tenant(tenant))


def _masked_fields(event: AuditEvent, text: Callable[[str], str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        for name, wanted in _TYPES.items():
            value = getattr(event, name)
            if value is None:
                found[name] = None
            elif type(value) is str and wanted is str:
                found[name] = text(value)
            elif isinstance(value, wanted):
                found[name] = masked(value, text)
            else:
                raise WrongType(f"{name} is not a {wanted.__name__}")
    except WrongType as exc:
        raise BrokenEvent("event.wrong_type") from exc
    found["event_id"] = event.event_id
    found["event_type"] = str(event.event_type)
    found["severity"] = str(event.severity)
    found["timestamp"] = wire_time(event.timestamp)
    found["schema_version"] = SCHEMA_VERSION
    return found


def _text(value: str, master: MasterKey) -> str:
    shown = _short_texts.get(value)
    if shown is not None:
        return shown
    return _remembered(value, _masked_text(value)) if len(value) <= _SHORT else _recordable(value, master)


def _masked_text(text: str) -> str:
    if not text.isascii() and _SURROGATE.search(text):
        raise BrokenEvent("event.not_text")
    return mask_recorded(text)


# Ids, codes and names come again and again; they are most of the texts of an event.
_short_texts: Final[dict[str, str]] = {}


def _remembered(text: str, shown: str) -> str:
    """`shown`, which is `text` masked; it is kept if `text` is short. From any thread."""
    if len(text) <= _SHORT:
        if len(_short_texts) >= _MOST_REMEMBERED:
            # Emptied at once and not by age: threads share it without a lock, and single operations of a dict are
            # atomic.
            _short_texts.clear()
        _short_texts[text] = shown
    return shown


def forget_texts() -> None:
    """Let go of every short text that is remembered with its masked form: a customer was erased."""
    _short_texts.clear()
    forget_short()


def _recordable(text: str, master: MasterKey) -> str:
    """`text` masked, and cut if it is too long. Raises `BrokenEvent` if it is not Unicode text."""
    # Masked before it is cut: of a card number that the cut goes through no rule would know the beginning.
    shown = _masked_text(text)
    if len(shown) <= LONGEST_TEXT:
        return shown
    return f"{shown[:LONGEST_TEXT]}… [cut, {len(text)} characters, digest {master.digest(text)}]"
