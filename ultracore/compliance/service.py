"""Runs the checks and puts what they say on the record, for each tenant."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ultracore.audit import AuditTrail, Origin
from ultracore.audit.vocabulary import ComplianceChecked, ComplianceViolated
from ultracore.banking import Bank
from ultracore.banking.ledger import oversight
from ultracore.compliance import checks
from ultracore.compliance.values import Examined, RuleViolation, Scope

CHECKS: Final[Mapping[str, Callable[[Scope], Awaitable[Examined]]]] = {
    "intent": checks.entries_have_intents,
    "four_eyes": checks.two_persons_approved,
    "unknown_outcome": checks.outcomes_are_known,
    "kyc": checks.money_moves_with_kyc,
    "erasure": checks.erasures_are_done,
    "books": checks.books_balance,
}
"""Every check under the type by which the compliance report knows it."""

LOOK_BACK: Final = timedelta(days=7)
"""A run looks further back than a day, so that days on which nothing ran are not left out."""
MOST_FINDINGS: Final = 100
"""Violations of one check and tenant that go on the record one by one; a broken disk must not flood it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOutcome:
    """How one check ended for one tenant."""

    check: str
    tenant_id: str
    looked_at: int
    findings: Sequence[RuleViolation]

    @property
    def passed(self) -> bool:
        """True if nothing was wrong."""
        return not self.findings


class ComplianceChecks:
    """The checks over one bank and its record."""

    def __init__(self, bank: Bank, trail: AuditTrail) -> None:
        self._bank = bank
        self._trail = trail

    async def run(self, *, since: datetime | None = None, now: datetime | None = None) -> list[CheckOutcome]:
        """Check everything since then (a week by default) and record it: a violation each time that it is seen.

        Raises what the ledger and the record raise; what was checked before that is on the record.
        """
        now = now or datetime.now(UTC)
        store = await self._trail.store()
        scope = Scope(bank=self._bank, store=store, since=since or now - LOOK_BACK, now=now)
        tenants = await oversight.all_tenants(self._bank.database)
        outcomes: list[CheckOutcome] = []
        for name, check in CHECKS.items():
            examined = await check(scope)
            for tenant in tenants:
                outcome = _outcome(name, tenant, examined)
                await self._record(outcome)
                outcomes.append(outcome)
        return outcomes

    async def _record(self, outcome: CheckOutcome) -> None:
        origin = Origin(outcome.tenant_id)
        if outcome.passed:
            passed = ComplianceChecked(check=outcome.check, looked_at=outcome.looked_at)
            await self._trail.write(passed, origin)
        for finding in outcome.findings[:MOST_FINDINGS]:
            found = {**finding.details, "violations": len(outcome.findings)}
            violated = ComplianceViolated(check=outcome.check, subject=finding.subject, found=found)
            await self._trail.write(violated, origin)


def _outcome(name: str, tenant_id: str, examined: Examined) -> CheckOutcome:
    findings = [finding for finding in examined.findings if finding.tenant_id == tenant_id]
    return CheckOutcome(
        check=name, tenant_id=tenant_id, looked_at=examined.looked_at[tenant_id], findings=findings
    )
