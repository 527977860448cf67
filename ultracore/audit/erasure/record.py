"""Events of erasures and legal holds: they go to the tenant's system stream, under the tenant's key.

An event names the customer by id only; the reason that a person gave is sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ultracore.audit.erasure.rows import ErasureRow
from ultracore.audit.operator import Operator
from ultracore.audit.trail import AuditTrail
from ultracore.audit.values import Origin, Subject
from ultracore.audit.vocabulary import ErasureAdvanced, ErasureRefused, LegalHoldChanged


class ErasureRecord:
    """Writes to the record. Every method raises `AuditUnavailable` if that cannot be done."""

    def __init__(self, trail: AuditTrail) -> None:
        self._trail = trail

    async def requested(self, row: ErasureRow, by: Operator) -> None:
        """An erasure was asked for."""
        await self._deletion(row, by, "erase.request", "pending", {"stated_reason": row.reason})

    async def confirmed(self, row: ErasureRow, by: Operator) -> None:
        """A second person confirmed it."""
        await self._deletion(row, by, "erase.confirm", "pending", {})

    async def destroyed(self, row: ErasureRow, by: Operator) -> None:
        """The keys are destroyed; the other steps follow."""
        await self._deletion(row, by, "erase.keys", "success", {})

    async def done(self, row: ErasureRow, by: Operator, deleted: Mapping[str, int]) -> None:
        """Every step is done; `deleted` counts things by step."""
        await self._deletion(row, by, "erase.done", "success", {"deleted": dict(deleted)})

    async def applied_again(self, row: ErasureRow, by: Operator) -> None:
        """Keys that were erased had come back with a restored database."""
        await self._deletion(row, by, "erase.again", "success", {})

    async def refused(self, subject: Subject, by: Operator, action: str, reason: str) -> None:
        """An erasure, or the release of a hold, was asked for and not allowed; `reason` is a stable code."""
        event = ErasureRefused(customer_id=subject.customer_id, action=action, reason=reason, by=by)
        await self._trail.write(event, Origin(subject.tenant_id))

    async def hold(self, subject: Subject, by: Operator, *, placed: bool, reason: str) -> None:
        """A legal hold was placed or released."""
        event = LegalHoldChanged(customer_id=subject.customer_id, placed=placed, reason=reason, by=by)
        await self._trail.write(event, Origin(subject.tenant_id))

    async def _deletion(
        self, row: ErasureRow, by: Operator, action: str, result: str, told: Mapping[str, Any]
    ) -> None:
        event = ErasureAdvanced(
            customer_id=row.subject.customer_id,
            action=action,
            result=result,
            erasure=row.erasure_id,
            subject_kind=row.subject.kind,
            keys=row.key_ids or (),
            told=told,
            by=by,
        )
        await self._trail.write(event, Origin(row.subject.tenant_id))
