"""The approval desk: what happens when a person presses a card's button, and when nobody does (rules 3 and 4).

A press asks ledger, policy and fraud check again, claims the proposal with a hold on its funds, writes the intent,
settles in one transaction and writes the outcome. Whatever stops it, the funds stay held until the outcome is
known.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from ultracore.ai.faults import faults_told
from ultracore.ai.interfaces import CardState
from ultracore.ai.record import TurnLog
from ultracore.ai.wording import money_text
from ultracore.audit.conversation import Outcome
from ultracore.banking import Bank
from ultracore.banking.interfaces import EntryReceipt, Proposal
from ultracore.errors import ApprovalRefused, LedgerUnavailable, ToolRefused, UltracoreError
from ultracore.principal import Connection, Principal

logger = logging.getLogger(__name__)

UNKNOWN_SENTENCE = (
    "We could not confirm yet whether your transfer of {amount} to {payee} was made. We are checking; please "
    "do not repeat it. We will tell you here."
)
NOT_DONE_SENTENCE = "Your transfer of {amount} to {payee} was not made. Nothing has left your account."


@dataclass(frozen=True, slots=True)
class Decided:
    """How a press or an expiry ended: the card's state and the sentence that stands under it."""

    state: CardState
    sentence: str
    receipt: EntryReceipt | None = None


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
        return Decided("declined", "You declined this transfer. Nothing was changed.")

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
        terms, bank = proposal.terms, self._bank
        try:
            now = await bank.ledger.prepare_transfer(
                proposal.tenant_id,
                proposal.customer_id,
                terms["source_account_id"],
                terms["payee_id"] or terms["destination_account_id"],
                terms["amount"],
                terms["description"],
            )
        except ToolRefused as error:
            return error.code
        decision = bank.access.check(principal, proposal.tool, customer_id=proposal.customer_id, amount=now.amount)
        if not decision.allowed:
            return decision.reason
        fraud = await bank.risk.score_transfer(now, principal, connection)
        return "fraud.blocked" if fraud.decision == "block" else None

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
            return Decided("unknown", UNKNOWN_SENTENCE.format(**_words(claimed)))
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
        receipt: EntryReceipt | None = None,
        reason: str | None = None,
    ) -> None:
        result = None if receipt is None else {"receipt": receipt.receipt_number, "entry": receipt.entry_id}
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


def _words(proposal: Proposal) -> dict[str, str]:
    terms = proposal.terms
    return {"amount": money_text(terms["amount"], terms["currency"]), "payee": terms["destination_name"]}


def not_done(proposal: Proposal) -> str:
    """The sentence for a transfer that certainly did not happen."""
    return NOT_DONE_SENTENCE.format(**_words(proposal))


def receipt_sentence(proposal: Proposal, receipt: EntryReceipt) -> str:
    """The sentence for a transfer that happened, with its receipt number."""
    words = _words(proposal)
    after = money_text(receipt.balance_after.amount, receipt.balance_after.currency)
    source = f"{proposal.terms['source_name']} ··{proposal.terms['source_last_digits']}"
    return (
        f"Done: {words['amount']} to {words['payee']}. The balance of {source} is now {after}. "
        f"Receipt {receipt.receipt_number}."
    )
