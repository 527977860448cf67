"""Proposals of staff, which take two persons: a maker confirms, and later a checker decides.

    open ──maker's press──▶ waiting ──checker's press──▶ claimed ──▶ done | failed
      └──▶ declined, expired (120 s), void   └──▶ declined, expired (4 h), void

Nothing is held while a request waits. Everything is checked again when the checker decides: seal, policy, payee,
accounts, funds, and what an action asks for. The store itself refuses a checker who is the maker, and a claim of
two persons that has no checker.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, delete, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.identifiers import approval_hash, new_approval_id, new_id
from ultracore.banking.ledger import holds
from ultracore.banking.proposals import rules as approvals
from ultracore.banking.proposals import step_up
from ultracore.banking.proposals.rows import Button, change, find_all, replace_button
from ultracore.banking.proposals.rules import ProposalChecks
from ultracore.banking.seals import seal_of
from ultracore.banking.store import Database, lock_accounts, proposal_of
from ultracore.banking.store.tables import checker_buttons, proposals
from ultracore.banking.values import Proposal, ProposalStatus
from ultracore.principal import Principal, Role

CHECKING: Final = timedelta(hours=4)
"""How long a confirmed request waits for its checker."""

BUTTONS_KEPT: Final = timedelta(hours=1)
"""How long a checker's button outlives its request: so long a late press is told what became of it."""

CHECKERS: Final = frozenset({Role.SUPERVISOR})


def may_check(principal: Principal) -> bool:
    """True for a person who decides on others' requests. An auditor approves nothing, also with another role."""
    return bool(principal.roles & CHECKERS) and Role.AUDITOR not in principal.roles


