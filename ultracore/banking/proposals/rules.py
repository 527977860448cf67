"""When a button may still do something: the checks behind claim and decline, and what each refusal says."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.actions import Effects, action_refused
from ultracore.banking.identifiers import Clock
from ultracore.banking.ledger import day_limits, holds, login_holds
from ultracore.banking.money import Money
from ultracore.banking.payees import cooling_off as payees_cooling_off
from ultracore.banking.seals import Digest, seal_of
from ultracore.banking.store import proposal_of, to_change
from ultracore.banking.store.tables import checker_buttons, payees, proposals
from ultracore.banking.values import TRANSFER, AccountStatus, PayeeStatus, PaymentPrice, Proposal, ProposalStatus
from ultracore.errors import ApprovalRefused, ToolRefused
from ultracore.principal import Principal

_REFUSALS = {
    "approval.unknown": "I don't know this request any more. Your accounts show what was done.",
    "approval.not_yours": "This request can't be decided from here. Your accounts show what was done.",
    "approval.consumed": "This request was already answered. Pressing again changes nothing.",
    "approval.expired": "This request has expired, so nothing was changed. Please ask again if you want it.",
    "approval.void": "This request is no longer valid, so nothing was changed. Please ask again if you want it.",
    "funds.insufficient": "There is no longer enough money available for this, so nothing was changed.",
    "approval.same_person": "You asked for this yourself, so somebody else has to decide it.",
    "approval.one_person": "This request needs no second person. Nothing was changed.",
    "approval.second_person": "This request needs a second person. Nothing was changed.",
    "approval.step_up": (
        "This needs a code of your second factor, and none was given for it. Nothing was changed: press the "
        "button again for the code. If you have no second factor yet, set one up under My login (/account)."
    ),
    "action.outcome_unknown": "We are still checking an earlier request like this one. Please do not repeat it.",
    "transfer.outcome_unknown": "We are still checking an earlier payment like this one. Please do not repeat it.",
}


def refusal(code: str) -> ApprovalRefused:
    """The error for one of the codes above."""
    return ApprovalRefused(f"the approval was refused: {code}", code=code, sentence=_REFUSALS[code])


def refusal_of_status(status: str) -> ApprovalRefused:
    """Why a proposal that is not open cannot be answered."""
    return refusal({"expired": "approval.expired", "void": "approval.void"}.get(status, "approval.consumed"))


_REASONS = {
    "policy.changed": "The bank's rules have changed since you were asked",
    "payee.changed": "The payee was changed or cannot be paid any more",
    "payee.cooling_off": "The payee is new, and this is more than it can be paid in its first 24 hours",
    day_limits.IN_ALL: "With it more would be paid in 24 hours than the bank's limit allows",
    login_holds.RESET: "The password of this login was reset less than 24 hours ago",
    login_holds.NEW_FACTOR: "The second factor is new, and its login can pay only a little in the first 24 hours",
    day_limits.TO_A_PAYEE: "With it this payee would be paid more in 24 hours than the bank's limit allows",
    "account.not_active": "One of the two accounts is frozen or closed now",
}
"""Why a proposal does not stand any more, as far as a person may know it."""


def refusal_of_reason(reason: str) -> ApprovalRefused:
    """The refusal of a press on a proposal that does not stand any more."""
    if reason == "funds.insufficient":
        return refusal(reason)
    if reason not in _REASONS:
        return refusal("approval.void")
    sentence = f"{_REASONS[reason]}, so nothing was changed. Please ask again if you want it."
    return ApprovalRefused(f"the approval was refused: {reason}", code="approval.void", sentence=sentence)


def effect_refused(reason: str) -> ToolRefused:
    """The refusal of an effect that was claimed and does not stand any more."""
    code = "payee.not_active" if reason == "payee.changed" else reason
    if reason not in (*_REASONS, "funds.insufficient"):
        return action_refused(code)
    sentence = refusal_of_reason(reason).sentence
    return ToolRefused(sentence, code=code, sentence=sentence)


def require_stands(proposal: Proposal) -> Proposal:
    """Raise `ApprovalRefused` if the press has found the proposal void; give it back if not."""
    if proposal.status is ProposalStatus.VOID:
        raise refusal_of_reason(proposal.reason or "")
    return proposal


async def find(connection: AsyncConnection, proposal_id: str) -> Row[Any]:
    """The proposal's row. Raises `ApprovalRefused` (`approval.unknown`)."""
    return await _one(connection, select(proposals).where(proposals.c.proposal_id == proposal_id))


async def lock(connection: AsyncConnection, proposal_id: str) -> Row[Any]:
    """As `find`, for a writer: no other writer changes the proposal until the transaction ends."""
    return await _one(connection, to_change(select(proposals).where(proposals.c.proposal_id == proposal_id)))


async def _one(connection: AsyncConnection, query: Select[Any]) -> Row[Any]:
    row: Row[Any] | None = (await connection.execute(query)).one_or_none()
    if row is None:
        raise refusal("approval.unknown")
    return row


