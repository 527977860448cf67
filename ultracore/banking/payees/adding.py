"""Adding a payee: what the card says, and what the press does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.actions import ActionReceipt, ActionTerms, Effect, payload_of
from ultracore.banking.days import moment_text
from ultracore.banking.identifiers import Stamp
from ultracore.banking.payees import cooling_off as payees_cooling_off
from ultracore.banking.payees.lookalikes import look_alike
from ultracore.banking.payees.reading import bsb_text, read_bsb, read_name, read_number
from ultracore.banking.payees.service import fold_name
from ultracore.banking.store import Database
from ultracore.banking.store.tables import accounts, payees
from ultracore.banking.values import AccountKind, AccountStatus, PayeeKind, PayeeStatus, Proposal, last_digits
from ultracore.errors import ToolRefused
from ultracore.wording import destination_text

ADD_PAYEE: Final = "payee.add"
_TAKES_PAYMENTS: Final = (AccountKind.EVERYDAY, AccountKind.SAVINGS, AccountKind.BUSINESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayee:
    """A payee to be, read and tidied. All digits, no separators."""

    tenant_id: str
    customer_id: str
    name: str
    bsb: str
    number: str


class PayeeProposals:
    """Prepares new payees, changes nothing. Raises `LedgerUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def prepare(self, tenant_id: str, customer_id: str, name: str, bsb: str, number: str) -> ActionTerms:
        """The terms of adding a payee.

        Raises `ToolRefused`: `payee.name_invalid` `payee.bsb_invalid` `payee.number_invalid` `payee.name_taken`
        `payee.already_saved` `payee.own_account` `payee.account_unknown` (this bank's BSB, but no such account).
        """
        wanted = NewPayee(
            tenant_id=tenant_id,
            customer_id=customer_id,
            name=read_name(name),
            bsb=read_bsb(bsb),
            number=read_number(number),
        )
        async with self._database.read() as connection:
            target = await _target(connection, wanted)
        return _terms(wanted, target)


def effects() -> list[Effect]:
    """The effects that this module carries out."""
    return [Effect(kind=ADD_PAYEE, check=_check, apply=_apply)]


@dataclass(frozen=True, slots=True)
class _Target:
    kind: PayeeKind
    account_id: str


def _refused(code: str, message: str) -> ToolRefused:
    return ToolRefused(message, code=code, sentence=message)


async def _target(connection: AsyncConnection, wanted: NewPayee) -> _Target:
    """The account that payments to the new payee would go to. Raises `ToolRefused` if it must not be added."""
    await _check_saved(connection, wanted)
    await _check_own_names(connection, wanted)
    ours = select(accounts).where(accounts.c.bsb == wanted.bsb, accounts.c.number == wanted.number)
    row = (await connection.execute(ours)).one_or_none()
    if row is not None and row.customer_id == wanted.customer_id and row.tenant_id == wanted.tenant_id:
        raise _refused(
            "payee.own_account", "That is the customer's own account; it can be paid without saving it as a payee."
        )
    if row is not None and _takes_payments(row, wanted):
        return _Target(PayeeKind.INTERNAL, row.account_id)
    clearing = await _clearing(connection, wanted.tenant_id)
    if row is not None or wanted.bsb == clearing.bsb:
        # One answer for accounts that do not exist, are closed, are the bank's own or another bank's on our BSB.
        raise _refused("payee.account_unknown", "There is no such account at this bank; check BSB and number.")
    # Money for other banks goes through the clearing account, since a ledger has only its own accounts.
    return _Target(PayeeKind.EXTERNAL, clearing.account_id)


def _takes_payments(row: Row[Any], wanted: NewPayee) -> bool:
    """A frozen account looks like any other until it is paid, so that adding tells nothing of its state."""
    return row.tenant_id == wanted.tenant_id and row.kind in _TAKES_PAYMENTS and row.status != AccountStatus.CLOSED


async def _check_saved(connection: AsyncConnection, wanted: NewPayee) -> None:
    query = select(payees).where(
        payees.c.tenant_id == wanted.tenant_id,
        payees.c.customer_id == wanted.customer_id,
        payees.c.status != PayeeStatus.REMOVED,
    )
    for row in await connection.execute(query):
        if (row.bsb, row.number) == (wanted.bsb, wanted.number):
            raise _refused("payee.already_saved", f"That account is already saved as {_saved_text(row)}.")
        if look_alike(row.name, wanted.name):
            raise _refused(
                "payee.name_taken",
                f"There is a saved payee whose name looks the same: {_saved_text(row)}. Choose another.",
            )


def _saved_text(row: Row[Any]) -> str:
    return destination_text(row.name, row.kind, last_digits(row.number))


async def _check_own_names(connection: AsyncConnection, wanted: NewPayee) -> None:
    """A payee called like an own account would take payments that the customer means for that account."""
    query = select(accounts.c.name).where(accounts.c.customer_id == wanted.customer_id)
    if any(look_alike(name, wanted.name) for name in (await connection.execute(query)).scalars()):
        raise _refused(
            "payee.name_taken",
            "One of the customer's own accounts has a name that looks the same; choose another.",
        )


async def _clearing(connection: AsyncConnection, tenant_id: str) -> Row[Any]:
    query = select(accounts).where(accounts.c.tenant_id == tenant_id, accounts.c.purpose == "clearing")
    return (await connection.execute(query)).one()


def _terms(wanted: NewPayee, target: _Target) -> ActionTerms:
    where = "at this bank" if target.kind is PayeeKind.INTERNAL else "at another bank"
    limit = f"AUD {payees_cooling_off.LIMIT.amount:,.2f}"
    return ActionTerms(
        kind=ADD_PAYEE,
        tenant_id=wanted.tenant_id,
        customer_id=wanted.customer_id,
        title="Add a payee",
        lines=(
            ("Name", wanted.name),
            ("BSB", bsb_text(wanted.bsb)),
            ("Account number", f"{wanted.number} ({where})"),
            ("First 24 hours", f"at most {limit} in all"),
        ),
        payload={"name": wanted.name, "bsb": wanted.bsb, "number": wanted.number, "kind": target.kind.value},
        sentence=f"Add {_named(wanted, target)} to the saved payees.",
    )


def _named(wanted: NewPayee, target: _Target) -> str:
    return destination_text(wanted.name, target.kind, last_digits(wanted.number))


def _wanted(proposal: Proposal) -> tuple[NewPayee, str]:
    payload: Mapping[str, Any] = payload_of(proposal)
    new = NewPayee(
        tenant_id=proposal.tenant_id,
        customer_id=proposal.customer_id,
        name=payload["name"],
        bsb=payload["bsb"],
        number=payload["number"],
    )
    return new, payload["kind"]


async def _check(connection: AsyncConnection, proposal: Proposal) -> str | None:
    wanted, kind = _wanted(proposal)
    try:
        target = await _target(connection, wanted)
    except ToolRefused as error:
        return error.code
    # The account may have been closed or opened since the card: what it said would not be what is saved.
    return None if target.kind == kind else "payee.changed"


async def _apply(connection: AsyncConnection, proposal: Proposal, stamp: Stamp) -> ActionReceipt:
    wanted, _ = _wanted(proposal)
    target = await _target(connection, wanted)
    payee_id = stamp.id("pay")
    row = {
        "payee_id": payee_id,
        "tenant_id": wanted.tenant_id,
        "customer_id": wanted.customer_id,
        "name": wanted.name,
        "folded_name": fold_name(wanted.name),
        "kind": target.kind.value,
        "account_id": target.account_id,
        "bsb": wanted.bsb,
        "number": wanted.number,
        "version": 1,
        "status": PayeeStatus.ACTIVE.value,
        "created_at": stamp.at,
    }
    await connection.execute(payees.insert().values(row))
    # In the same transaction, so that no payee exists for a moment without its limit.
    ends_at = await payees_cooling_off.begin(connection, payee_id, stamp.at)
    return ActionReceipt(
        result={
            "payee_id": payee_id,
            "name": wanted.name,
            "kind": target.kind.value,
            "last_digits": last_digits(wanted.number),
            "limited_until": ends_at.isoformat(),
        },
        sentence=(
            f"{_named(wanted, target)} is saved. Until {moment_text(ends_at)} you can pay at"
            f" most AUD {payees_cooling_off.LIMIT.amount:,.2f} to it in all."
        ),
    )
