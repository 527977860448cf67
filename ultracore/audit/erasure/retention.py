"""Transaction evidence past its retention: the policy asks for its erasure, which needs no confirmation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from ultracore.audit.erasure.rows import evidence_keys
from ultracore.audit.erasure.service import Erasure, Report
from ultracore.audit.evidence import retained_until
from ultracore.audit.operator import Operator
from ultracore.audit.store import AuditStore
from ultracore.audit.values import Subject
from ultracore.errors import OperatorError


@dataclass(slots=True)
class Expired:
    """The erasures that were carried out, and the subjects whose evidence a legal hold keeps."""

    reports: list[Report] = field(default_factory=list)
    held: list[Subject] = field(default_factory=list)


async def expire_evidence(
    store: AuditStore, erasure: Erasure, years: int, by: Operator, *, tenant_id: str | None = None
) -> Expired:
    """Destroy the keys of evidence of years that ended `years` ago or longer. Raises `AuditUnavailable`."""
    now, expired = datetime.now(UTC), Expired()
    for subject in await store.run(evidence_keys):
        if tenant_id not in (None, subject.tenant_id) or now < retained_until(subject, years):
            continue
        try:
            row = await erasure.request(subject, f"retention of {years} years is over", by, by_policy=True)
            expired.reports.append(await erasure.carry_out(row.erasure_id, by))
        # One customer's legal hold must not keep the expired evidence of all others.
        except OperatorError as refusal:
            if refusal.code != "erasure.held":
                raise
            expired.held.append(subject)
    return expired
