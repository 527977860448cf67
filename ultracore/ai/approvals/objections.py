"""What stands against an effect: the terms, the policy, the login's behaviour and the fraud check.

Asked when a proposal is made and again at every press. The answers can only refuse.
"""

from __future__ import annotations

from dataclasses import dataclass

from ultracore.ai.approvals.wording import is_transfer
from ultracore.banking import Bank, Money, PaymentPrice, Proposal, TransferTerms
from ultracore.banking.access import access_refused
from ultracore.banking.ledger import day_limits
from ultracore.banking.proposals import Terms, effect_refused
from ultracore.errors import ToolRefused
from ultracore.principal import Connection, Principal


@dataclass(frozen=True, slots=True)
class Askers:
    """Who wants it: `maker` by their role, `person` by the login and connection that they use at this moment.

    They are the same but for a second person's press: then the policy still asks about the maker.
    """

    maker: Principal
    person: Principal
    connection: Connection


class Objections:
    """Every answer is the refusal with its stable code, or None if nothing stands against it."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank

    async def to_terms(self, tool: str, terms: Terms, asking: Askers) -> ToolRefused | None:
        """What stands against terms that were prepared a moment ago."""
        transfer = terms if isinstance(terms, TransferTerms) else None
        return await self._ask(tool, terms.customer_id, transfer, asking)

    async def to_proposal(self, proposal: Proposal, asking: Askers) -> ToolRefused | None:
        """What stands against a proposal now, its terms prepared afresh.

        Asked before the claim, since the claim's own hold would count against the funds.
        """
        try:
            transfer = await self._prepared(proposal)
        except ToolRefused as error:
            return error
        refused = await self._ask(proposal.tool, proposal.customer_id, transfer, asking)
        # A transfer's own objections came with `prepare_transfer`; an action has to be asked for its effect.
        if refused is None and transfer is None:
            reason = await self._bank.proposals.objection(proposal.proposal_id)
            return None if reason is None else effect_refused(reason)
        return refused

    async def want_proof(self, proposal: Proposal, asking: Askers) -> bool:
        """True if the person has to prove their second factor before this is carried out."""
        amount = _paid_to_others(proposal)
        by_policy = self._bank.access.wants_proof(asking.person, proposal.tool, amount=amount)
        return by_policy or await self.is_doubtful(proposal, asking)

    async def is_doubtful(self, proposal: Proposal, asking: Askers) -> bool:
        """True if the policy has step-up on, and the login that presses behaves oddly enough to want one."""
        return self._bank.access.second_factor.step_up and await self._behaves_oddly(proposal, asking)

    async def _behaves_oddly(self, proposal: Proposal, asking: Askers) -> bool:
        behaviour = await self._bank.adaptive.check(
            asking.person, proposal.tool, asking.connection, customer_id=proposal.customer_id
        )
        return behaviour.action == "step_up"

    async def _ask(
        self, tool: str, customer_id: str, transfer: TransferTerms | None, asking: Askers
    ) -> ToolRefused | None:
        bank = self._bank
        amount = None if transfer is None else transfer.price.total
        # The cheapest answer first, and the one that is no matter of judgement: rules, then behaviour, then
        # fraud.
        policy = bank.access.check(asking.maker, tool, customer_id=customer_id, amount=amount)
        if not policy.allowed:
            return access_refused(policy.reason, limit=policy.limit, amount=amount)
        # The person at the button: a login that behaves oddly is stopped, also for a request of somebody else.
        behaviour = await bank.adaptive.check(asking.person, tool, asking.connection, customer_id=customer_id)
        if not behaviour.allowed:
            return access_refused(behaviour.reason)
        if transfer is None:
            return None
        payee_id = None if transfer.payee is None else transfer.payee.payee_id
        payment = day_limits.Payment(customer_id=customer_id, payee_id=payee_id, price=transfer.price)
        # Of the one who asks: for a second person's press still the maker.
        if (held := await bank.ledger.login_holds.objection(asking.maker.user_id, payment)) is not None:
            return held
        fraud = await bank.risk.score_transfer(transfer, asking.person, asking.connection)
        return access_refused("fraud.blocked") if fraud.decision == "block" else None

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
            fee=PaymentPrice.of(terms).fee,
        )


def _paid_to_others(proposal: Proposal) -> Money | None:
    """What a payment to somebody else takes, its fee included; None for everything else."""
    if not is_transfer(proposal) or proposal.transfer["payee_id"] is None:
        return None
    return PaymentPrice.of(proposal.transfer).total
