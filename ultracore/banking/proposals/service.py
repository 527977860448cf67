"""Sealed approvals: what was proposed, who may answer it, and the one transaction that makes it an effect.

Every change of state is a conditional update under the write lock, so that of any number of presses, sweeps and
sign-outs, in any number of processes, exactly one wins and the others are told what happened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.actions import Receipt, action_refused
from ultracore.banking.identifiers import Stamp, approval_hash, new_approval_id, new_id
from ultracore.banking.ledger import holds
from ultracore.banking.proposals import rules as approvals
from ultracore.banking.proposals import step_up
from ultracore.banking.proposals.left import LeftRequests
from ultracore.banking.proposals.rows import (
    Button,
    Terms,
    button_of,
    change,
    columns_of,
    find_all,
    lock_all,
    receipt_of,
    replace_button,
    waiting_in,
)
from ultracore.banking.proposals.rules import ProposalChecks
from ultracore.banking.proposals.settlement import accounts_moved, carry_out, outcome_columns
from ultracore.banking.seals import seal_of
from ultracore.banking.store import Database, lock_accounts, proposal_of
from ultracore.banking.store.tables import entries, proposals
from ultracore.banking.values import TRANSFER, EntryReceipt, Proposal, ProposalStatus
from ultracore.errors import ToolRefused
from ultracore.principal import Principal, Role

LONGEST_SECONDS: Final = 120
"""The longest that an approval waits; a longer wish is cut to this."""


def _already_open() -> ToolRefused:
    return ToolRefused(
        "This conversation has a proposal that waits for its answer.",
        code="approval.already_open",
        sentence="There is already a request waiting for your answer. Please approve or decline that one first.",
    )


NEVER_PROPOSE: Final = frozenset({Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR})
"""Roles that check, audit or administer what others do; a person who has one of them proposes nothing."""


def _require_own(terms: Terms, principal: Principal) -> None:
    if principal.roles & NEVER_PROPOSE:
        raise ToolRefused("This role proposes nothing.", code="access.tool_not_allowed")
    if terms.tenant_id != principal.tenant_id or principal.customer_id not in (None, terms.customer_id):
        raise ToolRefused("The terms are another customer's.", code="access.other_customer")


class ProposalsService:
    """The life of proposals. Every method raises `LedgerUnavailable` if the database does not answer.

    A code of `ledger.outcome_unknown` means that the commit failed: only a later look can tell.
    """

    def __init__(self, database: Database, standing: ProposalChecks) -> None:
        self._database = database
        self._standing = standing
        self._clock = standing.clock
        self.left = LeftRequests(database, self._clock)

    async def recent(
        self, tenant_id: str, customer_id: str, since: datetime, limit: int
    ) -> list[tuple[Proposal, Receipt | None]]:
        """What was proposed for the customer since then, newest first, each with its receipt if it is done."""
        theirs = and_(
            proposals.c.tenant_id == tenant_id,
            proposals.c.customer_id == customer_id,
            proposals.c.created_at >= since,
        )
        async with self._database.read() as connection:
            rows = (await find_all(connection, theirs))[::-1][:limit]
            return [
                (proposal_of(row), await receipt_of(connection, row) if row.status == "done" else None)
                for row in rows
            ]

    async def paid(
        self, tenant_id: str, customer_id: str, receipt_number: str
    ) -> tuple[Proposal, EntryReceipt] | None:
        """The customer's payment with this receipt, and the receipt; None if there is none of theirs."""
        theirs = and_(
            proposals.c.tenant_id == tenant_id,
            proposals.c.customer_id == customer_id,
            proposals.c.status == ProposalStatus.DONE.value,
            proposals.c.entry_id.in_(select(entries.c.entry_id).where(entries.c.receipt_number == receipt_number)),
        )
        async with self._database.read() as connection:
            rows = await find_all(connection, theirs)
            receipt = await receipt_of(connection, rows[0]) if rows else None
        return (proposal_of(rows[0]), receipt) if isinstance(receipt, EntryReceipt) else None

    async def open(
        self,
        terms: Terms,
        *,
        principal: Principal,
        conversation_id: str,
        turn_id: str,
        reference: str,
        tool: str,
        arguments: Mapping[str, Any],
        arguments_digest: str,
        seconds: int,
        left_for_chat: bool = False,
    ) -> Proposal:
        """Store a proposal; its `approval_id` is in the answer and nowhere else. Moves and holds nothing.

        It waits `seconds`, at most `LONGEST_SECONDS`. With `left_for_chat` it can also be opened anew later, see
        `LeftRequests`. What staff propose is of two persons. Raises `ToolRefused`:
        `approval.already_open` if one is open or claimed in the conversation, `access.other_customer` if the
        terms are not the principal's, `access.tool_not_allowed` for roles that never propose, and an action's own
        code if it could not be carried out now.
        """
        _require_own(terms, principal)
        approval_id = new_approval_id()
        values = {
            **self._beginning(seconds),
            **columns_of(terms, principal),
            "approval_hash": approval_hash(approval_id),
            "conversation_id": conversation_id,
            "turn_id": turn_id,
            "reference": reference,
            "tool": tool,
            # With escapes, so that half of a surrogate pair in a model's argument does not fail in the database.
            "arguments": json.dumps(dict(arguments), ensure_ascii=True, default=str),
            "arguments_digest": arguments_digest,
            "left_for_chat": 1 if left_for_chat else None,
        }
        values["seal"] = seal_of(values, self._standing.digest)
        row = await self._database.write(partial(self._store, values))
        return proposal_of(row, approval_id)

    async def _store(self, values: Mapping[str, Any], connection: AsyncConnection) -> Row[Any]:
        """The new row. A transfer was checked when it was prepared; an action's effect is asked here."""
        if await find_all(connection, waiting_in(values["conversation_id"])):
            raise _already_open()
        await connection.execute(proposals.insert().values(values))
        row = await approvals.find(connection, values["proposal_id"])
        # Asked of the stored row, so that the same code judges card, press and effect.
        if row.kind != TRANSFER and (reason := await self._standing.why_void(connection, row)) is not None:
            raise action_refused(reason)
        return row

    def _beginning(self, seconds: int) -> dict[str, Any]:
        now = self._clock()
        return {
            "proposal_id": new_id("prp"),
            "policy_version": self._standing.policy_version,
            "status": ProposalStatus.OPEN.value,
            "created_at": now,
            "expires_at": now + timedelta(seconds=max(1, min(seconds, LONGEST_SECONDS))),
        }

    async def issue(self, proposal_id: str, principal: Principal) -> str:
        """An approval id for one login of the person who asked; that login's earlier one stops working.

        Raises `ApprovalRefused` if the proposal is another person's (`approval.not_yours`), or not open any more.
        """
        approval_id, now = new_approval_id(), self._clock()

        async def work(connection: AsyncConnection) -> None:
            row = await approvals.lock(connection, proposal_id)
            approvals.require_person(row, principal)
            approvals.require_status(row, "open", now)
            button = Button(proposal_id, principal, row.conversation_id, approval_hash(approval_id), now)
            if row.login_id == principal.login_id:
                await change(connection, proposal_id, ProposalStatus.OPEN, approval_hash=button.approval_hash)
            else:
                await replace_button(connection, button)

        await self._database.write(work)
        return approval_id

    async def get(self, proposal_id: str) -> Proposal | None:
        """By its id, in any state."""
        return await self._first(proposals.c.proposal_id == proposal_id)

    async def behind(self, approval_id: str, principal: Principal, conversation_id: str) -> Proposal:
        """The proposal behind a button of this login and conversation, in any state.

        Raises `ApprovalRefused` (`approval.unknown`) for every other id, so that a guess learns nothing.
        """
        async with self._database.read() as connection:
            rows = await find_all(connection, button_of(approval_id, principal.login_id))
        if not rows or rows[0].conversation_id != conversation_id:
            raise approvals.refusal("approval.unknown")
        if (rows[0].tenant_id, rows[0].user_id) != (principal.tenant_id, principal.user_id):
            raise approvals.refusal("approval.unknown")
        return proposal_of(rows[0])

    async def open_for(self, conversation_id: str) -> Proposal | None:
        """The conversation's proposal that is open or claimed. It may have run out without being swept yet."""
        return await self._first(waiting_in(conversation_id))

    async def claimed(self) -> list[Proposal]:
        """Every proposal whose outcome is not written yet: what the reconciler looks at after a crash."""
        async with self._database.read() as connection:
            return [proposal_of(row) for row in await find_all(connection, proposals.c.status == "claimed")]

    async def objection(self, proposal_id: str) -> str | None:
        """The objection to carrying the proposal out now, as a stable code; None if there is none."""
        async with self._database.read() as connection:
            return await self._standing.why_void(connection, await approvals.find(connection, proposal_id))

    async def receipt(self, proposal_id: str) -> Receipt | None:
        """The receipt of a proposal that is done; None for every other."""
        async with self._database.read() as connection:
            row = await approvals.find(connection, proposal_id)
            return await receipt_of(connection, row) if row.status == ProposalStatus.DONE else None

    async def outcome_of(self, intent_event_id: str) -> Receipt | None:
        """The receipt that an intent led to, or None if it led to nothing: the reconciler's question."""
        async with self._database.read() as connection:
            rows = await find_all(connection, proposals.c.intent_event_id == intent_event_id)
            return await receipt_of(connection, rows[0]) if rows else None

    async def of_button(self, approval_id: str, principal: Principal) -> Proposal:
        """The proposal that this login can answer by this id. Raises `ApprovalRefused` as `behind` does."""
        async with self._database.read() as connection:
            rows = await find_all(connection, button_of(approval_id, principal.login_id))
        if not rows or (rows[0].tenant_id, rows[0].user_id) != (principal.tenant_id, principal.user_id):
            raise approvals.refusal("approval.unknown")
        return proposal_of(rows[0])

    async def seal(self, proposal_id: str) -> str:
        """The seal of a proposal, which no other one has. Empty if there is none."""
        query = select(proposals.c.seal).where(proposals.c.proposal_id == proposal_id)
        async with self._database.read() as connection:
            return str((await connection.execute(query)).scalar_one_or_none() or "")

    async def prove(self, connection: AsyncConnection, proposal: Proposal, login_id: str) -> None:
        """Keep, in the caller's transaction, that this login has just given a code for the proposal.

        Raises `ApprovalRefused` as `claim` does for one that this login can not answer now.
        """
        number, now = proposal.proposal_id, self._clock()
        row = await approvals.lock(connection, number)
        await approvals.require_answerable(connection, row, login_id, proposal.conversation_id, now)
        await step_up.keep(connection, number, login_id, self._standing.digest, now)

    async def claim(
        self, proposal_id: str, login_id: str, conversation_id: str, *, proof: bool = False
    ) -> Proposal:
        """Take the one approval: open becomes claimed, and a transfer's funds are held, in one transaction.

        Raises `ApprovalRefused`: `approval.unknown`, `approval.not_yours`, `approval.consumed`,
        `approval.expired`, `approval.second_person`; `approval.void` or `funds.insufficient` if policy, payee,
        accounts, funds or what an action asks for have changed (the proposal is void from then on);
        `transfer.outcome_unknown` or `action.outcome_unknown` while the same is unresolved (this one stays open).
        With `proof` also `approval.step_up`, unless this login has proved its second factor for it (stays open).
        """
        now, hold_id = self._clock(), new_id("hld")

        async def work(connection: AsyncConnection) -> Proposal:
            row = await approvals.lock(connection, proposal_id)
            await approvals.require_answerable(connection, row, login_id, conversation_id, now)
            if row.two_persons:
                raise approvals.refusal("approval.second_person")
            if proof:
                await step_up.use(connection, proposal_id, login_id, self._standing.digest, now)
            # The proposal first and then the accounts, as every writer locks: two presses never wait for each
            # other in a ring.
            await lock_accounts(connection, row.customer_id)
            await self._standing.require_no_twin(connection, row)
            reason = await self._standing.why_void(connection, row)
            # Given back and refused by `require_stands` once it is committed: an exception in here would undo the
            # void.
            if reason is not None:
                return await change(
                    connection, proposal_id, ProposalStatus.OPEN, status="void", reason=reason, ended_at=now
                )
            await holds.place_for(connection, row, hold_id, now)
            return await change(connection, proposal_id, ProposalStatus.OPEN, status="claimed", claimed_at=now)

        return approvals.require_stands(await self._database.write(work))

    async def settle(self, proposal_id: str, intent_event_id: str) -> Receipt:
        """Carry a claimed proposal out: state, hold and effect in one transaction. Idempotent.

        A second call, from any process, gives the same receipt. Raises `ApprovalRefused` if the proposal
        was never claimed or was released, and `ToolRefused` (`funds.insufficient`, `account.not_active`,
        `payee.not_active`, `proposal.altered`, an action's own) with nothing written: the caller then releases it.
        """
        stamp = Stamp.new(intent_event_id, self._clock())
        return await self._database.write(partial(self._settle, proposal_id, stamp))

    async def _settle(self, proposal_id: str, stamp: Stamp, connection: AsyncConnection) -> Receipt:
        row = await approvals.lock(connection, proposal_id)
        if row.status == ProposalStatus.DONE:
            return await receipt_of(connection, row)
        if row.status != ProposalStatus.CLAIMED:
            raise approvals.refusal_of_status(row.status)
        await lock_accounts(connection, row.customer_id, await accounts_moved(connection, row))
        # Before the checks, which look at what is available: while the hold stands its own money is not.
        await holds.end(connection, proposal_id, "captured", stamp.at)
        await self._check_effect(connection, row)
        receipt = await carry_out(connection, row, self._standing.effects, stamp)
        await change(
            connection,
            proposal_id,
            ProposalStatus.CLAIMED,
            status="done",
            intent_event_id=stamp.intent_event_id,
            ended_at=stamp.at,
            **outcome_columns(receipt),
        )
        return receipt

    async def _check_effect(self, connection: AsyncConnection, row: Row[Any]) -> None:
        # The policy was checked when the proposal was claimed; a change since then does not undo a person's yes.
        reason = await self._standing.why_void(connection, row, policy=False)
        if reason is not None:
            raise approvals.effect_refused(reason)

    async def release(
        self, proposal_id: str, status: Literal["failed", "void", "declined"], reason: str
    ) -> Proposal | None:
        """End a claimed proposal, or one that waits for a second person, without an effect, and release its hold.

        None if it was neither.
        """
        now = self._clock()

        async def work(connection: AsyncConnection) -> Proposal | None:
            found = ProposalStatus((await approvals.lock(connection, proposal_id)).status)
            if found not in (ProposalStatus.CLAIMED, ProposalStatus.WAITING):
                return None
            await holds.end(connection, proposal_id, "released", now)
            return await change(connection, proposal_id, found, status=status, reason=reason, ended_at=now)

        return await self._database.write(work)

    async def decline(
        self, proposal_id: str, login_id: str, conversation_id: str, reason: str = "customer.declined"
    ) -> Proposal:
        """The person's no. Raises `ApprovalRefused` exactly as `claim` does for a button that is not theirs."""
        now = self._clock()

        async def work(connection: AsyncConnection) -> Proposal:
            row = await approvals.lock(connection, proposal_id)
            await approvals.require_answerable(connection, row, login_id, conversation_id, now)
            return await change(
                connection, proposal_id, ProposalStatus.OPEN, status="declined", reason=reason, ended_at=now
            )

        return await self._database.write(work)

    async def void_open(
        self,
        *,
        conversation_id: str | None = None,
        login_id: str | None = None,
        customer_id: str | None = None,
        reason: str = "session.changed",
    ) -> list[Proposal]:
        """Void what is open in a conversation (Stop), of a login session (sign-out) or of a customer.

        Claimed ones go on, and so does what staff have proposed for the customer.

        Each proposal is in exactly one caller's answer. Raises `ValueError` without a condition.
        """
        # Without a condition every open card of the bank would be void.
        if conversation_id is None and login_id is None and customer_id is None:
            raise ValueError("void_open wants a conversation, a login session or a customer")
        condition = proposals.c.status == "open"
        if conversation_id is not None:
            condition = and_(condition, proposals.c.conversation_id == conversation_id)
        if login_id is not None:
            condition = and_(condition, proposals.c.login_id == login_id)
        if customer_id is not None:
            condition = and_(condition, proposals.c.customer_id == customer_id, proposals.c.two_persons == 0)
        return await self._end(condition, "void", reason, self._clock())

    async def expire_due(self, now: datetime, conversation_id: str | None = None) -> list[Proposal]:
        """Expire what is due, open or waiting for a second person.

        Each proposal is in exactly one caller's answer, who records it.
        """
        condition = and_(proposals.c.status.in_(("open", "waiting")), proposals.c.expires_at <= now)
        if conversation_id is not None:
            condition = and_(condition, proposals.c.conversation_id == conversation_id)
        return await self._end(condition, "expired", "approval.expired", now)

    async def unrecorded_expiries(self, before: datetime) -> list[Proposal]:
        """Expired before that time without `mark_recorded`: the process that swept died before the audit event."""
        condition = and_(proposals.c.status == "expired", proposals.c.recorded == 0, proposals.c.ended_at < before)
        async with self._database.read() as connection:
            return [proposal_of(row) for row in await find_all(connection, condition)]

    async def mark_recorded(self, proposal_id: str) -> None:
        """The audit event of this proposal's end is durable. Idempotent."""
        marking = update(proposals).where(proposals.c.proposal_id == proposal_id).values(recorded=1)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(marking)

        await self._database.write(work)

    async def _end(
        self, condition: ColumnElement[bool], status: str, reason: str, now: datetime
    ) -> list[Proposal]:
        async with self._database.read() as connection:
            # Most sweeps find nothing, and a look needs no write lock.
            if not await find_all(connection, condition):
                return []
        ending = update(proposals).values(status=status, reason=reason, ended_at=now, recorded=0)

        async def work(connection: AsyncConnection) -> list[Proposal]:
            ids = await lock_all(connection, condition)
            changed = await connection.execute(ending.where(proposals.c.proposal_id.in_(ids)).returning(proposals))
            return [proposal_of(row) for row in changed.all()]

        return await self._database.write(work)

    async def _first(self, condition: ColumnElement[bool]) -> Proposal | None:
        async with self._database.read() as connection:
            rows = await find_all(connection, condition)
        return proposal_of(rows[0]) if rows else None
