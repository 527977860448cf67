"""`/case`: a member of staff says why they work for a customer, and when they are done."""

from __future__ import annotations

import re
from typing import Final

from ultracore.ai.open_turn import OpenTurn
from ultracore.ai.screen import Choice
from ultracore.audit import AuditTrail, Origin, Subject
from ultracore.audit.vocabulary import CaseEnded, CaseOpened
from ultracore.banking import Bank, Customer
from ultracore.banking.access import CaseReason, EndedCase, StaffCase
from ultracore.errors import InvalidInput, ToolRefused

CASE: Final = "/case"
CLOSE_WORDS: Final = frozenset({"close case", "close the case", "close my case"})
_CUSTOMER: Final = re.compile(r"cust_[A-Za-z0-9]{1,59}", re.IGNORECASE)
_TICKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")
_REASONS: Final = ", ".join(CaseReason)
HOW: Final = (
    f"Open a case with {CASE}, the customer's id and a reason, as in “{CASE} cust_1 request”. The reasons are "
    f"{_REASONS}."
)
TICKET_WANTED: Final = f"Your bank wants a ticket number with it, as in “{CASE} cust_1 request T-1042”. "
REQUIRED: Final = f"You have no open case for this customer, so nothing was looked up. {HOW}"
NONE_OPEN: Final = f"You have no open case. {HOW}"
NO_CUSTOMERS: Final = "Your desk works for no customers and opens no recorded conversations, so it needs no case."


class CaseDesk:
    """Carries the command out. Every opening and end is on the tenant's system stream."""

    def __init__(self, bank: Bank, trail: AuditTrail) -> None:
        self._bank = bank
        self._trail = trail

    async def command(self, turn: OpenTurn, rest: str) -> Customer | None:
        """`/case`, `/case close`, `/case [customer] reason [ticket]`. Returns the customer of a case that began.

        Raises `InvalidInput` with its sentence.
        """
        access, principal = self._bank.access, turn.principal
        if not (access.names_customers(principal) or access.record_view(principal)):
            raise _refused("case.not_allowed", NO_CUSTOMERS)
        words = rest.split()
        if not words:
            await self._show(turn)
        elif words[0].lower() == "close":
            await self.close(turn)
        else:
            return await self._open(turn, words)
        return None

    async def close(self, turn: OpenTurn) -> None:
        """End the open case, by `/case close` or by words."""
        ended = await self._bank.security.staff_cases.close(turn.principal.tenant_id, turn.principal.user_id)
        if ended is None:
            raise _refused("case.none", NONE_OPEN)
        await self._tell_of_end(turn, ended)
        told = "had ended by itself: it was idle for 30 minutes" if ended.how == "idle" else "is closed"
        await turn.view.message(f"The case for {ended.case.customer_id} {told}.", kind="notice")

    async def used(self, turn: OpenTurn, customer_id: str) -> StaffCase | None:
        """The case under which the person looks at this customer, used now; None if there is none.

        Raises `InvalidInput` (`case.required`) if the policy wants one.
        """
        principal = turn.principal
        case = await self._bank.security.staff_cases.use(principal.tenant_id, principal.user_id, customer_id)
        if (
            case is None
            and await self._bank.security.staff_cases.of(principal.tenant_id, principal.user_id) is None
        ):
            await self._end_idle(turn)
        if case is None and self._bank.access.cases.required:
            raise _refused("case.required", REQUIRED)
        return case

    async def _show(self, turn: OpenTurn) -> None:
        case = await self._bank.security.staff_cases.of(turn.principal.tenant_id, turn.principal.user_id)
        if case is not None:
            ticket = f", ticket {case.ticket}" if case.ticket else ""
            said = (
                f"Your case for {case.customer_id} is open ({case.reason}{ticket}). It ends after 30 idle minutes."
            )
            await turn.view.message(said, kind="notice")
            return await turn.view.choose("Shall I close it?", [Choice(f"{CASE} close", "Close case")])
        await turn.view.message(NONE_OPEN, kind="notice")

    async def _open(self, turn: OpenTurn, words: list[str]) -> Customer:
        named = words.pop(0).lower() if _CUSTOMER.fullmatch(words[0]) else turn.working_for
        if named is None or not words or words[0].lower() not in [*CaseReason]:
            raise _refused("case.how", HOW)
        reason, ticket = CaseReason(words[0].lower()), " ".join(words[1:]) or None
        if ticket is not None and _TICKET.fullmatch(ticket) is None:
            raise _refused("case.ticket", "A ticket number has letters, digits and . _ / - only, 64 at most.")
        if ticket is None and self._bank.access.cases.ticket_required:
            raise _refused("case.ticket", f"{TICKET_WANTED}The reasons are {_REASONS}.")
        principal = turn.principal
        try:
            customer = await self._bank.customers.get(principal.tenant_id, named)
        except ToolRefused as error:
            # Another tenant's customer looks like one that does not exist.
            raise _refused(
                error.code, "I can't find that customer at your bank, so no case was opened."
            ) from error
        case, before = await self._bank.security.staff_cases.open(
            principal.tenant_id, principal.user_id, customer.customer_id, reason, ticket
        )
        if before is not None:
            await self._tell_of_end(turn, before)
        opened = CaseOpened(
            by=principal.user_id,
            case=case.case_id,
            customer_id=case.customer_id,
            case_reason=reason.value,
            ticket=ticket,
        )
        await self._trail.write(opened, _origin(turn), Subject.of(principal))
        seen = "The customer is told the reason" if reason.told else "The customer is told nothing of it"
        await turn.view.message(
            f"Your case for {case.customer_id} is open: {reason}. {seen} if they ask who looked at their data. It"
            f" ends after 30 idle minutes, or when you write “close case”.",
            kind="notice",
        )
        return customer

    async def _end_idle(self, turn: OpenTurn) -> None:
        """Put the end of a case that was idle for too long on the record, when the next look finds it."""
        principal = turn.principal
        cases = self._bank.security.staff_cases
        ended = await cases.close(principal.tenant_id, principal.user_id, if_idle=True)
        if ended is not None:
            await self._tell_of_end(turn, ended)

    async def _tell_of_end(self, turn: OpenTurn, ended: EndedCase) -> None:
        case = ended.case
        event = CaseEnded(by=case.user_id, case=case.case_id, customer_id=case.customer_id, how=ended.how)
        await self._trail.write(event, _origin(turn), Subject.of(turn.principal))


def _origin(turn: OpenTurn) -> Origin:
    principal, browser = turn.principal, turn.inbound.connection
    return Origin(
        principal.tenant_id,
        principal.user_id,
        ip_address=browser.ip_address,
        user_agent=browser.user_agent,
        request_id=turn.reference,
    )


def _refused(code: str, sentence: str) -> InvalidInput:
    return InvalidInput("a case was refused", code=code, sentence=sentence)
