"""The audit trail: the published way to write and read the record."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Final, Protocol
from uuid import uuid4

from ultracore.audit.events import AuditEvent, AuditEventType, AuditSeverity, system_stream
from ultracore.audit.masking import snapshot
from ultracore.audit.sealing import MasterKey, clear
from ultracore.audit.store import AuditStore
from ultracore.audit.values import Draft, EventFilter, Origin, Subject
from ultracore.audit.vocabulary import Details, SystemEvent

_log = logging.getLogger(__name__)

_TRANSACTION_TYPES: Final = {
    "deposit": AuditEventType.DEPOSIT,
    "withdrawal": AuditEventType.WITHDRAWAL,
    "transfer": AuditEventType.TRANSFER,
}
_SUSPICIOUS: Final = 0.5


@dataclass(frozen=True, slots=True)
class DefaultRecord:
    """The record that the settings describe, for a trail that was given none."""

    open: Callable[[], Awaitable[AuditStore]]
    master_key: Callable[[], MasterKey]


@dataclass(frozen=True, slots=True)
class Beside:
    """An event that is appended together with another one, on the tenant's system stream."""

    type: AuditEventType
    details: Details
    subject: Subject


class EventProducer(Protocol):
    """A listener that hears of events once they are durable."""

    async def publish_audit_event(self, event: AuditEvent) -> Any:
        """Take one event. What this raises is logged and loses nothing."""


