"""The approval desk: what happens when a person presses a card's button.

A press asks ledger, policy and fraud check again, claims the proposal with a hold on its funds, writes the intent,
settles in one transaction and writes the outcome. If anything stops it, the funds stay held until the outcome
is known.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from ultracore.ai.approvals.objections import Askers, Objections
from ultracore.ai.approvals.wording import (
    declined,
    ended,
    not_done,
    receipt_record,
    receipt_sentence,
    second_person_asked,
    unknown,
)
from ultracore.ai.faults import faults_told
from ultracore.ai.recording import TurnLog
from ultracore.ai.screen import CardState, Press
from ultracore.audit.vocabulary import ApprovalDeclined, ApprovalGiven, Outcome, ToolDecided, ToolExecuted
from ultracore.banking import Bank, Proposal, ProposalStatus, Receipt
from ultracore.banking.access import access_refused
from ultracore.errors import ApprovalRefused, LedgerUnavailable, ToolRefused, UltracoreError
from ultracore.principal import Connection, Principal

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Decided:
    """How a press or an expiry ended: the card's state and the sentence that stands under it.

    `outcome` is set if the tool was carried out, or may have been.
    """

    state: CardState
    sentence: str
    receipt: Receipt | None = None
    outcome: Outcome | None = None


LogFor = Callable[[Proposal], TurnLog]


class ApprovalDesk:
    """Turns presses into effects, exactly once each. `reconciler` finishes what a crash left open."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._objections = Objections(bank)

    async def find(self, approval_id: str, principal: Principal, conversation_id: str) -> Proposal:
        """The proposal behind a button of this login and conversation, in any state.

        Raises `ApprovalRefused` (`approval.unknown`) for every other id, so that a guess learns nothing.
        """
        return await self._bank.proposals.behind(approval_id, principal, conversation_id)

    async def told_of(self, proposal_id: str) -> tuple[ProposalStatus | None, str | None]:
        """The state of a proposal by the ledger, and what became of it in a sentence: None while it is open."""
        proposal = await self._bank.proposals.get(proposal_id)
        if proposal is None:
            return None, None
        receipt = await self._bank.proposals.receipt(proposal_id)
        return proposal.status, ended(proposal, receipt, datetime.now(UTC))

    async def decline(self, proposal: Proposal, principal: Principal, log: TurnLog) -> Decided:
        """Close an open proposal with a no. Raises `ApprovalRefused` if it is not open any more."""
        await self._bank.proposals.decline(proposal.proposal_id, principal.login_id, proposal.conversation_id)
        await log.best_effort(
            ApprovalDeclined(proposal.tool, proposal=proposal.proposal_id, reason="customer.declined")
        )
        return Decided("declined", declined(proposal))

    async def approve(
        self, proposal: Proposal, principal: Principal, connection: Connection, log: TurnLog
    ) -> Decided:
        """Carry out an approved proposal; one of two persons is confirmed, and waits for the second.

        Raises `ApprovalRefused` if it can no longer be approved.
        """
        # Before the claim, whose hold would count against the funds that are checked.
        asking = Askers(principal, principal, connection)
        objection = await self._objections.to_proposal(proposal, asking)
        # A code is given for something that can be done: what is refused anyway uses none up.
        proof = objection is None and await self._objections.want_proof(proposal, asking)
        if proposal.two_persons:
            return await self._confirm(proposal, principal, objection, log, proof=proof)
        claimed = await self._bank.proposals.claim(
            proposal.proposal_id, principal.login_id, proposal.conversation_id, proof=proof
        )
        return await self._carry_out(claimed, objection, log)

    async def approve_second(self, request: Proposal, press: Press, checker: Principal, log: TurnLog) -> Decided:
        """Carry out what a maker has confirmed and the checker approves now; everything is asked again.

        `log` is the maker's conversation, written by the checker. Raises `ApprovalRefused` as `approve` does.
        """
        # Minutes may lie between the two: a maker who has lost the role since has nothing carried out.
        maker = await self._maker(request)
        # Refused until the maker is found: for one who cannot sign in any more nothing is carried out.
        objection: ToolRefused | None = access_refused("access.tool_not_allowed")
        if maker is not None:
            asking = Askers(maker, checker, press.connection)
            objection = await self._objections.to_proposal(request, asking)
            # The request goes on waiting: another checker can decide it.
            if objection is None and await self._objections.is_doubtful(request, asking):
                doubt = access_refused("access.step_up")
                raise ApprovalRefused(doubt.message, code=doubt.code, sentence=doubt.sentence)
        claimed = await self._bank.two_persons.claim(press.approval_id, checker, press.conversation_id)
        return await self._carry_out(claimed, objection, log)

    async def decline_second(self, press: Press, checker: Principal, log: TurnLog) -> Decided:
        """The checker's no. Raises `ApprovalRefused` if the request does not wait any more."""
        request = await self._bank.two_persons.decline(press.approval_id, checker, press.conversation_id)
        number = request.proposal_id
        await log.best_effort(ApprovalDeclined(request.tool, proposal=number, reason="checker.declined"))
        return Decided("declined", declined(request))

    async def _maker(self, request: Proposal) -> Principal | None:
        """The maker with the roles that they have now; None if they cannot sign in any more."""
        user = await self._bank.users.get(request.user_id)
        if user is None or user.tenant_id != request.tenant_id:
            return None
        return Principal(
            tenant_id=user.tenant_id,
            user_id=user.user_id,
            login_id=request.login_id,
            roles=user.roles,
            customer_id=user.customer_id,
            display_name=user.display_name,
        )

    async def _confirm(
        self,
        proposal: Proposal,
        principal: Principal,
        objection: ToolRefused | None,
        log: TurnLog,
        *,
        proof: bool,
    ) -> Decided:
        """The maker's yes. The request is offered to a second person once that yes is on the record."""
        confirmed = await self._bank.two_persons.confirm(
            proposal.proposal_id, principal.login_id, proposal.conversation_id, proof=proof
        )
        try:
            await self._approval(confirmed, objection, log)
        except UltracoreError as error:
            return await self._refuse(confirmed, log, error)
        # Only after the record has the yes: nothing is offered to a checker that the record does not know of.
        await self._bank.two_persons.announce(confirmed.proposal_id)
        return Decided("waiting", second_person_asked(confirmed))

    async def _carry_out(self, claimed: Proposal, objection: ToolRefused | None, log: TurnLog) -> Decided:
        number = claimed.proposal_id
        try:
            await self._approval(claimed, objection, log)
            # The intent is on disk before the effect, so a crash in between leaves something to be asked about.
            intent = await log.required(
                ToolDecided(claimed.tool, claimed.arguments, result="allowed", proposal=number)
            )
        except UltracoreError as error:
            return await self._refuse(claimed, log, error)
        return await self._settle(claimed, intent.event_id, log)

    async def _approval(self, proposal: Proposal, objection: ToolRefused | None, log: TurnLog) -> None:
        """The yes on the record; then what stands against it, as `ToolRefused`."""
        await log.required(ApprovalGiven(proposal.tool, proposal=proposal.proposal_id))
        if objection is not None:
            raise objection

    async def _refuse(self, claimed: Proposal, log: TurnLog, error: UltracoreError) -> Decided:
        # The hold first: the customer's money is free again even if the record cannot be written.
        await self._release(claimed, error.code)
        await log.best_effort(
            ToolDecided(
                claimed.tool,
                claimed.arguments,
                result="denied",
                reason=error.code,
                proposal=claimed.proposal_id,
            )
        )
        return Decided("not_done", not_done(claimed, error))

    async def _settle(self, claimed: Proposal, intent: str, log: TurnLog) -> Decided:
        try:
            with faults_told():
                receipt = await self._bank.proposals.settle(claimed.proposal_id, intent)
        # The ledger has said no, so nothing has moved and the claim can end.
        except (ToolRefused, ApprovalRefused) as error:
            await self._release(claimed, error.code)
            await self._executed(claimed, intent, log, "failure", reason=error.code)
            return Decided("not_done", not_done(claimed, error), outcome="failure")
        except UltracoreError as error:
            # Neither yes nor no: the hold stays, because releasing it could pay out the same money twice.
            logger.warning("settling is unresolved: %s", error.code, extra={"proposal": claimed.proposal_id})
            await self._executed(claimed, intent, log, "unknown", reason=error.code)
            return Decided("unknown", unknown(claimed), outcome="unknown")
        await self._executed(claimed, intent, log, "success", receipt)
        return Decided("done", receipt_sentence(claimed, receipt), receipt, outcome="success")

    async def _release(self, claimed: Proposal, reason: str) -> None:
        """End a claim under which nothing can have happened; if the ledger is down, the reconciler ends it."""
        try:
            await self._bank.proposals.release(claimed.proposal_id, "failed", reason)
        except LedgerUnavailable as error:
            logger.warning(
                "a hold is left to the reconciler: %s", error.code, extra={"proposal": claimed.proposal_id}
            )

    async def _executed(
        self,
        claimed: Proposal,
        intent: str,
        log: TurnLog,
        outcome: Outcome,
        receipt: Receipt | None = None,
        reason: str | None = None,
    ) -> None:
        result = None if receipt is None else receipt_record(receipt)
        await log.best_effort(
            ToolExecuted(
                claimed.tool,
                claimed.arguments,
                outcome=outcome,
                result=result,
                intent=intent,
                proposal=claimed.proposal_id,
                entry=None if receipt is None else receipt.entry_id,
                reason=reason,
            )
        )
