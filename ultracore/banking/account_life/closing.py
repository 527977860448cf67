"""Whether an account can be closed: every reason why not, and the account that gets its last interest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.account_life.interest import accrual_of
from ultracore.banking.ledger import balance_in
from ultracore.banking.money import Money
from ultracore.banking.store import account_of
from ultracore.banking.store.tables import accounts, balances, cards, proposals, repayment_accounts
from ultracore.banking.values import Account, AccountKind, AccountStatus, Balance

CLOSABLE: Final = (AccountKind.EVERYDAY, AccountKind.SAVINGS, AccountKind.BUSINESS)
_WAITING: Final = ("open", "waiting", "claimed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingTerms:
    """The effects of a closing. With `reasons` it cannot be done; `heir` gets the interest."""

    account: Account
    reasons: tuple[str, ...]
    interest: Money
    heir: Account | None


async def closing_of(connection: AsyncConnection, account: Account, today: date) -> ClosingTerms:
    """Look at everything that stands against closing, as the transaction sees it."""
    heir = await _heir(connection, account)
    accrued = (await accrual_of(connection, account, today)).accrued
    interest = accrued if accrued.amount > 0 else Money.from_minor(0, account.currency)
    # All at once: a customer who puts one thing right should not meet the next one at the second try.
    reasons = [
        *_of_account(await balance_in(connection, account.account_id)),
        *await _loans(connection, account),
        *await _cards(connection, account),
        *await _proposals(connection, account),
    ]
    if heir is None:
        reasons.append("it is the customer's last account")
    return ClosingTerms(account=account, reasons=tuple(reasons), interest=interest, heir=heir)


async def _heir(connection: AsyncConnection, account: Account) -> Account | None:
    """The customer's other account for everyday money, everyday accounts first; None if there is none."""
    query = select(accounts).where(
        accounts.c.customer_id == account.customer_id,
        accounts.c.account_id != account.account_id,
        accounts.c.status == AccountStatus.ACTIVE,
        accounts.c.kind.in_(CLOSABLE),
        accounts.c.currency == account.currency,
    )
    others = [account_of(row) for row in await connection.execute(query)]
    return min(others, key=lambda other: (CLOSABLE.index(other.kind), other.account_id), default=None)


def _of_account(found: Balance) -> list[str]:
    reasons, account = [], found.account
    if account.kind not in CLOSABLE:
        reasons.append(f"a {account.kind.value} account is closed with a person at the bank")
    if account.status is AccountStatus.FROZEN:
        reasons.append("it is frozen")
    if found.balance.amount:
        reasons.append(f"its balance is {_money(found.balance)}, not zero")
    held = found.balance - found.available
    if held.amount and account.kind is not AccountKind.LOAN:
        reasons.append(f"{_money(held)} of it is held for a payment")
    return reasons


async def _loans(connection: AsyncConnection, account: Account) -> list[str]:
    query = (
        select(accounts.c.name, accounts.c.number)
        .join(repayment_accounts, repayment_accounts.c.loan_account_id == accounts.c.account_id)
        .join(balances, balances.c.account_id == accounts.c.account_id)
        .where(repayment_accounts.c.paid_from_account_id == account.account_id, balances.c.balance_minor != 0)
    )
    rows = (await connection.execute(query)).all()
    return [f"the instalments of {row.name} ··{row.number[-4:]} are paid from it" for row in rows]


async def _cards(connection: AsyncConnection, account: Account) -> list[str]:
    query = select(cards.c.last_digits).where(
        cards.c.account_id == account.account_id, cards.c.status != "cancelled"
    )
    return [f"the card ··{digits} is attached to it" for digits in (await connection.execute(query)).scalars()]


async def _proposals(connection: AsyncConnection, account: Account) -> list[str]:
    # In both directions, since a payment to a closed account would fail after its card was approved.
    mine = (proposals.c.source_account_id, proposals.c.destination_account_id)
    query = select(proposals.c.proposal_id).where(
        proposals.c.status.in_(_WAITING), or_(*(column == account.account_id for column in mine))
    )
    waits = (await connection.execute(query.limit(1))).first() is not None
    return ["a payment of it waits for an answer"] if waits else []


def _money(amount: Money) -> str:
    sign = "-" if amount.amount < 0 else ""
    return f"{sign}{amount.currency} {abs(amount.amount):,.2f}"