async def require_answerable(
    connection: AsyncConnection, row: Row[Any], login_id: str, conversation_id: str, now: datetime
) -> None:
    """Raise `ApprovalRefused` unless this login session may answer this proposal in this conversation now.

    That is the login that proposed it, and any other of the same person that got a one-time id of its own.
    """
    theirs = row.login_id == login_id or await _has_button(connection, row, login_id)
    if not theirs or row.conversation_id != conversation_id:
        raise refusal("approval.not_yours")
    require_status(row, "open", now)


async def _has_button(connection: AsyncConnection, row: Row[Any], login_id: str) -> bool:
    issued = exists().where(
        checker_buttons.c.proposal_id == row.proposal_id,
        checker_buttons.c.login_id == login_id,
        checker_buttons.c.user_id == row.user_id,
        checker_buttons.c.conversation_id == row.conversation_id,
    )
    return bool((await connection.execute(select(issued))).scalar_one())


def require_person(row: Row[Any], principal: Principal) -> None:
    """Raise `ApprovalRefused` unless this is the person who asked, by this login or by another one."""
    if (row.tenant_id, row.user_id) != (principal.tenant_id, principal.user_id):
        raise refusal("approval.not_yours")


def require_status(row: Row[Any], status: str, now: datetime) -> None:
    """Raise `ApprovalRefused` unless the proposal is in this state and has not run out."""
    if row.status != status:
        raise refusal_of_status(row.status)
    # Asked here too and not left to the sweep, which runs every few seconds.
    if row.expires_at <= now:
        raise refusal("approval.expired")


@dataclass(frozen=True, slots=True)
class ProposalChecks:
    """The checks of a proposal before anything happens: its seal, the policy, the world as it is now."""

    policy_version: str
    effects: Effects
    digest: Digest
    clock: Clock
    limits: day_limits.DayLimits = day_limits.NO_LIMITS
    new_factors: bool = False
    """A second factor proves something before effects: payments wait for a while after a new one."""

    async def why_void(self, connection: AsyncConnection, row: Row[Any], *, policy: bool = True) -> str | None:
        """A stable code if the proposal does not stand any more; None if it does.

        `proposal.altered` if the row is not what was proposed. Without `policy` a changed policy counts for
        nothing: a person has said yes under the old one.
        """
        # The seal comes first, because nothing else in an altered row can be believed.
        if not hmac.compare_digest(seal_of(row._asdict(), self.digest), row.seal):
            return "proposal.altered"
        if policy and row.policy_version != self.policy_version:
            return "policy.changed"
        if row.kind == TRANSFER:
            return await _transfer_objection(connection, row, self.clock(), self)
        return await self.effects.objection(connection, proposal_of(row))

    async def require_no_twin(self, connection: AsyncConnection, row: Row[Any]) -> None:
        """Raise `ApprovalRefused` while a proposal of the same effect is claimed and its outcome is not known."""
        if row.kind == TRANSFER:
            amount = Money.from_minor(row.amount_minor, row.currency)
            twin = await holds.unresolved_twin(
                connection, row.customer_id, row.destination_account_id, row.payee_id, amount
            )
        else:
            twin = await _unresolved_action(connection, row)
        if twin:
            raise refusal("transfer.outcome_unknown" if row.kind == TRANSFER else "action.outcome_unknown")


async def _unresolved_action(connection: AsyncConnection, row: Row[Any]) -> bool:
    query = select(proposals.c.proposal_id).where(
        proposals.c.status == "claimed",
        proposals.c.customer_id == row.customer_id,
        proposals.c.kind == row.kind,
        proposals.c.terms == row.terms,
    )
    return (await connection.execute(query.limit(1))).one_or_none() is not None


async def _transfer_objection(
    connection: AsyncConnection, row: Row[Any], now: datetime, checks: ProposalChecks
) -> str | None:
    price = PaymentPrice.of(json.loads(row.terms))
    if row.payee_id is not None:
        payee = (await connection.execute(select(payees).where(payees.c.payee_id == row.payee_id))).one()
        if payee.version != row.payee_version or payee.status != PayeeStatus.ACTIVE:
            return "payee.changed"
        if await payees_cooling_off.objection(connection, row.payee_id, price, now, beside=row.proposal_id):
            return "payee.cooling_off"
    payment = day_limits.Payment(
        customer_id=row.customer_id, payee_id=row.payee_id, price=price, beside=row.proposal_id
    )
    if too_much := await day_limits.objection(connection, payment, checks.limits, now):
        return too_much.code
    held = await login_holds.objection(connection, row.user_id, payment, now, new_factors=checks.new_factors)
    if held is not None:
        return held.code
    source = await holds.balance_in(connection, row.source_account_id)
    target = await holds.balance_in(connection, row.destination_account_id)
    if not source.account.status == target.account.status == AccountStatus.ACTIVE:
        return "account.not_active"
    if price.total > source.available:
        return "funds.insufficient"
    return None
