"""The effects of approved openings and closings."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.account_life.closing import ClosingTerms, closing_of
from ultracore.banking.account_life.service import CLOSE_ACCOUNT, OPEN_ACCOUNT, check_opening
from ultracore.banking.actions import ActionReceipt, Effect, action_refused, payload_of
from ultracore.banking.days import day_of
from ultracore.banking.identifiers import Stamp
from ultracore.banking.ledger import EntryDraft, Posting, owned_balance, post
from ultracore.banking.money import AUD, Money
from ultracore.banking.store import lock_these
from ultracore.banking.store.tables import accounts
from ultracore.banking.values import AccountKind, AccountStatus, Proposal, last_digits
from ultracore.errors import ToolRefused

# A hundred draws among ten million numbers fail only in a branch that is all but full.
_TRIES: Final = 100


def effects() -> list[Effect]:
    """The effects that this module carries out."""
    return [
        Effect(kind=OPEN_ACCOUNT, check=_check_open, apply=_open),
        Effect(kind=CLOSE_ACCOUNT, check=_check_close, apply=_close),
    ]


async def _check_open(connection: AsyncConnection, proposal: Proposal) -> str | None:
    payload = payload_of(proposal)
    kind = AccountKind(payload["kind"])
    try:
        await check_opening(connection, proposal.tenant_id, proposal.customer_id, kind, payload["name"])
    except ToolRefused as error:
        return error.code
    return None


async def _open(connection: AsyncConnection, proposal: Proposal, stamp: Stamp) -> ActionReceipt:
    payload = payload_of(proposal)
    bsb = await _branch(connection, proposal.tenant_id)
    number = await _new_number(connection, bsb, stamp)
    row = {
        "account_id": stamp.id("acc"),
        "tenant_id": proposal.tenant_id,
        "customer_id": proposal.customer_id,
        "kind": payload["kind"],
        "purpose": None,
        "name": payload["name"],
        "currency": AUD,
        "status": AccountStatus.ACTIVE.value,
        "bsb": bsb,
        "number": number,
    }
    await connection.execute(accounts.insert().values(row))
    result = {key: row[key] for key in ("account_id", "kind", "name", "currency", "status", "bsb", "number")}
    sentence = (
        f"Your {payload['kind']} account {payload['name']} is open: BSB {bsb[:3]}-{bsb[3:]}, account {number}."
    )
    return ActionReceipt(result=result, sentence=sentence)


async def _branch(connection: AsyncConnection, tenant_id: str) -> str:
    query = select(accounts.c.bsb).where(accounts.c.tenant_id == tenant_id, accounts.c.purpose == "clearing")
    return str((await connection.execute(query)).scalar_one())


async def _new_number(connection: AsyncConnection, bsb: str, stamp: Stamp) -> str:
    """Eight random digits that no account of the branch has, so that a number tells nothing of its neighbours."""
    for tries in range(_TRIES):
        # Drawn from the stamp: a second run of the transaction must write the same number.
        drawn = hashlib.sha256(f"{stamp.letters}|{tries}".encode()).digest()
        number = f"1{int.from_bytes(drawn) % 10**7:07d}"
        query = select(accounts.c.account_id).where(accounts.c.bsb == bsb, accounts.c.number == number)
        if (await connection.execute(query)).first() is None:
            return number
    raise action_refused("account.no_number")


async def _check_close(connection: AsyncConnection, proposal: Proposal) -> str | None:
    try:
        await _closing(connection, proposal, proposal.created_at)
    except ToolRefused as error:
        return error.code
    return None


async def _closing(connection: AsyncConnection, proposal: Proposal, now: datetime) -> ClosingTerms:
    """The closing as it would be now. Raises `ToolRefused` if it is not what the card said."""
    payload = payload_of(proposal)
    owned = await owned_balance(connection, proposal.tenant_id, proposal.customer_id, payload["account_id"])
    if owned.account.status is AccountStatus.CLOSED:
        raise action_refused("account.closed")
    closing = await closing_of(connection, owned.account, day_of(now))
    if closing.reasons:
        raise action_refused("account.cannot_close")
    heir = payload["interest_to"]
    # What the card said must be what happens: interest grows by the day, and the other account may be gone.
    if str(closing.interest) != payload["interest"] or (
        heir and (not closing.heir or closing.heir.account_id != heir)
    ):
        raise action_refused("account.changed")
    return closing


async def _close(connection: AsyncConnection, proposal: Proposal, stamp: Stamp) -> ActionReceipt:
    closing = await _closing(connection, proposal, stamp.at)
    account = closing.account
    entry_id = await _pay_interest(connection, closing, proposal, stamp)
    await connection.execute(
        update(accounts)
        .where(accounts.c.account_id == account.account_id)
        .values(status=AccountStatus.CLOSED.value)
    )
    words = f"{account.name} ··{last_digits(account.number)} is closed."
    if entry_id is not None and closing.heir is not None:
        words += f" Its interest of AUD {closing.interest.amount:,.2f} is on {closing.heir.name}."
    result = {"account_id": account.account_id, "status": "closed", "interest": str(closing.interest)}
    return ActionReceipt(result=result, sentence=words, entry_id=entry_id)


async def _pay_interest(
    connection: AsyncConnection, closing: ClosingTerms, proposal: Proposal, stamp: Stamp
) -> str | None:
    """Pay the interest that has built up to the customer's other account; the id of the entry, if any."""
    if closing.heir is None or closing.interest.amount <= 0:
        return None
    account, amount = closing.account, closing.interest
    bank = await _interest_account(connection, account.tenant_id)
    # Both balances change, and locks are taken in one order for all, so that no two closings wait for each other.
    await lock_these(connection, (bank, closing.heir.account_id))
    draft = EntryDraft(
        tenant_id=account.tenant_id,
        kind="interest",
        description=f"Interest of closed account ··{account.last_digits}",
        stamp=stamp,
        idempotency_key=hashlib.sha256(
            f"{proposal.proposal_id}|{stamp.intent_event_id}|interest".encode()
        ).hexdigest(),
        proposal_id=proposal.proposal_id,
        source_account_id=bank,
        postings=_postings(bank, closing.heir.account_id, amount),
    )
    return (await post(connection, draft)).entry_id


def _postings(source: str, target: str, amount: Money) -> tuple[Posting, ...]:
    return Posting(account_id=source, amount=-amount), Posting(account_id=target, amount=amount)


async def _interest_account(connection: AsyncConnection, tenant_id: str) -> str:
    query = select(accounts.c.account_id).where(
        accounts.c.tenant_id == tenant_id, accounts.c.purpose == "interest"
    )
    return str((await connection.execute(query)).scalar_one())
