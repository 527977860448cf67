"""From the terms that a sealed tool prepared to a proposal with its card. Nothing moves here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from ultracore.ai.approvals import (
    NOT_ASKED,
    Askers,
    Objections,
    button_of,
    card_lines,
    card_title,
    is_transfer,
    marked,
    shown_lines,
    wish,
    words_of,
)
from ultracore.ai.screen import ApprovalCard, ToolStep
from ultracore.ai.tools.calls import CallContext, CheckedCall, ToolOutcome, shown_of
from ultracore.audit.vocabulary import ApprovalRequested, ToolDecided
from ultracore.banking import Bank, PaymentPrice, Proposal, ProposalStatus, TransferTerms
from ultracore.banking.proposals import Terms
from ultracore.errors import AuditUnavailable, ToolRefused
from ultracore.languages import retold, told

_ONE_PERSON = "The customer has been shown a card and decides with its buttons. Nothing has been done."
_TWO_PERSONS = (
    "The member of staff has been shown a card and confirms with its buttons; after that a second person decides. "
    "Nothing has been done."
)

_PARTS: Final = ("source_account_id", "destination_account_id", "amount")

Digest = Callable[[Mapping[str, Any]], str]


class Proposer:
    """Opens proposals. `digest` is the keyed digest of arguments; `seconds` how long a card is open, ≤ 120."""

    def __init__(self, bank: Bank, digest: Digest, seconds: int) -> None:
        self._bank = bank
        self._objections = Objections(bank)
        self._digest = digest
        self._seconds = seconds

    async def propose(self, checked: CheckedCall, context: CallContext) -> ToolOutcome:
        """Prepare, ask policy and fraud, open, record.

        Raises an `UltracoreError` if any of these refuses; then no proposal is left open.
        """
        terms: Terms = await checked.tool.function(checked.context, **checked.arguments)
        if isinstance(terms, TransferTerms):
            terms = replace(terms, facts=await self._facts(terms, context))
        # A second person of the bank's staff reads the card too: what staff ask for stays English.
        if not checked.context.principal.is_staff:
            terms = replace(terms, language=context.language)
        # Asked before a card is drawn: a person should not read and press what would be refused anyway.
        await self._require_no_objection(terms, checked)
        proposal, before = await self._open(terms, checked, context)
        lines = card_lines(proposal)
        if before is not None:
            lines = marked(lines, card_lines(before))
        card = card_of(proposal, proposal.approval_id or "", lines)
        waiting = _waiting(proposal, card, checked)
        try:
            await self._record(proposal, card, waiting, checked, context)
        # A card whose request is not on the record must not be pressed, so it is withdrawn before it is shown.
        except AuditUnavailable:
            await self._bank.proposals.void_open(
                conversation_id=context.conversation_id, reason="audit.unavailable"
            )
            raise
        return waiting

    async def _facts(self, terms: TransferTerms, context: CallContext) -> tuple[tuple[str, str], ...]:
        """What the person should see before they press: what the ledger knows, and what they did not ask for."""
        known = await self._bank.payment_facts.of(terms)
        # An injected instruction shows itself: its amount stands in no message of the person's.
        if context.amounts is None or terms.amount.amount in context.amounts:
            return known
        return ((NOT_ASKED, "You did not ask for this amount"), *known)

    async def _require_no_objection(self, terms: Terms, checked: CheckedCall) -> None:
        ours = checked.context
        asking = Askers(ours.principal, ours.principal, ours.connection)
        refused = await self._objections.to_terms(checked.tool.name, terms, asking)
        if refused is not None:
            raise refused

    async def _open(
        self, terms: Terms, checked: CheckedCall, context: CallContext
    ) -> tuple[Proposal, Proposal | None]:
        """The new proposal, and the proposal that it replaces, if it replaces one."""
        try:
            return await self._opened(terms, checked, context), None
        except ToolRefused as error:
            open_card = await self._bank.proposals.open_for(context.conversation_id)
            if error.code != "approval.already_open" or context.withdraw is None:
                raise
            if not corrects(terms, open_card, checked, context):
                raise
            # Only then a new card: one conversation never has two that could both be pressed.
            await context.withdraw()
        return await self._opened(terms, checked, context), open_card

    async def _opened(self, terms: Terms, checked: CheckedCall, context: CallContext) -> Proposal:
        return await self._bank.proposals.open(
            terms,
            principal=checked.context.principal,
            conversation_id=context.conversation_id,
            turn_id=context.log.record.turn_id,
            reference=context.log.record.reference,
            tool=checked.tool.name,
            arguments={key: str(value) for key, value in checked.call.arguments().items()},
            arguments_digest=self._digest(terms.to_json()),
            seconds=self._seconds,
            left_for_chat=context.left_for_chat,
        )

    async def _record(
        self,
        proposal: Proposal,
        card: ApprovalCard,
        waiting: ToolOutcome,
        checked: CheckedCall,
        context: CallContext,
    ) -> None:
        log, number = context.log, proposal.proposal_id
        arguments, shown = checked.call.recorded, shown_of(waiting.step)
        await log.required(
            ToolDecided(checked.tool.name, arguments, result="needs_approval", proposal=number, shown=shown)
        )
        await log.required(
            ApprovalRequested(
                checked.tool.name,
                proposal=number,
                card=card_record(card),
                expires_at=proposal.expires_at,
                agent=context.agent,
                asked_for=all(label != NOT_ASKED for label, _ in card_lines(proposal)),
                case=None if checked.context.case is None else checked.context.case.case_id,
            )
        )


def corrects(terms: Terms, card: Proposal | None, checked: CheckedCall, context: CallContext) -> bool:
    """True if a transfer mends the one on the open card: the person has spoken since the card was shown, and of
    source, destination and amount some are as they were and some are not.
    """
    if card is None or card.status is not ProposalStatus.OPEN or not is_transfer(card):
        return False
    # Within one turn the person has said nothing new: a model that proposes twice is refused, not believed.
    if not isinstance(terms, TransferTerms) or card.turn_id == context.log.record.turn_id:
        return False
    if card.user_id != checked.context.principal.user_id:
        return False
    new, old = terms.to_json(), card.transfer
    same = {new[part] == old[part] for part in _PARTS}
    # If nothing is the same it is another payment, and if everything is, the card stands already.
    return same == {True, False}


def card_of(
    proposal: Proposal, approval_id: str, lines: tuple[tuple[str, str], ...] | None = None
) -> ApprovalCard:
    """The card of an open proposal under a one-time id. Every word on it is ours or from the ledger.

    It is in the proposal's language. `lines` are the English ones, if they are not the proposal's as they stand.
    """
    language = proposal.language
    return ApprovalCard(
        proposal_id=proposal.proposal_id,
        approval_id=approval_id,
        title=told(card_title(proposal), language),
        lines=shown_lines(card_lines(proposal) if lines is None else lines, language),
        expires_at=proposal.expires_at,
        seconds=_seconds_between(proposal.created_at, proposal.expires_at),
        button=told(button_of(proposal), language),
        result=told(words_of(proposal).result, language),
        language=language,
    )


def card_record(card: ApprovalCard) -> dict[str, Any]:
    """The card as the record keeps it: what was shown, without the one-time id."""
    return {"title": card.title, "lines": [list(line) for line in card.lines]}


def _seconds_between(start: datetime, end: datetime) -> int:
    return max(0, round((end - start).total_seconds()))


def _waiting(proposal: Proposal, card: ApprovalCard, checked: CheckedCall) -> ToolOutcome:
    content: dict[str, Any] = {
        "transaction_id": proposal.proposal_id,
        "status": "pending_approval",
        "type": proposal.kind,
        "message": _TWO_PERSONS if proposal.two_persons else _ONE_PERSON,
    }
    if is_transfer(proposal):
        price = PaymentPrice.of(proposal.transfer)
        content |= {"amount": str(price.amount), "fee": str(price.fee), "total": str(price.total)}
        content |= {"currency": proposal.transfer["currency"]}
    step = ToolStep(
        checked.call.call_id,
        checked.tool.name,
        "waiting",
        retold(f"Waits for your approval: {wish(proposal)}", proposal.language),
    )
    return ToolOutcome("waiting", checked.tool.name, content, step, card)
