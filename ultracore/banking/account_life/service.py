"""Opening and closing accounts: what may be done, and the terms that a card shows."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.account_life.closing import ClosingTerms, closing_of
from ultracore.banking.account_life.interest import InterestService, account_closed
from ultracore.banking.actions import ActionTerms
from ultracore.banking.days import day_of
from ultracore.banking.identifiers import Clock, utc_now
from ultracore.banking.ledger import owned_balance
from ultracore.banking.payees import fold_name, look_alike, read_name
from ultracore.banking.store import Database
from ultracore.banking.store.tables import accounts, customers, payees
from ultracore.banking.values import Account, AccountKind, AccountStatus, last_digits
from ultracore.errors import ToolRefused
from ultracore.wording import destination_text

OPEN_ACCOUNT: Final = "account.open"
CLOSE_ACCOUNT: Final = "account.close"
MOST_ACCOUNTS: Final = 10
OPENABLE: Final = (AccountKind.EVERYDAY, AccountKind.SAVINGS)


class LifecycleService:
    """Prepares openings and closings, changes nothing. Raises `LedgerUnavailable`."""

    def __init__(self, database: Database, interest: InterestService, clock: Clock = utc_now) -> None:
        self._database = database
        self._interest = interest
        self._clock = clock

    async def prepare_opening(
        self, tenant_id: str, customer_id: str, kind: AccountKind, name: str | None = None
    ) -> ActionTerms:
        """The terms of a new everyday or savings account in Australian dollars.

        Raises `ToolRefused`: `account.kind_not_offered` `account.name_invalid` `customer.not_found`
        `account.kyc_not_verified` `account.too_many` `account.name_taken`.
        """
        if kind not in OPENABLE:
            raise refused("account.kind_not_offered", "Only everyday and savings accounts can be opened here.")
        wanted = None if name is None else read_name(name, code="account.name_invalid")
        async with self._database.read() as connection:
            chosen = await check_opening(connection, tenant_id, customer_id, kind, wanted)
        rate = await self._interest.annual_rate(tenant_id, kind)
        lines = (
            ("Kind", kind.value.capitalize()),
            ("Name", chosen),
            ("Interest", f"{rate * 100:.2f}% a year"),
            ("Monthly fee", "AUD 0.00"),
        )
        return ActionTerms(
            kind=OPEN_ACCOUNT,
            tenant_id=tenant_id,
            customer_id=customer_id,
            title="Open an account",
            lines=lines,
            payload={"kind": kind.value, "name": chosen},
            sentence=f"Open the {kind.value} account {chosen}.",
        )

    async def prepare_closing(self, tenant_id: str, customer_id: str, account_id: str) -> ActionTerms:
        """The terms of closing an account.

        Raises `ToolRefused`: `account.not_found`, `account.closed`, or `account.cannot_close`, whose message lists
        every reason why not.
        """
        today = day_of(self._clock())
        async with self._database.read() as connection:
            account = (await owned_balance(connection, tenant_id, customer_id, account_id)).account
            if account.status is AccountStatus.CLOSED:
                raise account_closed()
            closing = await closing_of(connection, account, today)
        if closing.reasons:
            raise _cannot_close(account, closing.reasons)
        return _closing_terms(tenant_id, customer_id, closing)


def refused(code: str, message: str) -> ToolRefused:
    """A refusal whose message a customer may read."""
    return ToolRefused(message, code=code, sentence=message)


async def check_opening(
    connection: AsyncConnection, tenant_id: str, customer_id: str, kind: AccountKind, name: str | None
) -> str:
    """The name that the new account gets. Raises `ToolRefused` if the customer may not open one."""
    query = select(customers.c.kyc_status).where(
        customers.c.tenant_id == tenant_id, customers.c.customer_id == customer_id
    )
    kyc_status = (await connection.execute(query)).scalar_one_or_none()
    if kyc_status is None:
        raise refused("customer.not_found", "There is no such customer.")
    if kyc_status != "verified":
        raise refused(
            "account.kyc_not_verified",
            f"The identity check is not finished (it is {kyc_status}), so no account can be opened yet;"
            " please bring an identity document to a branch.",
        )
    rows = (await connection.execute(select(accounts).where(accounts.c.customer_id == customer_id))).all()
    # Closed accounts keep their names, but are no accounts to count.
    if sum(row.status != AccountStatus.CLOSED for row in rows) >= MOST_ACCOUNTS:
        raise refused("account.too_many", f"A customer has at most {MOST_ACCOUNTS} accounts; close one first.")
    saved = select(payees.c.name).where(payees.c.customer_id == customer_id, payees.c.status != "removed")
    # Payees too: a transfer by name must never have two meanings.
    taken = {row.name for row in rows} | set((await connection.execute(saved)).scalars())
    return _free_name(kind, name, taken)


def _free_name(kind: AccountKind, name: str | None, taken: set[str]) -> str:
    if name is not None:
        if any(look_alike(name, used) for used in taken):
            raise refused(
                "account.name_taken", "An account or payee has a name that looks the same; choose another."
            )
        return name
    plain = kind.value.capitalize()
    # More names than are taken, so that one of them is free.
    names = (plain, *(f"{plain} {number}" for number in range(2, len(taken) + 3)))
    folded = {fold_name(used) for used in taken}
    return next(free for free in names if fold_name(free) not in folded)


def _cannot_close(account: Account, reasons: tuple[str, ...]) -> ToolRefused:
    listed = "; ".join(f"({number}) {reason}" for number, reason in enumerate(reasons, start=1))
    message = f"{account.name} ··{account.last_digits} cannot be closed yet: {listed}."
    return ToolRefused(message, code="account.cannot_close", sentence=message)


def _heir(account: Account) -> str:
    return destination_text(account.name, None, account.last_digits)


def _closing_terms(tenant_id: str, customer_id: str, closing: ClosingTerms) -> ActionTerms:
    account, lines = closing.account, [("Account", f"{closing.account.name} ··{closing.account.last_digits}")]
    lines.append(("BSB and number", f"{account.bsb[:3]}-{account.bsb[3:]} {account.number}"))
    pays_out = closing.interest.amount > 0 and closing.heir is not None
    if closing.heir is not None and pays_out:
        words = f"AUD {closing.interest.amount:,.2f} to {_heir(closing.heir)}"
        lines.append(("Interest paid out", words))
    lines.append(("Afterwards", "the account cannot be opened again"))
    return ActionTerms(
        kind=CLOSE_ACCOUNT,
        tenant_id=tenant_id,
        customer_id=customer_id,
        title="Close an account",
        lines=tuple(lines),
        payload={
            "account_id": account.account_id,
            "interest": str(closing.interest),
            "interest_to": closing.heir.account_id if closing.heir is not None and pays_out else None,
        },
        sentence=f"Close {account.name} ··{last_digits(account.number)} for good.",
    )
