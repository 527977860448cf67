"""Legal holds: while one stands on a customer, nothing of them is erased."""

from __future__ import annotations

from functools import partial

from ultracore.audit.database import SqlConnection
from ultracore.audit.erasure import rows as rows
from ultracore.audit.erasure.record import ErasureRecord
from ultracore.audit.erasure.rows import HoldRow
from ultracore.audit.operator import Operator
from ultracore.audit.store import AuditStore
from ultracore.audit.trail import AuditTrail
from ultracore.audit.values import Subject
from ultracore.errors import OperatorError

_TOO_LATE = ("begun", "destroyed")


class LegalHolds:
    """Places and releases holds. What is refused raises `OperatorError` with a code `hold.…`."""

    def __init__(self, store: AuditStore) -> None:
        self._store = store
        self._record = ErasureRecord(AuditTrail(store=store))

    async def place(self, tenant_id: str, customer_id: str, reason: str, by: Operator) -> str:
        """Place a hold; its id. Refused if one stands, and if an erasure has already begun."""
        subject = Subject("customer", tenant_id, customer_id)
        # The hold first: if the record fails afterwards, the customer's data is protected all the same.
        hold_id = await self._store.run(partial(_place, subject=subject, reason=reason, by=by))
        await self._record.hold(subject, by, placed=True, reason=reason)
        return hold_id

    async def release(self, tenant_id: str, customer_id: str, reason: str, by: Operator) -> str:
        """Release the customer's hold; its id. Refused if none stands."""
        subject = Subject("customer", tenant_id, customer_id)
        hold = await self._store.run(partial(rows.standing_hold, tenant_id=tenant_id, customer_id=customer_id))
        if hold is None:
            raise OperatorError(f"No legal hold stands on {customer_id} of {tenant_id}.", code="hold.none")
        # The record first: what a release allows cannot be taken back.
        await self._record.hold(subject, by, placed=False, reason=reason)
        await self._store.run(partial(rows.release_hold, hold_id=hold.hold_id, by=by.person))
        return hold.hold_id

    async def standing(self) -> list[HoldRow]:
        """Every hold that stands, oldest first."""
        return await self._store.run(rows.holds)


def _place(db: SqlConnection, subject: Subject, reason: str, by: Operator) -> str:
    standing = rows.standing_hold(db, subject.tenant_id, subject.id)
    if standing is not None:
        raise OperatorError(
            f"A legal hold stands on {subject.id} already, since {standing.placed_at:%Y-%m-%d}.",
            code="hold.standing",
        )
    erasure = rows.unfinished_of(db, subject)
    if erasure is not None and erasure.state in _TOO_LATE:
        raise OperatorError(
            f"The erasure {erasure.erasure_id} of {subject.id} has begun: its key is gone, a hold cannot stop it.",
            code="hold.too_late",
        )
    return rows.place_hold(db, subject.tenant_id, subject.id, reason, by.person)
