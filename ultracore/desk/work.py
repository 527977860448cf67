"""What supervisors do with cases. Each change is on the record as `queue_changed`, or is taken back."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ultracore.audit import AuditTrail, Origin, Subject
from ultracore.audit.vocabulary import QueueChanged
from ultracore.banking import Bank
from ultracore.banking.cases import Case, CaseChanged, Change
from ultracore.errors import AuditUnavailable, InvalidInput
from ultracore.observability import current_reference
from ultracore.principal import Connection, Principal, Role

OUTCOMES: Final = (
    ("answered", "Answered in the chat"),
    ("called", "Called the customer"),
    ("passed_on", "Passed on to another desk"),
    ("nothing_to_do", "Nothing to do"),
)
SNOOZES: Final = (("15", "15 minutes"), ("60", "1 hour"), ("240", "4 hours"), ("1440", "1 day"))

NO_CASE: Final = "There is no such case. It may have been closed under another number."
NO_COLLEAGUE: Final = "There is no supervisor of that name at your bank."


@dataclass(frozen=True, slots=True)
class Worker:
    """Who works on the queue, and their connection."""

    principal: Principal
    connection: Connection


@dataclass(frozen=True, slots=True)
class QueueWork:
    """Changes of cases. All raise `CaseChanged` if somebody was faster, and `Unavailable`."""

    bank: Bank
    trail: AuditTrail

    async def case(self, worker: Worker, case_id: str, version: int | None = None) -> Case:
        """A case of the worker's own tenant, as it was seen if a `version` is given. Raises `InvalidInput`."""
        found = await self.bank.cases.get(worker.principal.tenant_id, case_id)
        if found is None:
            raise InvalidInput("no such case", code="desk.no_case", sentence=NO_CASE)
        if version is not None and found.version != version:
            raise CaseChanged("the case has changed")
        return found

    async def claim(self, worker: Worker, case: Case) -> None:
        """Take the case; only one that is not taken."""
        if case.assigned_to is not None:
            raise CaseChanged("somebody has the case")
        me = worker.principal.user_id
        await self._told(worker, case, "claimed", self.bank.cases.assign(case, me), me)

    async def assign(self, worker: Worker, case: Case, colleague: str) -> None:
        """Give the case to another supervisor of the same tenant. Raises `InvalidInput` for anybody else."""
        user = await self.bank.users.get(colleague)
        tenant = worker.principal.tenant_id
        if user is None or user.tenant_id != tenant or Role.SUPERVISOR not in user.roles:
            raise InvalidInput("no supervisor", code="desk.no_colleague", sentence=NO_COLLEAGUE)
        await self._told(worker, case, "assigned", self.bank.cases.assign(case, colleague), colleague)

    async def release(self, worker: Worker, case: Case) -> None:
        """Give the case back to all."""
        await self._told(worker, case, "released", self.bank.cases.assign(case, None))

    async def snooze(self, worker: Worker, case: Case, minutes: int) -> None:
        """Hide the case for so long, or until something new happens in its conversation."""
        until = datetime.now(UTC) + timedelta(minutes=minutes)
        await self._told(worker, case, "snoozed", self.bank.cases.snooze(case, until))

    async def close(self, worker: Worker, case: Case, outcome: str) -> None:
        """End the case with one of `OUTCOMES`."""
        me = worker.principal.user_id
        await self._told(worker, case, "closed", self.bank.cases.close(case, me, outcome), reason=outcome)

    async def _told(
        self,
        worker: Worker,
        case: Case,
        change: Change,
        done: Awaitable[Case],
        target: str | None = None,
        reason: str | None = None,
    ) -> None:
        # The change first: of two who change a case at once, the record must not say that both did.
        changed = await done
        event = QueueChanged(
            by=worker.principal.user_id,
            case_id=case.case_id,
            conversation_id=case.conversation_id,
            change=change,
            reason=reason or case.rule,
            target=target,
        )
        try:
            await self.trail.write(event, origin_of(worker), Subject.of(worker.principal))
        except AuditUnavailable:
            # What is not on the record has not happened: the case goes back to what it was.
            await self.bank.cases.restore(case, changed)
            raise


def origin_of(worker: Worker) -> Origin:
    """Who acts, for the tenant's system stream."""
    principal, connection = worker.principal, worker.connection
    return Origin(
        principal.tenant_id,
        principal.user_id,
        ip_address=connection.ip_address,
        user_agent=connection.user_agent,
        request_id=current_reference(),
    )
