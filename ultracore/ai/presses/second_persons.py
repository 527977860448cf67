"""The second person's side: what waits for them, and their yes or no.

What they decide is recorded in the maker's conversation, under the proposal's turn, in their own name; what they
are shown is recorded in theirs.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from ultracore.ai import sentences as wording
from ultracore.ai.approvals import ApprovalDesk, Decided, told_to_maker
from ultracore.ai.presses.service import Presses
from ultracore.ai.presses.summaries import summary_of
from ultracore.ai.recording import RecordingView, TurnLog
from ultracore.ai.screen import ApprovalCard, CardShown, Press, TurnView, WaitingRequest
from ultracore.ai.tools import card_of
from ultracore.audit.vocabulary import DataAccessed
from ultracore.banking import Bank, Proposal, ProposalStatus
from ultracore.banking.cases import Talk
from ultracore.banking.proposals import may_check
from ultracore.cache.stores import Conversations, LoginSessions
from ultracore.errors import ApprovalRefused, CustomerError, InvalidInput, SessionEnded
from ultracore.principal import Principal

CARD_TITLE = "A second person is asked"
TOOK_PART = "You have talked with this customer yourself: somebody else has to check this request."
NOT_A_CHECKER = "Only a supervisor decides on what a member of staff has asked for."


class SecondPersons:
    """Requests that wait for a checker. Whether somebody may be one is asked of their login every time."""

    def __init__(
        self,
        bank: Bank,
        desk: ApprovalDesk,
        logins: LoginSessions,
        conversations: Conversations,
        presses: Presses,
    ) -> None:
        self._bank = bank
        self._desk = desk
        self._logins = logins
        self._conversations = conversations
        self._presses = presses

    async def is_checker(self, login_id: str) -> bool:
        """True for the login of somebody who decides on others' requests."""
        principal = await self._logins.get(login_id)
        return principal is not None and may_check(principal)

    async def checker(self, login_id: str, conversation_id: str) -> Principal:
        """Who decides. Raises `SessionEnded`, and `InvalidInput` unless they may, in their own conversation."""
        principal = await self._logins.get(login_id)
        if principal is None:
            raise SessionEnded("the login session has ended")
        if not may_check(principal):
            raise InvalidInput("no second person", code="role.not_served", sentence=NOT_A_CHECKER)
        state = await self._conversations.owner(conversation_id)
        if state is None or not state.belongs_to(principal):
            raise InvalidInput(
                "not this person's conversation", code="conversation.not_yours", sentence=wording.NOT_YOURS
            )
        return principal

    async def waiting(self, checker: Principal, conversation_id: str, log: TurnLog) -> list[WaitingRequest]:
        """What this checker may decide now, oldest first, each under a one-time id of its own.

        A request shows a customer's data, so that it is on the record (`log`) before it is shown. Raises
        `AuditUnavailable` if it cannot be.
        """
        found = []
        for proposal in await self._bank.two_persons.waiting(checker.tenant_id):
            # Two persons means two: a supervisor who has asked as a maker does not decide on that request.
            if proposal.user_id == checker.user_id or await self._took_part(proposal, checker):
                continue
            try:
                # One request that has just ended must not hide the others from the checker.
                found.append(await self._offered(proposal, checker, conversation_id, log))
            except ApprovalRefused:
                continue
        return found

    async def show_again(
        self, checker: Principal, conversation_id: str, card: CardShown, view: TurnView, log: TurnLog
    ) -> None:
        """Draw the card that stands in this conversation with buttons for another login of the checker."""
        proposal = await self._bank.proposals.get(card.proposal_id)
        if proposal is not None and proposal.status is ProposalStatus.WAITING:
            await view.card((await self._offered(proposal, checker, conversation_id, log)).card)

    async def _offered(
        self, proposal: Proposal, checker: Principal, conversation_id: str, log: TurnLog
    ) -> WaitingRequest:
        """Raises `ApprovalRefused` if this checker may not decide it, or not any more."""
        approval_id = await self._bank.two_persons.issue(proposal.proposal_id, checker, conversation_id)
        cases, customer_id = self._bank.security.staff_cases, proposal.customer_id
        case = await cases.use(checker.tenant_id, checker.user_id, customer_id)
        number, told = (None, None) if case is None else (case.case_id, case.reason.told)
        await log.required(DataAccessed(customer_id, action="waiting_requests", case=number, told=told))
        return await self._request(proposal, approval_id)

    async def _request(self, proposal: Proposal, approval_id: str) -> WaitingRequest:
        customer = await self._bank.customers.get(proposal.tenant_id, proposal.customer_id)
        maker = await self._bank.users.get(proposal.user_id)
        name = proposal.user_id if maker is None else f"{maker.display_name} ({proposal.user_id})"
        card = card_of(proposal, approval_id)
        lines = (("Asked by", name), ("Customer", f"{customer.name} ({customer.customer_id})"), *card.lines)
        return WaitingRequest(
            proposal_id=proposal.proposal_id,
            customer_id=proposal.customer_id,
            maker=name,
            asked_at=proposal.confirmed_at or proposal.created_at,
            summary=summary_of(proposal),
            card=_with_time_left(replace(card, title=CARD_TITLE, lines=lines, button="Approve")),
        )

    async def decide(self, press: Press, checker: Principal, view: TurnView, log: TurnLog) -> None:
        """The checker's press. Waits for the turn of the maker's conversation, and reads the checker again in it.

        `log` is the checker's own conversation. Raises `ApprovalRefused` if the id was never theirs.
        """
        request = await self._bank.two_persons.behind(press.approval_id, checker, press.conversation_id)
        shown = RecordingView(view, log, "Anya")
        await self._presses.in_turn(request.conversation_id, self._answer(request, press, checker, shown))

    async def _answer(self, request: Proposal, press: Press, checker: Principal, shown: RecordingView) -> None:
        makers_log = self._presses.log_of(request, press.connection, by=checker)
        try:
            # Again inside the turn: the wait for it may have outlived the login or the role.
            now = await self.checker(press.login_id, press.conversation_id)
            if await self._took_part(request, now):
                raise ApprovalRefused("the checker took part", code="approval.took_part", sentence=TOOK_PART)
            self._presses.require_a_look(request, press, ProposalStatus.WAITING)
            decided = await self._decided(request, press, now, makers_log)
        except CustomerError as error:
            await self._presses.refused(request, makers_log, shown, error, checker)
            # The refusal itself went to the checker's screen; the maker has a card that waits.
            await self._tell_if_ended(request, error)
            return
        self._presses.count(request, decided)
        await shown.card_closed(decided.state, decided.sentence, proposal=request.proposal_id)
        await self._presses.tell_maker(request, _to_maker(decided), receipt=decided.state == "done")
        if press.approve:
            self._presses.seal_soon()

    async def _took_part(self, request: Proposal, checker: Principal) -> bool:
        """Whether the checker has talked in this conversation, or lately with this customer, in Anya's place."""
        talk = Talk(request.tenant_id, request.conversation_id, request.customer_id)
        return await self._bank.claims.took_part(talk, checker.user_id)

    async def _decided(self, request: Proposal, press: Press, checker: Principal, log: TurnLog) -> Decided:
        if press.approve:
            return await self._desk.approve_second(request, press, checker, log)
        return await self._desk.decline_second(press, checker, log)

    async def _tell_if_ended(self, request: Proposal, error: CustomerError) -> None:
        """A press that finds that the world has moved on ends the request: its maker learns that."""
        now = await self._bank.proposals.get(request.proposal_id)
        if request.status == "waiting" and now is not None and now.status == "void":
            await self._presses.tell_maker(request, told_to_maker(error.sentence))


def _to_maker(decided: Decided) -> str:
    if decided.state == "declined":
        return told_to_maker("It was declined. Nothing was changed.")
    return told_to_maker(decided.sentence)


def _with_time_left(card: ApprovalCard) -> ApprovalCard:
    # A checker may look minutes after the maker has asked, and the card counts down from here.
    return replace(card, seconds=max(0, round((card.expires_at - datetime.now(UTC)).total_seconds())))
