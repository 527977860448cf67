"""The approval desk: what happens when a person presses a card's button, and when nobody does (rules 3 and 4).

A press asks ledger, policy and fraud check again, claims the proposal with a hold on its funds, writes the intent,
settles in one transaction and writes the outcome. Whatever stops it, the funds stay held until the outcome is
known.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from ultracore.ai.approval_wording import (
    declined,
    is_transfer,
    not_done,
    receipt_record,
    receipt_sentence,
    unknown,
)
from ultracore.ai.faults import faults_told
from ultracore.ai.interfaces import CardState
from ultracore.ai.record import TurnLog
from ultracore.audit.conversation import Outcome
from ultracore.banking import Bank
from ultracore.banking.actions import Receipt
from ultracore.banking.interfaces import Proposal, TransferTerms
from ultracore.errors import ApprovalRefused, LedgerUnavailable, ToolRefused, UltracoreError
from ultracore.principal import Connection, Principal

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Decided:
    """How a press or an expiry ended: the card's state and the sentence that stands under it."""

    state: CardState
    sentence: str
    receipt: Receipt | None = None


LogFor = Callable[[Proposal], TurnLog]


class ApprovalDesk:
    """Turns presses into effects, exactly once each. `reconciler` finishes what a crash left open."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank

    async def find(self, approval_id: str, principal: Principal, conversation_id: str) -> Proposal:
        """The proposal behind a button of this login and conversation.

        Raises `ApprovalRefused` (`approval.unknown`) for every other id, so that a guess learns nothing.
        """
        proposal = await self._bank.proposals.by_approval(approval_id)
        if proposal is None or (proposal.login_id, proposal.conversation_id, proposal.tenant_id) != (
            principal.login_id,
            conversation_id,
            principal.tenant_id,
        ):
            raise ApprovalRefused("no such proposal for this session", code="approval.unknown")
        return proposal

    async def decline(self, proposal: Proposal, log: TurnLog) -> Decided:
        """Close an open proposal with a no. Raises `ApprovalRefused` where it is not open any more."""
        await self._bank.proposals.decline(proposal.proposal_id, proposal.login_id, proposal.conversation_id)
        await log.attempt(
            lambda: log.record.approval_declined(
                proposal.tool, proposal=proposal.proposal_id, reason="customer.declined"
            )
        )
        return Decided("declined", declined(proposal))

    async def approve(
        self, proposal: Proposal, principal: Principal, connection: Connection, log: TurnLog
    ) -> Decided:
        """Carry out an approved proposal. Raises `ApprovalRefused` where it can no longer be approved."""
        objection = await self._objection(proposal, principal, connection)
        claimed = await self._bank.proposals.claim(
            proposal.proposal_id, principal.login_id, proposal.conversation_id
        )
        number = claimed.proposal_id
        try:
            await log.must(lambda: log.record.approval_given(claimed.tool, proposal=number))
            if objection is not None:
                raise ToolRefused("policy, fraud check or ledger refused the effect", code=objection)
            intent = await log.must(
                lambda: log.record.tool_decided(claimed.tool, claimed.arguments, result="allowed", proposal=number)
            )
        except UltracoreError as error:
            return await self._refuse(claimed, log, error)
        return await self._settle(claimed, intent.event_id, log)

    async def _objection(self, proposal: Proposal, principal: Principal, connection: Connection) -> str | None:
        """What stands against the effect now, as a code: the terms, the policy and the fraud check, asked afresh.

        Asked before the claim, since the claim's own hold would count against the funds.
        """
        bank = self._bank
        try:
            transfer = await self._prepared(proposal)
        except ToolRefused as error:
            return error.code
        amount = None if transfer is None else transfer.amount
        decision = bank.access.check(principal, proposal.tool, customer_id=proposal.customer_id, amount=amount)
        if not decision.allowed:
            return decision.reason
        if transfer is None:
            return await bank.proposals.objection(proposal.proposal_id)
        fraud = await bank.risk.score_transfer(transfer, principal, connection)
        return "fraud.blocked" if fraud.decision == "block" else None

    async def _prepared(self, proposal: Proposal) -> TransferTerms | None:
        """The transfer as the ledger would make it now; None for an action, whose effect is asked instead."""
        if not is_transfer(proposal):
            return None
        terms = proposal.transfer
        return await self._bank.ledger.prepare_transfer(
            proposal.tenant_id,
            proposal.customer_id,
            terms["source_account_id"],
            terms["payee_id"] or terms["destination_account_id"],
            terms["amount"],
            terms["description"],
        )

    async def _refuse(self, claimed: Proposal, log: TurnLog, error: UltracoreError) -> Decided:
        await self._release(claimed, error.code)
        await log.attempt(
            lambda: log.record.tool_decided(
                claimed.tool,
                claimed.arguments,
                result="denied",
                reason=error.code,
                proposal=claimed.proposal_id,
            )
        )
        return Decided("not_done", not_done(claimed))

    async def _settle(self, claimed: Proposal, intent: str, log: TurnLog) -> Decided:
        try:
            with faults_told():
                receipt = await self._bank.proposals.settle(claimed.proposal_id, intent)
        except (ToolRefused, ApprovalRefused) as error:
            await self._release(claimed, error.code)
            await self._executed(claimed, intent, log, "failure", reason=error.code)
            return Decided("not_done", not_done(claimed))
        except UltracoreError as error:
            logger.warning("settling is unresolved: %s", error.code, extra={"proposal": claimed.proposal_id})
            await self._executed(claimed, intent, log, "unknown", reason=error.code)
            return Decided("unknown", unknown(claimed))
        await self._executed(claimed, intent, log, "success", receipt)
        return Decided("done", receipt_sentence(claimed, receipt), receipt)

    async def _release(self, claimed: Proposal, reason: str) -> None:
        """End a claim under which nothing can have happened; where the ledger is down, the reconciler ends it."""
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
        await log.attempt(
            lambda: log.record.tool_executed(
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