class TwoPersonsService:
    """The second half of a staff member's proposal. Every method raises `LedgerUnavailable`, as `proposals` do."""

    def __init__(self, database: Database, standing: ProposalChecks) -> None:
        self._database = database
        self._standing = standing
        self._clock = standing.clock

    async def confirm(
        self, proposal_id: str, login_id: str, conversation_id: str, *, proof: bool = False
    ) -> Proposal:
        """The maker's press: open becomes waiting. From then on the maker's button only tells what became of it.

        The request is not offered before `announce`. Raises `ApprovalRefused` as `proposals.claim` does, and
        `approval.one_person` for a proposal that needs no second one.
        """
        now = self._clock()

        async def work(connection: AsyncConnection) -> Proposal:
            row = await approvals.lock(connection, proposal_id)
            await approvals.require_answerable(connection, row, login_id, conversation_id, now)
            if not row.two_persons:
                raise approvals.refusal("approval.one_person")
            if proof:
                await step_up.use(connection, proposal_id, login_id, self._standing.digest, now)
            reason = await self._standing.why_void(connection, row)
            if reason is None:
                return await self._confirm(connection, row, now)
            return await change(
                connection, proposal_id, ProposalStatus.OPEN, status="void", reason=reason, ended_at=now
            )

        return approvals.require_stands(await self._database.write(work))

    async def _confirm(self, connection: AsyncConnection, row: Row[Any], now: datetime) -> Proposal:
        times = {"confirmed_at": now, "expires_at": now + CHECKING}
        return await change(
            connection,
            row.proposal_id,
            ProposalStatus.OPEN,
            status=ProposalStatus.WAITING.value,
            # Sealed anew, because the time until which a request may be decided is part of its seal.
            seal=seal_of({**row._asdict(), **times}, self._standing.digest),
            **times,
        )

    async def announce(self, proposal_id: str) -> None:
        """Offer a confirmed request to the checkers: the maker's approval is on the record. Idempotent."""

        async def work(connection: AsyncConnection) -> None:
            await change(connection, proposal_id, ProposalStatus.WAITING, recorded=1)

        await self._database.write(work)

    async def waiting(self, tenant_id: str) -> list[Proposal]:
        """The tenant's requests that a second person can decide now, oldest first."""
        condition = (
            (proposals.c.tenant_id == tenant_id)
            & (proposals.c.status == "waiting")
            & (proposals.c.recorded == 1)
            & (proposals.c.expires_at > self._clock())
        )
        async with self._database.read() as connection:
            return [proposal_of(row) for row in await find_all(connection, condition)]

    async def asked_by(self, tenant_id: str, user_id: str, *, limit: int, offset: int = 0) -> list[Proposal]:
        """What a member of staff has asked for, in every state, newest first."""
        mine = proposals.c.tenant_id == tenant_id, proposals.c.user_id == user_id, proposals.c.two_persons == 1
        order = proposals.c.created_at.desc(), proposals.c.proposal_id
        query = select(proposals).where(*mine).order_by(*order).limit(limit).offset(offset)
        async with self._database.read() as connection:
            return [proposal_of(row) for row in await connection.execute(query)]

    async def issue(self, proposal_id: str, checker: Principal, conversation_id: str) -> str:
        """A one-time id for this checker, login and conversation; their earlier one stops working.

        Raises `ApprovalRefused` if they may not decide this request, or it does not wait any more.
        """
        approval_id, now = new_approval_id(), self._clock()
        button = Button(proposal_id, checker, conversation_id, approval_hash(approval_id), now)

        async def work(connection: AsyncConnection) -> None:
            row = await approvals.lock(connection, proposal_id)
            _require_checker(row, checker)
            _require_waiting(row, now)
            await replace_button(connection, button)

        await self._database.write(work)
        return approval_id

    async def behind(self, approval_id: str, checker: Principal, conversation_id: str) -> Proposal:
        """The request behind a checker's button, in any state.

        Raises `ApprovalRefused` (`approval.unknown`) for every id that was not issued to this checker, login and
        conversation, and `approval.not_yours` if they may not decide (any more).
        """
        async with self._database.read() as connection:
            return proposal_of(await _behind(connection, approval_id, checker, conversation_id))

    async def claim(self, approval_id: str, checker: Principal, conversation_id: str) -> Proposal:
        """The checker's yes: waiting becomes claimed, and a transfer's funds are held, in one transaction.

        Raises `ApprovalRefused` as `behind` and `proposals.claim` do; what does not stand any more is void.
        """
        now, hold_id = self._clock(), new_id("hld")

        async def work(connection: AsyncConnection) -> Proposal:
            row = await _locked(connection, approval_id, checker, conversation_id)
            _require_waiting(row, now)
            # In the order of every writer, the proposal and then the accounts, so that none wait in a ring.
            await lock_accounts(connection, row.customer_id)
            await self._standing.require_no_twin(connection, row)
            reason = await self._standing.why_void(connection, row)
            if reason is not None:
                return await change(
                    connection, row.proposal_id, ProposalStatus.WAITING, status="void", reason=reason, ended_at=now
                )
            # Only now: a request that waits for hours must not tie up the customer's money.
            await holds.place_for(connection, row, hold_id, now)
            return await change(
                connection,
                row.proposal_id,
                ProposalStatus.WAITING,
                status="claimed",
                claimed_at=now,
                checker_user_id=checker.user_id,
                checker_login_id=checker.login_id,
            )

        return approvals.require_stands(await self._database.write(work))

    async def decline(self, approval_id: str, checker: Principal, conversation_id: str) -> Proposal:
        """The checker's no. Raises `ApprovalRefused` as `claim` does for a button that is not theirs."""
        now = self._clock()

        async def work(connection: AsyncConnection) -> Proposal:
            row = await _locked(connection, approval_id, checker, conversation_id)
            _require_waiting(row, now)
            return await change(
                connection,
                row.proposal_id,
                ProposalStatus.WAITING,
                status="declined",
                reason="checker.declined",
                checker_user_id=checker.user_id,
                checker_login_id=checker.login_id,
                ended_at=now,
            )

        return await self._database.write(work)

    async def sweep_buttons(self) -> int:
        """Delete the buttons of requests that ended more than `BUTTONS_KEPT` ago. Returns how many. Idempotent."""
        over = proposals.c.ended_at < self._clock() - BUTTONS_KEPT
        ended = exists().where(proposals.c.proposal_id == checker_buttons.c.proposal_id, over)
        async with self._database.read() as connection:
            # Looked for first: most sweeps find nothing, and a look needs no write lock.
            one = select(checker_buttons.c.approval_hash).where(ended).limit(1)
            if (await connection.execute(one)).first() is None:
                return 0

        async def work(connection: AsyncConnection) -> int:
            return (await connection.execute(delete(checker_buttons).where(ended))).rowcount

        return await self._database.write(work)


def _require_checker(row: Row[Any], checker: Principal) -> None:
    if not may_check(checker) or row.tenant_id != checker.tenant_id:
        raise approvals.refusal("approval.not_yours")
    if row.user_id == checker.user_id:
        raise approvals.refusal("approval.same_person")


def _require_waiting(row: Row[Any], now: datetime) -> None:
    approvals.require_status(row, "waiting", now)
    if not row.recorded:
        raise approvals.refusal("approval.unknown")


async def _behind(
    connection: AsyncConnection, approval_id: str, checker: Principal, conversation_id: str
) -> Row[Any]:
    query = select(checker_buttons.c.proposal_id).where(
        checker_buttons.c.approval_hash == approval_hash(approval_id),
        checker_buttons.c.user_id == checker.user_id,
        checker_buttons.c.login_id == checker.login_id,
        checker_buttons.c.conversation_id == conversation_id,
    )
    found = (await connection.execute(query)).scalar_one_or_none()
    if found is None:
        raise approvals.refusal("approval.unknown")
    row = await approvals.find(connection, found)
    _require_checker(row, checker)
    return row


async def _locked(
    connection: AsyncConnection, approval_id: str, checker: Principal, conversation_id: str
) -> Row[Any]:
    """As `_behind`, for a writer."""
    found = await _behind(connection, approval_id, checker, conversation_id)
    return await approvals.lock(connection, found.proposal_id)
