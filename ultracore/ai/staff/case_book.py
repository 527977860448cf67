"""Opens, uses and ends the cases of staff, in the chat and on pages; each opening and end is on the record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ultracore.audit import AuditTrail, Origin, Subject
from ultracore.audit.vocabulary import CaseEnded, CaseOpened
from ultracore.banking import Bank, Customer
from ultracore.banking.access import CaseReason, EndedCase, StaffCase
from ultracore.errors import InvalidInput, ToolRefused
from ultracore.principal import Principal

REASONS: Final = ", ".join(CaseReason)
HOW: Final = (
    "Open a case with /case, the customer's id and a reason, as in “/case cust_1 request”. The reasons are "
    f"{REASONS}. At the desk, the page “My case” opens one too."
)
REQUIRED: Final = f"You have no open case for this customer, so nothing was looked up. {HOW}"
TICKET_WANTED: Final = "Your bank wants a ticket number with it, as in “/case cust_1 request T-1042”. "
_TICKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")
_TICKET_FORM: Final = "A ticket number has letters, digits and . _ / - only, 64 at most."
_NO_CUSTOMER: Final = "I can't find that customer at your bank, so no case was opened."


@dataclass(frozen=True, slots=True)
class CaseBook:
    """Every method raises `LedgerUnavailable`, and `AuditUnavailable` for what has to be on the record."""

    bank: Bank
    trail: AuditTrail

    def has_use(self, principal: Principal) -> bool:
        """True for people who work for customers, or open recorded conversations."""
        access = self.bank.access
        return access.names_customers(principal) or access.record_view(principal) is not None

    async def of(self, principal: Principal) -> StaffCase | None:
        """The person's open case, whomever it is about; looking does not use it."""
        return await self.bank.security.staff_cases.of(principal.tenant_id, principal.user_id)

    async def used(self, principal: Principal, origin: Origin, customer_id: str | None) -> StaffCase | None:
        """The case under which the person looks at this customer, used now; None if there is none.

        Raises `InvalidInput` (`case.required`) if the policy wants one.
        """
        if customer_id is None:
            return None
        cases = self.bank.security.staff_cases
        case = await cases.use(principal.tenant_id, principal.user_id, customer_id)
        if case is None and await self.of(principal) is None:
            await self._end_idle(principal, origin)
        if case is None and self.bank.access.cases.required:
            raise case_refused("case.required", REQUIRED)
        return case

    async def open(
        self, principal: Principal, origin: Origin, customer_id: str, reason: CaseReason, ticket: str | None
    ) -> tuple[StaffCase, Customer]:
        """A new case, which ends the one before. Raises `InvalidInput` with its sentence."""
        if ticket is None and self.bank.access.cases.ticket_required:
            raise case_refused("case.ticket", f"{TICKET_WANTED}The reasons are {REASONS}.")
        if ticket is not None and _TICKET.fullmatch(ticket) is None:
            raise case_refused("case.ticket", _TICKET_FORM)
        try:
            customer = await self.bank.customers.get(principal.tenant_id, customer_id)
        except ToolRefused as error:
            # Another tenant's customer looks like one that does not exist.
            raise case_refused(error.code, _NO_CUSTOMER) from error
        case, before = await self.bank.security.staff_cases.open(
            principal.tenant_id, principal.user_id, customer.customer_id, reason, ticket
        )
        if before is not None:
            await self._tell_of_end(principal, origin, before)
        opened = CaseOpened(
            by=principal.user_id,
            case=case.case_id,
            customer_id=case.customer_id,
            case_reason=reason.value,
            ticket=ticket,
        )
        await self.trail.write(opened, origin, Subject.of(principal))
        return case, customer

    async def close(self, principal: Principal, origin: Origin) -> EndedCase | None:
        """End the person's open case; None if there is none."""
        ended = await self.bank.security.staff_cases.close(principal.tenant_id, principal.user_id)
        if ended is not None:
            await self._tell_of_end(principal, origin, ended)
        return ended

    async def _end_idle(self, principal: Principal, origin: Origin) -> None:
        """Put the end of a case that was idle for too long on the record, when the next look finds it."""
        cases = self.bank.security.staff_cases
        ended = await cases.close(principal.tenant_id, principal.user_id, if_idle=True)
        if ended is not None:
            await self._tell_of_end(principal, origin, ended)

    async def _tell_of_end(self, principal: Principal, origin: Origin, ended: EndedCase) -> None:
        case = ended.case
        event = CaseEnded(by=case.user_id, case=case.case_id, customer_id=case.customer_id, how=ended.how)
        await self.trail.write(event, origin, Subject.of(principal))


def case_refused(code: str, sentence: str) -> InvalidInput:
    """The refusal of a case, or of a look that has none."""
    return InvalidInput("a case was refused", code=code, sentence=sentence)
