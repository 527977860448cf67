"""`/approve`: a page of our own on which one card of the frame is decided, without a login of the page.

The frame gets a ticket for a button of its login. For it, our page shows the whole card in a window of its own,
with nothing over it, and takes one answer. It sets no cookie and reads none: it begins no session.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ultracore.ai.presses import LOOK_SECONDS, TOO_SOON
from ultracore.ai.screen import Press
from ultracore.ai.tools import card_of
from ultracore.banking import Proposal, ProposalStatus
from ultracore.chat.door import read_object
from ultracore.chat.interfaces import Logins, SecondProofs
from ultracore.errors import CustomerError, InvalidInput, SessionEnded
from ultracore.principal import Connection, Principal, Role
from ultracore.web import Form, PageTable, Site
from ultracore.widget import GOOD_FOR, ApprovalTicket, ApprovalTickets, TicketRefused, TicketStep

APPROVE: Final = "/approve"
_LONGEST_TICKET: Final = 2048
_LONGEST_CODE: Final = 20
_LONGEST_ID: Final = 128
_NO_FACTOR: Final = "This wants a code of your second factor, and you have none yet. Set one up, and ask again."
_NO_CODE: Final = "Please type the code of your app."
_OUTCOMES: Final = {
    ProposalStatus.DONE: ("Done", "It is carried out, and your conversation has the receipt."),
    ProposalStatus.DECLINED: ("Declined", "You declined this request. Nothing was changed."),
    ProposalStatus.OPEN: ("Not decided", "This was not carried out. Your conversation says why."),
    ProposalStatus.CLAIMED: (
        "We are still checking",
        "Please do not ask for it again. Your conversation says how it ends.",
    ),
}
_OTHER: Final = ("Not carried out", "Your conversation says what has become of this request.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalParts:
    """The open program, as this page sees it."""

    logins: Logins
    button: Callable[[str, Principal], Awaitable[Proposal]]
    """The proposal of a button of this login. Raises `ApprovalRefused`."""
    proposal: Callable[[str], Awaitable[Proposal | None]]
    step_ups: SecondProofs
    tickets: ApprovalTickets
    press: Callable[[Press, Principal], Awaitable[None]]


class ApprovalPages:
    """`POST /widget/approval-ticket` for the frame, and the page that the ticket opens."""

    def __init__(
        self, site: Site, parts: Callable[[], ApprovalParts], connection: Callable[[Request], Connection]
    ) -> None:
        self._site = site
        self._parts = parts
        self._connection = connection
        self._templates = site.templates(Path(__file__).parent / "templates")

    def table(self) -> PageTable:
        """The page's routes."""
        table = PageTable(self._site)
        table.add_open("GET", APPROVE, self._looked_at)
        table.add_open("POST", APPROVE, self._opened)
        table.add_open("POST", f"{APPROVE}/answer", self._answered)
        return table

    async def ticket(self, request: Request) -> Response:
        """A ticket for a card of the frame's login. Raises `ApprovalRefused` for other ids."""
        principal, parts = await self._site.door.caller(request), self._parts()
        if principal is None:
            raise SessionEnded("no live login session")
        approval_id = read_object(await request.body()).get("approval_id")
        if not isinstance(approval_id, str) or not 0 < len(approval_id) <= _LONGEST_ID:
            raise InvalidInput("malformed approval id", code="input.ticket")
        await parts.button(approval_id, principal)
        ticket = parts.tickets.issue(TicketStep.OPEN, principal.login_id, approval_id)
        seconds = int(GOOD_FOR[TicketStep.OPEN].total_seconds())
        return JSONResponse({"ticket": ticket, "seconds": seconds})

    async def _looked_at(self, request: Request, form: Form) -> Response:
        """An address in a history, or a link that was sent on: nothing is shown, and nothing used up."""
        raise TicketRefused("the page is opened by a ticket", code="ticket.unknown")

    async def _opened(self, request: Request, form: Form) -> Response:
        parts = self._parts()
        ticket = parts.tickets.read(_ticket(form), TicketStep.OPEN)
        principal, proposal = await _behind(parts, ticket)
        await parts.tickets.spend(ticket)
        answer = parts.tickets.issue(TicketStep.ANSWER, principal.login_id, ticket.approval_id)
        return await self._card(request, (principal, proposal), ticket.approval_id, answer)

    async def _answered(self, request: Request, form: Form) -> Response:
        parts, sealed, browser = self._parts(), _ticket(form), self._connection(request)
        ticket = parts.tickets.read(sealed, TicketStep.ANSWER)
        approve = form.text("answer", "the answer") == "approve"
        principal, proposal = await _behind(parts, ticket)
        shown = (datetime.now(UTC) - ticket.issued_at).total_seconds()
        # Refused here, and not by the press, so that the ticket stays good for who has read the card by then.
        problem = TOO_SOON if shown < LOOK_SECONDS else None
        if problem is None and approve:
            problem = await self._unproved(ticket, principal, form, browser)
        if problem is not None:
            return await self._card(request, (principal, proposal), ticket.approval_id, sealed, problem)
        await parts.tickets.spend(ticket)
        place = ticket.login_id, proposal.conversation_id, ticket.approval_id
        await parts.press(Press(*place, approve, browser, shown), principal)
        now = await parts.proposal(proposal.proposal_id)
        title, sentence = _OTHER if now is None else _OUTCOMES.get(now.status, _OTHER)
        return self._templates.show("approved.html", request, None, title=title, sentence=sentence)

    async def _unproved(
        self, ticket: ApprovalTicket, principal: Principal, form: Form, browser: Connection
    ) -> str | None:
        """What is missing before the button may be pressed; None once a wanted code is proved."""
        step_ups = self._parts().step_ups
        look = await step_ups.look(ticket.approval_id, principal, browser)
        if not look.wanted:
            return None
        code = form.optional("code", "the code", longest=_LONGEST_CODE)
        if not look.enrolled or not code:
            return _NO_CODE if look.enrolled else _NO_FACTOR
        try:
            await step_ups.prove(ticket.approval_id, principal, code, browser)
        except CustomerError as error:
            return error.sentence
        return None

    async def _card(
        self, request: Request, whose: tuple[Principal, Proposal], approval_id: str, ticket: str, problem: str = ""
    ) -> Response:
        principal, proposal = whose
        look = await self._parts().step_ups.look(approval_id, principal, self._connection(request))
        return self._templates.show(
            "approve.html",
            request,
            None,
            card=card_of(proposal, ""),
            person=principal.display_name or principal.user_id,
            asks_code=look.wanted,
            ticket=ticket,
            problem=problem,
            status=400 if problem else 200,
        )


async def _behind(parts: ApprovalParts, ticket: ApprovalTicket) -> tuple[Principal, Proposal]:
    """Whose ticket it is and the card of it, as both are now. Raises `TicketRefused` and `ApprovalRefused`."""
    principal = await parts.logins.get(ticket.login_id)
    if principal is None or Role.CUSTOMER not in principal.roles:
        raise TicketRefused("the login session of the ticket has ended", code="ticket.session")
    proposal = await parts.button(ticket.approval_id, principal)
    if proposal.status is not ProposalStatus.OPEN or proposal.expires_at <= datetime.now(UTC):
        raise TicketRefused("the card is not open any more", code="ticket.closed")
    return principal, proposal


def _ticket(form: Form) -> str:
    return form.text("ticket", "the ticket", longest=_LONGEST_TICKET)