class AuditTrail:
    """Writes events to a store and reads them back.

    A `cache_manager` with `remember_audit_event`, as `CacheManager` has it, is told the clear part of each event,
    so that a board can show the newest ones; what this object reads it reads from the store, which is the truth.
    Without `store` the trail opens the store of the settings (`default`) at first use.
    """

    # Set by the package's face: what opens a store from settings erases again what a restore brought back, and
    # writes that by a trail, so it cannot be imported here.
    default: ClassVar[DefaultRecord]

    def __init__(
        self,
        event_producer: EventProducer | None = None,
        cache_manager: Any = None,
        *,
        store: AuditStore | None = None,
    ) -> None:
        self.event_producer = event_producer
        self.cache_manager = cache_manager
        self._store = store
        self._opening = asyncio.Lock()

    async def store(self) -> AuditStore:
        """The store behind this trail, opened if that had not happened yet. Raises `AuditUnavailable`."""
        # Two first calls at once must not open two stores, each with a writing thread of its own.
        async with self._opening:
            if self._store is None:
                self._store = await self.default.open()
        return self._store

    async def close(self) -> None:
        """Close the store. Only its owner calls this."""
        if self._store is not None:
            await self._store.close()

    def digest(self, value: Any) -> str:
        """The keyed digest of a JSON-able value: 64 hexadecimal digits, equal for equal values."""
        if self._store is not None:
            return self._store.digest(value)
        return self.default.master_key().digest(value)

    async def log_event(
        self,
        event_type: AuditEventType,
        tenant_id: str | None,
        description: str,
        user_id: str | None = None,
        session_id: str | None = None,
        severity: AuditSeverity = AuditSeverity.INFO,
        resource_type: str | None = None,
        resource_id: str | None = None,
        action: str | None = None,
        result: str | None = None,
        ip_address: str | None = None,
        user_agent: str | None = None,
        request_id: str | None = None,
        old_value: Mapping[str, Any] | None = None,
        new_value: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        compliance_tags: Sequence[str] | None = None,
        *,
        stream_id: str | None = None,
        turn_id: str | None = None,
        subject: Subject | None = None,
    ) -> AuditEvent:
        """Append one event; it is masked, sealed, chained and on disk when this returns.

        The stream is `stream_id`, else the conversation `session_id`, else the tenant's system stream of the day.
        `subject` says whose key seals it, by default the tenant's. Raises `AuditUnavailable` when the event is not
        in the record; one that cannot be recorded as it is leaves an `audit_event_rejected` behind.
        """
        origin = Origin(tenant_id, user_id, session_id, ip_address, user_agent, request_id, turn_id, stream_id)
        resource = (resource_type, resource_id, compliance_tags, old_value, new_value)
        details = Details(description, metadata, action, result, severity, *resource)
        return await self.append(event_type, details, origin, subject)

    async def write(self, event: SystemEvent, origin: Origin, subject: Subject | None = None) -> AuditEvent:
        """Append an event of a system stream, with the guarantees of `log_event`."""
        return await self.append(event.type, event.details(), origin, subject)

    async def append(
        self,
        event_type: AuditEventType,
        details: Details,
        origin: Origin,
        subject: Subject | None = None,
        *,
        beside: Sequence[Beside] = (),
    ) -> AuditEvent:
        """As `log_event`, of values that were made before. What the caller later does to them changes nothing.

        What stands `beside` it names its id and is appended with it, without a further wait for the disk.
        """
        event = _event(event_type, details, origin)
        store = self._store or await self.store()
        draft = Draft(event, subject or Subject.of_tenant(event.tenant_id))
        aside = [Draft(_event_beside(event, item, origin), item.subject) for item in beside]
        receipts = await store.append_all([draft, *aside]) if aside else [await store.append(draft)]
        for receipt in receipts:
            await self._tell(receipt.event)
        return receipts[0].event

    async def _tell(self, event: AuditEvent) -> None:
        for name, told in self._listeners(event):
            try:
                await told()
            except Exception:  # the boundary to a stranger's code: the event is durable already
                _log.exception("%s failed; event %s is in the record", name, event.event_id)

    def _listeners(self, event: AuditEvent) -> Iterator[tuple[str, Callable[[], Awaitable[Any]]]]:
        if self.event_producer is not None:
            yield "an event producer", partial(self.event_producer.publish_audit_event, event)
        # Programs pass caches of many kinds; one that does not keep events is only carried along.
        remember = getattr(self.cache_manager, "remember_audit_event", None)
        if remember is not None:
            yield "a cache of events", partial(remember, event.tenant_id, clear.clear_part(event.to_dict()))

    async def get_recent_events(
        self, tenant_id: str, user_id: str | None = None, limit: int = 100
    ) -> list[AuditEvent]:
        """The newest `limit` events of a tenant (at most 10,000), newest first."""
        store = await self.store()
        # Bounded, because every event of the answer is opened and held in memory.
        return await store.recent(EventFilter(tenant_id=tenant_id, user_id=user_id), limit=min(limit, 10_000))

    async def log_login(
        self,
        tenant_id: str,
        user_id: str,
        success: bool,
        ip_address: str | None = None,
        user_agent: str | None = None,
        *,
        subject: Subject | None = None,
    ) -> AuditEvent:
        """A sign-in, or a failed try (`WARNING`)."""
        return await self.log_event(
            AuditEventType.LOGIN if success else AuditEventType.LOGIN_FAILED,
            tenant_id,
            f"User {user_id} signed in" if success else f"Sign-in of {user_id} failed",
            user_id=user_id,
            severity=AuditSeverity.INFO if success else AuditSeverity.WARNING,
            action="login",
            result="success" if success else "failure",
            ip_address=ip_address,
            user_agent=user_agent,
            compliance_tags=["authentication"],
            subject=subject,
        )

    async def log_transaction(
        self,
        tenant_id: str,
        user_id: str,
        transaction_type: str,
        transaction_id: str,
        amount: Decimal | int | str | float,
        account_id: str,
        result: str = "success",
    ) -> AuditEvent:
        """A movement of money. `amount` is kept as a string, without rounding."""
        return await self.log_event(
            _TRANSACTION_TYPES.get(transaction_type, AuditEventType.TRANSACTION_CREATED),
            tenant_id,
            f"{transaction_type.capitalize()} {transaction_id}: {amount}",
            user_id=user_id,
            resource_type="transaction",
            resource_id=transaction_id,
            action=transaction_type,
            result=result,
            metadata={
                "transaction_type": transaction_type,
                "transaction_id": transaction_id,
                "amount": str(amount),
                "account_id": account_id,
            },
            compliance_tags=["financial"],
        )

    async def log_fraud_detection(
        self,
        tenant_id: str,
        user_id: str,
        transaction_id: str,
        fraud_score: float,
        decision: str,
        risk_factors: Sequence[str],
    ) -> AuditEvent:
        """The answer of a fraud check; a score above 0.5 is a `WARNING`."""
        return await self.log_event(
            AuditEventType.FRAUD_DETECTED,
            tenant_id,
            f"Fraud check of {transaction_id}: {decision}",
            user_id=user_id,
            severity=AuditSeverity.WARNING if fraud_score > _SUSPICIOUS else AuditSeverity.INFO,
            resource_type="transaction",
            resource_id=transaction_id,
            action="fraud_check",
            result=decision,
            metadata={"fraud_score": fraud_score, "decision": decision, "risk_factors": list(risk_factors)},
            compliance_tags=["fraud"],
        )

    async def log_access_control(
        self,
        tenant_id: str,
        user_id: str,
        resource_type: str,
        resource_id: str,
        action: str,
        granted: bool,
        reason: str | None = None,
    ) -> AuditEvent:
        """A decision of the access policy; a denial is a `WARNING`."""
        return await self.log_event(
            AuditEventType.PERMISSION_GRANTED if granted else AuditEventType.PERMISSION_DENIED,
            tenant_id,
            f"{action} on {resource_type} {resource_id} {'granted' if granted else 'denied'}",
            user_id=user_id,
            severity=AuditSeverity.INFO if granted else AuditSeverity.WARNING,
            resource_type=resource_type,
            resource_id=resource_id,
            action=action,
            result="granted" if granted else "denied",
            metadata={"granted": granted} if reason is None else {"granted": granted, "reason": reason},
            compliance_tags=["access_control"],
        )

    async def log_data_access(
        self,
        tenant_id: str,
        user_id: str,
        resource_type: str,
        resource_id: str,
        action: str,
        pii_accessed: bool = False,
    ) -> AuditEvent:
        """A user read data; personal data is a `WARNING`."""
        return await self.log_event(
            AuditEventType.DATA_ACCESSED,
            tenant_id,
            f"{user_id}: {action} of {resource_type} {resource_id}",
            user_id=user_id,
            severity=AuditSeverity.WARNING if pii_accessed else AuditSeverity.INFO,
            resource_type=resource_type,
            resource_id=resource_id,
            action=action,
            result="success",
            metadata={"pii_accessed": pii_accessed},
            compliance_tags=["privacy"],
        )

    async def log_ml_prediction(
        self,
        tenant_id: str,
        model_name: str,
        prediction: Any,
        confidence: float | None = None,
        user_id: str | None = None,
    ) -> AuditEvent:
        """A prediction of a model."""
        metadata = {"model_name": model_name, "prediction": prediction, "confidence": confidence}
        return await self.log_event(
            AuditEventType.AI_PREDICTION,
            tenant_id,
            f"Prediction of {model_name}",
            user_id=user_id,
            resource_type="model",
            resource_id=model_name,
            action="predict",
            result="success",
            metadata=metadata,
            compliance_tags=["ai"],
        )

    async def log_compliance_check(
        self, tenant_id: str, check_type: str, passed: bool, details: Mapping[str, Any] | None = None
    ) -> AuditEvent:
        """A compliance check; one that failed is a `COMPLIANCE_VIOLATION`, `ERROR`, result `failed`."""
        return await self.log_event(
            AuditEventType.COMPLIANCE_CHECK if passed else AuditEventType.COMPLIANCE_VIOLATION,
            tenant_id,
            f"Compliance check {check_type} {'passed' if passed else 'failed'}",
            severity=AuditSeverity.INFO if passed else AuditSeverity.ERROR,
            action=check_type,
            result="passed" if passed else "failed",
            metadata={"check_type": check_type, "passed": passed, "details": dict(details or {})},
            compliance_tags=["compliance"],
        )


