"""`/case`: a member of staff says why they work for a customer, and when they are done."""

from __future__ import annotations

import re
from typing import Final

from ultracore.ai.open_turn import OpenTurn
from ultracore.ai.screen import Choice
from ultracore.ai.staff.case_book import HOW, CaseBook, case_refused
from ultracore.audit import AuditTrail, Origin
from ultracore.banking import Bank, Customer
from ultracore.banking.access import CaseReason, StaffCase

CASE: Final = "/case"
CLOSE_WORDS: Final = frozenset({"close case", "close the case", "close my case"})
_CUSTOMER: Final = re.compile(r"cust_[A-Za-z0-9]{1,59}", re.IGNORECASE)
NONE_OPEN: Final = f"You have no open case. {HOW}"
NO_CUSTOMERS: Final = "Your desk works for no customers and opens no recorded conversations, so it needs no case."


class CaseDesk:
    """Carries the command out. Every opening and end is on the tenant's system stream."""

    def __init__(self, bank: Bank, trail: AuditTrail) -> None:
        self._book = CaseBook(bank, trail)

    async def command(self, turn: OpenTurn, rest: str) -> Customer | None:
        """`/case`, `/case close`, `/case [customer] reason [ticket]`. Returns the customer of a case that began.

        Raises `InvalidInput` with its sentence.
        """
        if not self._book.has_use(turn.principal):
            raise case_refused("case.not_allowed", NO_CUSTOMERS)
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
        ended = await self._book.close(turn.principal, _origin(turn))
        if ended is None:
            raise case_refused("case.none", NONE_OPEN)
        told = "had ended by itself: it was idle for 30 minutes" if ended.how == "idle" else "is closed"
        await turn.view.message(f"The case for {ended.case.customer_id} {told}.", kind="notice")

    async def used(self, turn: OpenTurn, customer_id: str | None) -> StaffCase | None:
        """The case under which the person looks at this customer, used now; None if there is none.

        Raises `InvalidInput` (`case.required`) if the policy wants one.
        """
        return await self._book.used(turn.principal, _origin(turn), customer_id)

    async def is_open(self, turn: OpenTurn, customer_id: str | None) -> bool:
        """True while the person has a case for this customer open; asking does not use it."""
        case = await self._book.of(turn.principal)
        return case is not None and case.customer_id == customer_id

    async def _show(self, turn: OpenTurn) -> None:
        case = await self._book.of(turn.principal)
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
            raise case_refused("case.how", HOW)
        reason, ticket = CaseReason(words[0].lower()), " ".join(words[1:]) or None
        case, customer = await self._book.open(turn.principal, _origin(turn), named, reason, ticket)
        seen = "The customer is told the reason" if reason.told else "The customer is told nothing of it"
        await turn.view.message(
            f"Your case for {case.customer_id} is open: {reason}. {seen} if they ask who looked at their data. It"
            f" ends after 30 idle minutes, or when you write “close case”.",
            kind="notice",
        )
        return customer


def _origin(turn: OpenTurn) -> Origin:
    principal, browser = turn.principal, turn.inbound.connection
    return Origin(
        principal.tenant_id,
        principal.user_id,
        ip_address=browser.ip_address,
        user_agent=browser.user_agent,
        request_id=turn.reference,
    )
