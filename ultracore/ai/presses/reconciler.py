"""What a crash left open is closed by asking the ledger, never by doing anything again."""

from __future__ import annotations

import logging
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from ultracore.ai.approvals import after_interruption
from ultracore.ai.presses.service import Presses, principal_of
from ultracore.ai.screen import CardState
from ultracore.audit import AuditStore, AuditTrail, ConversationRecord, OpenIntent
from ultracore.audit.vocabulary import Arguments, Outcome, OutcomeResolved
from ultracore.banking import Bank, Proposal, ProposalStatus, Receipt
from ultracore.cache.stores import Notices, TurnLock
from ultracore.errors import CacheUnavailable, RateLimited
from ultracore.principal import Principal

logger = logging.getLogger(__name__)

GRACE = timedelta(seconds=30)
"""How old an intent must be before anybody but a starting single server takes it for abandoned."""


class Reconciler:
    """Closes open intents and abandoned claims. Running it twice, or in two processes, changes nothing more.

    It takes a conversation's turn for it, so that no press and no turn is at work there, and looks again then.
    """

    def __init__(
        self,
        bank: Bank,
        trail: AuditTrail,
        store: AuditStore,
        notices: Notices,
        locks: TurnLock,
        presses: Presses,
    ) -> None:
        self._bank = bank
        self._trail = trail
        self._store = store
        self._notices = notices
        self._locks = locks
        self._presses = presses

    async def run(self, *, alone: bool = False) -> int:
        """One pass. Returns how many intents and claims were closed; buttons that are long over are deleted too.

        What is younger than `GRACE` may still be running and is spared, except by a process that is `alone`.
        Raises what the store and the ledger raise; the next pass goes on from there.
        """
        before = datetime.now(UTC) - (timedelta(0) if alone else GRACE)
        closed = 0
        intents = await self._store.open_intents()
        for intent in intents:
            if intent.time <= before:
                closed += await self._in_turn(intent.stream_id, self._close(intent), alone=alone)
        # A claim with an intent is closed by its intent, which knows whether the ledger has done anything.
        spoken_for = {intent.proposal for intent in intents}
        for claim in await self._bank.proposals.claimed():
            if (claim.claimed_at or claim.created_at) <= before and claim.proposal_id not in spoken_for:
                closed += await self._in_turn(claim.conversation_id, self._release(claim), alone=alone)
        for proposal in await self._bank.proposals.unrecorded_expiries(before):
            await self._presses.record_expiry(proposal)
        await self._bank.two_persons.sweep_buttons()
        return closed

    async def settle(self, conversation_id: str) -> None:
        """Close what a dead turn of this conversation left, however young it is. The caller has its turn.

        Raises what the store and the ledger raise.
        """
        intents = [one for one in await self._store.open_intents() if one.stream_id == conversation_id]
        for intent in intents:
            await self._close(intent)
        spoken_for = {intent.proposal for intent in intents}
        for claim in await self._bank.proposals.claimed():
            if claim.conversation_id == conversation_id and claim.proposal_id not in spoken_for:
                await self._release(claim)

    async def _in_turn(self, conversation_id: str, work: Coroutine[Any, Any, bool], *, alone: bool) -> bool:
        """Do the work as the conversation's turn; if that is taken, or Redis is away, the next pass does it.

        A process that is alone needs none: a turn that is taken belonged to the process that crashed.
        """
        try:
            if alone:
                return await work
            # A turn that is taken may be the press that is about to write this outcome, so it is left alone.
            async with self._locks.hold(conversation_id, wait=0.0):
                return await work
        except (RateLimited, CacheUnavailable) as error:
            logger.info("an open outcome is left to the next pass: %s", error.code)
            return False
        finally:
            # A coroutine that was never awaited warns when it is collected.
            work.close()

    async def _close(self, intent: OpenIntent) -> bool:
        # Read again inside the turn: the press itself may have closed it while we waited.
        if all(other.event_id != intent.event_id for other in await self._store.open_intents()):
            return False
        proposal = await self._bank.proposals.get(intent.proposal) if intent.proposal else None
        if proposal is None:
            await self._resolve(intent, _stranger(intent), None, None)
            return True
        # A claim that is released can never be settled: only then is "no outcome" a final answer.
        receipt = await self._bank.proposals.outcome_of(intent.event_id)
        if receipt is None:
            await self._bank.proposals.release(proposal.proposal_id, "failed", "outcome.not_done")
            receipt = await self._bank.proposals.outcome_of(intent.event_id)
        # The person first: a crash between the two repeats the sentence, the other way round would lose it.
        await self._leave_notice(proposal, receipt)
        await self._resolve(intent, principal_of(proposal), receipt, proposal.arguments)
        await self._show(proposal, receipt)
        return True

    async def _resolve(
        self, intent: OpenIntent, principal: Principal, receipt: Receipt | None, arguments: Arguments | None
    ) -> None:
        outcome: Outcome = "failure" if receipt is None else "success"
        record = ConversationRecord(self._trail, principal, intent.stream_id)
        turn = record.turn(intent.turn_id or intent.event_id, intent.request_id or "")
        await turn.write(
            OutcomeResolved(
                intent.tool or "unknown",
                outcome=outcome,
                intent=intent.event_id,
                proposal=intent.proposal,
                entry=None if receipt is None else receipt.entry_id,
                arguments=arguments,
            )
        )
        logger.info("open intent closed", extra={"intent": intent.event_id, "outcome": outcome})

    async def _show(self, proposal: Proposal, receipt: Receipt | None) -> None:
        state: CardState = "not_done" if receipt is None else "done"
        await self._presses.resolved(proposal, state, after_interruption(proposal, receipt))

    async def _leave_notice(self, proposal: Proposal, receipt: Receipt | None) -> None:
        """For the person who asked, and for the second person who said yes."""
        told = after_interruption(proposal, receipt)
        for user_id in (proposal.user_id, proposal.checker_user_id):
            if user_id is not None:
                await self._notices.add_notice(proposal.tenant_id, user_id, told)

    async def _release(self, proposal: Proposal) -> bool:
        """A claim whose intent was never written: nothing can have happened under it."""
        current = await self._bank.proposals.get(proposal.proposal_id)
        if current is None or current.status is not ProposalStatus.CLAIMED:
            return False
        # Told before it is released, so that a crash between the two leaves a claim that is found again.
        await self._leave_notice(proposal, None)
        await self._bank.proposals.release(proposal.proposal_id, "failed", "outcome.not_done")
        await self._show(proposal, None)
        return True


def _stranger(intent: OpenIntent) -> Principal:
    """For an intent without a proposal (a read): the event is sealed with the tenant's key."""
    return Principal(tenant_id=intent.tenant_id, user_id="system", login_id="", roles=frozenset())
