"""What a crash left open is closed by asking the ledger, never by doing anything again (rules 2 and 4)."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from ultracore.ai.approvals import not_done, receipt_sentence
from ultracore.ai.conversation.ports import Notices
from ultracore.ai.conversation.presses import Presses, principal_of
from ultracore.audit.conversation import ConversationRecord, Outcome
from ultracore.audit.interfaces import AuditStore, OpenIntent
from ultracore.audit.trail import AuditTrail
from ultracore.banking import Bank
from ultracore.banking.interfaces import EntryReceipt, Proposal
from ultracore.errors import UltracoreError
from ultracore.principal import Principal

logger = logging.getLogger(__name__)

GRACE = timedelta(seconds=30)
"""How old an intent must be before anybody but a starting single server takes it for abandoned."""


class Reconciler:
    """Closes open intents and abandoned claims. Running it twice, or in two processes, changes nothing more."""

    def __init__(
        self, bank: Bank, trail: AuditTrail, store: AuditStore, notices: Notices, presses: Presses
    ) -> None:
        self._bank = bank
        self._trail = trail
        self._store = store
        self._notices = notices
        self._presses = presses

    async def run(self, *, grace: timedelta = GRACE) -> int:
        """One pass. Returns how many intents and claims were closed. `grace` spares what may still be running."""
        before = datetime.now(UTC) - grace
        closed = 0
        for intent in await self._store.open_intents():
            if intent.time <= before:
                await self._close(intent)
                closed += 1
        for proposal in await self._bank.proposals.claimed():
            if proposal.created_at <= before and await self._release(proposal):
                closed += 1
        for proposal in await self._bank.proposals.unrecorded_expiries(before):
            await self._presses.record_expiry(proposal)
        return closed

    async def _close(self, intent: OpenIntent) -> None:
        proposal = await self._bank.proposals.get(intent.proposal) if intent.proposal else None
        if proposal is not None:
            # A claim that is released can never be settled: only then is "no entry" a final answer.
            receipt = await self._bank.ledger.entry_for_intent(intent.event_id)
            if receipt is None:
                await self._bank.proposals.release(proposal.proposal_id, "failed", "outcome.not_done")
                receipt = await self._bank.ledger.entry_for_intent(intent.event_id)
            await self._resolve(intent, principal_of(proposal), receipt)
            await self._tell(proposal, receipt)
        else:
            await self._resolve(intent, _stranger(intent), None)

    async def _resolve(self, intent: OpenIntent, principal: Principal, receipt: EntryReceipt | None) -> None:
        outcome: Outcome = "failure" if receipt is None else "success"
        record = ConversationRecord(self._trail, principal, intent.stream_id)
        turn = record.turn(intent.turn_id or intent.event_id, intent.request_id or "")
        await turn.outcome_resolved(
            intent.tool or "unknown",
            outcome=outcome,
            intent=intent.event_id,
            proposal=intent.proposal,
            entry=None if receipt is None else receipt.entry_id,
        )
        logger.info("open intent closed", extra={"intent": intent.event_id, "outcome": outcome})

    async def _tell(self, proposal: Proposal, receipt: EntryReceipt | None) -> None:
        sentence = not_done(proposal) if receipt is None else receipt_sentence(proposal, receipt)
        told = f"About the transfer that was interrupted: {sentence}"
        try:
            await self._notices.add_notice(proposal.tenant_id, proposal.user_id, told)
        except UltracoreError as error:
            logger.warning("a notice could not be left: %s", error.code)

    async def _release(self, proposal: Proposal) -> bool:
        """A claim whose intent was never written: nothing can have happened under it."""
        released = await self._bank.proposals.release(proposal.proposal_id, "failed", "outcome.not_done")
        if released is not None:
            await self._tell(proposal, None)
        return released is not None


def _stranger(intent: OpenIntent) -> Principal:
    """For an intent without a proposal (a read): the event is sealed with the tenant's key."""
    return Principal(tenant_id=intent.tenant_id, user_id="system", login_id="", roles=frozenset())