def _event(event_type: AuditEventType, details: Details, origin: Origin) -> AuditEvent:
    now, tenant = datetime.now(UTC), origin.tenant_id or "none"
    return AuditEvent(
        event_id=str(uuid4()),
        event_type=AuditEventType(event_type),
        timestamp=now,
        tenant_id=tenant,
        user_id=origin.user_id,
        session_id=origin.session_id,
        severity=AuditSeverity(details.severity),
        description=details.description,
        resource_type=details.resource_type,
        resource_id=details.resource_id,
        action=details.action,
        result=details.result,
        ip_address=origin.ip_address,
        user_agent=origin.user_agent,
        request_id=origin.request_id,
        old_value=snapshot(details.old_value),
        new_value=snapshot(details.new_value),
        metadata=snapshot(details.metadata),
        compliance_tags=snapshot(details.compliance_tags),
        stream_id=origin.stream_id or origin.session_id or system_stream(tenant, now),
        turn_id=origin.turn_id,
    )


def _event_beside(event: AuditEvent, item: Beside, origin: Origin) -> AuditEvent:
    """On the system stream: the conversation's own stream stays what was said and done in it."""
    told = {**(item.details.metadata or {}), "beside": event.event_id}
    stream = system_stream(event.tenant_id, event.timestamp)
    return _event(item.type, replace(item.details, metadata=told), replace(origin, stream_id=stream))
