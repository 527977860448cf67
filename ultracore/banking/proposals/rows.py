"""Rows of `proposals`: what goes in, what is looked for, and the conditional update that changes them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.actions import ActionTerms, Receipt, receipt_from_json
from ultracore.banking.identifiers import approval_hash
from ultracore.banking.ledger import receipt_where
from ultracore.banking.proposals import rules as approvals
from ultracore.banking.store import proposal_of, to_change
from ultracore.banking.store.tables import checker_buttons, entries, proposals
from ultracore.banking.values import TRANSFER, Proposal, ProposalStatus, TransferTerms
from ultracore.principal import Principal

Terms = TransferTerms | ActionTerms
"""The terms that a sealed tool proposes."""


def columns_of(terms: Terms, principal: Principal) -> dict[str, Any]:
    """The columns that come from the terms and from the person who asked for them."""
    return {
        "user_id": principal.user_id,
        "login_id": principal.login_id,
        # The role of the proposer decides and not the tool, so that no tool can forget the second person.
        "two_persons": int(principal.is_staff),
        "tenant_id": terms.tenant_id,
        "customer_id": terms.customer_id,
        "terms": json.dumps(terms.to_json(), ensure_ascii=True),
        **(_transfer_columns(terms) if isinstance(terms, TransferTerms) else {"kind": terms.kind}),
    }


def _transfer_columns(terms: TransferTerms) -> dict[str, Any]:
    return {
        "kind": TRANSFER,
        "payee_id": terms.payee.payee_id if terms.payee else None,
        "payee_version": terms.payee.version if terms.payee else None,
        "source_account_id": terms.source.account_id,
        "destination_account_id": terms.destination_account_id,
        "amount_minor": terms.amount.minor,
        "currency": terms.amount.currency,
    }


def waiting_in(conversation_id: str) -> ColumnElement[bool]:
    """The condition of the conversation's one proposal that is open or claimed.

    What waits for a second person, or was taken by one, does not occupy the maker's conversation.
    """
    return and_(
        proposals.c.conversation_id == conversation_id,
        proposals.c.status.in_(("open", "claimed")),
        proposals.c.checker_user_id.is_(None),
    )


def button_of(approval_id: str, login_id: str) -> ColumnElement[bool]:
    """The condition of the proposal that this login asked for, or got an id of its own for."""
    digest = approval_hash(approval_id)
    own = select(checker_buttons.c.proposal_id).where(
        checker_buttons.c.approval_hash == digest,
        checker_buttons.c.login_id == login_id,
        checker_buttons.c.user_id == proposals.c.user_id,
    )
    first = and_(proposals.c.approval_hash == digest, proposals.c.login_id == login_id)
    return or_(first, proposals.c.proposal_id.in_(own))


@dataclass(frozen=True, slots=True)
class Button:
    """A one-time id, by its digest, for one login and conversation."""

    proposal_id: str
    principal: Principal
    conversation_id: str
    approval_hash: str
    issued_at: datetime


async def replace_button(connection: AsyncConnection, button: Button) -> None:
    """Store an id; the one that this login had for the proposal stops working."""
    login_id = button.principal.login_id
    theirs = (checker_buttons.c.proposal_id == button.proposal_id, checker_buttons.c.login_id == login_id)
    # One working button for each login: a card that lies open on an older page must not be pressed any more.
    await connection.execute(delete(checker_buttons).where(*theirs))
    await connection.execute(
        checker_buttons.insert().values(
            approval_hash=button.approval_hash,
            proposal_id=button.proposal_id,
            user_id=button.principal.user_id,
            login_id=login_id,
            conversation_id=button.conversation_id,
            issued_at=button.issued_at,
        )
    )


async def find_all(connection: AsyncConnection, condition: ColumnElement[bool]) -> list[Row[Any]]:
    """The rows that meet the condition, oldest first."""
    query = select(proposals).where(condition).order_by(proposals.c.created_at, proposals.c.proposal_id)
    return list((await connection.execute(query)).all())


async def lock_all(connection: AsyncConnection, condition: ColumnElement[bool]) -> list[str]:
    """The ids of the rows that meet the condition and that no other writer changes from now on.

    All writers lock in the order of ids, so that two sweeps do not wait for each other in a ring.
    """
    query = select(proposals.c.proposal_id).where(condition).order_by(proposals.c.proposal_id)
    return list((await connection.execute(to_change(query))).scalars())


async def change(
    connection: AsyncConnection, proposal_id: str, expected: ProposalStatus, **values: Any
) -> Proposal:
    """The conditional update. Raises `ApprovalRefused` if the proposal is in another state."""
    # The state is part of the condition: of two presses one changes the row, and the other learns that it was
    # late.
    changed = await connection.execute(
        update(proposals)
        .where(proposals.c.proposal_id == proposal_id, proposals.c.status == expected.value)
        .values(values)
        .returning(proposals)
    )
    row = changed.one_or_none()
    if row is None:
        raise approvals.refusal("approval.consumed")
    return proposal_of(row)


async def receipt_of(connection: AsyncConnection, row: Row[Any]) -> Receipt:
    """The receipt of a proposal that is done."""
    if row.kind != TRANSFER:
        return receipt_from_json(row.result)
    receipt = await receipt_where(connection, entries.c.entry_id == row.entry_id)
    if receipt is None:
        raise LookupError(f"proposal {row.proposal_id} is done but its entry is not in the journal")
    return receipt
