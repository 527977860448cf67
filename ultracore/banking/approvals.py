"""When a button may still do something: the checks behind claim and decline, and what each refusal says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking import holds
from ultracore.banking.interfaces import AccountStatus, PayeeStatus
from ultracore.banking.money import Money
from ultracore.banking.schema import payees, proposals
from ultracore.errors import ApprovalRefused

_REFUSALS = {
    "approval.unknown": "I don't know this request. Nothing was changed.",
    "approval.not_yours": "This request can't be approved from here. Nothing was changed.",
    "approval.consumed": "This request was already answered. Pressing again changes nothing.",
    "approval.expired": "This request has expired, so nothing was changed. Please ask again if you want it.",
    "approval.void": "This request is no longer valid, so nothing was changed. Please ask again if you want it.",
    "funds.insufficient": "There is no longer enough money available for this, so nothing was changed.",
    "transfer.outcome_unknown": "We are still checking an earlier payment like this one. Please do not repeat it.",
}


def refusal(code: str) -> ApprovalRefused:
    """The error for one of the codes above."""
    return ApprovalRefused(f"the approval was refused: {code}", code=code, sentence=_REFUSALS[code])


def refusal_of_status(status: str) -> ApprovalRefused:
    """Why a proposal that is not open cannot be answered."""
    return refusal({"expired": "approval.expired", "void": "approval.void"}.get(status, "approval.consumed"))


async def find(connection: AsyncConnection, proposal_id: str) -> Row[Any]:
    """The proposal's row. Raises `ApprovalRefused` (`approval.unknown`)."""
    query = select(proposals).where(proposals.c.proposal_id == proposal_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise refusal("approval.unknown")
    return row


def require_answerable(row: Row[Any], login_id: str, conversation_id: str, now: datetime) -> None:
    """Raise `ApprovalRefused` unless this login session may answer this proposal in this conversation now."""
    if row.login_id != login_id or row.conversation_id != conversation_id:
        raise refusal("approval.not_yours")
    if row.status != "open":
        raise refusal_of_status(row.status)
    if row.expires_at <= now:
        raise refusal("approval.expired")


async def why_void(connection: AsyncConnection, row: Row[Any], policy_version: str) -> str | None:
    """A stable code where the world has moved on since the proposal was made; None where it still stands."""
    if row.policy_version != policy_version:
        return "policy.changed"
    if row.payee_id is not None:
        payee = (await connection.execute(select(payees).where(payees.c.payee_id == row.payee_id))).one()
        if payee.version != row.payee_version or payee.status != PayeeStatus.ACTIVE:
            return "payee.changed"
    source = await holds.balance_in(connection, row.source_account_id)
    target = await holds.balance_in(connection, row.destination_account_id)
    if not source.account.status == target.account.status == AccountStatus.ACTIVE:
        return "account.not_active"
    if Money.from_minor(row.amount_minor, row.currency) > source.available:
        return "funds.insufficient"
    return None
