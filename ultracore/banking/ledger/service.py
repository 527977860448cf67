"""Preparing transfers and asking the journal. Nothing here writes: effects go through proposals."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.identifiers import Clock, utc_now
from ultracore.banking.ledger.accounts import owned_balance
from ultracore.banking.ledger.day_limits import NO_LIMITS, DayLimits, Payment
from ultracore.banking.ledger.day_limits import objection as above_day_limit
from ultracore.banking.ledger.holds import unresolved_twin
from ultracore.banking.ledger.login_holds import LoginHolds
from ultracore.banking.ledger.refusals import (
    account_not_active,
    currency_mismatch,
    funds_insufficient,
    outcome_unknown,
    payee_not_active,
    same_account,
)
from ultracore.banking.ledger.statement_text import read_statement_text
from ultracore.banking.money import Money
from ultracore.banking.payees import cooling_off as payees_cooling_off
from ultracore.banking.payees import resolve
from ultracore.banking.store import Database, account_of
from ultracore.banking.store.tables import accounts
from ultracore.banking.values import (
    Account,
    AccountStatus,
    Balance,
    Destination,
    PayeeStatus,
    PaymentPrice,
    TransferTerms,
)

Pricing = Callable[[Destination, Money], PaymentPrice]
"""The price of a payment of the amount to the destination."""


class LedgerService:
    """Resolved, checked transfers, and the receipts of posted ones. Raises `LedgerUnavailable` throughout."""

    def __init__(
        self,
        database: Database,
        pricing: Pricing,
        clock: Clock = utc_now,
        limits: DayLimits = NO_LIMITS,
        *,
        new_factors: bool = False,
    ) -> None:
        self.login_holds = LoginHolds(database, clock, new_factors=new_factors)
        self._database = database
        self._pricing = pricing
        self._clock = clock
        self._limits = limits

    async def prepare_transfer(
        self,
        tenant_id: str,
        customer_id: str,
        from_account_id: str,
        destination: str,
        amount: str | int | float | Decimal | Money,
        description: str = "",
        *,
        fee: Money | None = None,
    ) -> TransferTerms:
        """Resolve and check everything in one consistent state, change nothing.

        `fee` is what a card that is prepared again was shown with; without it the table of routes decides.

        Raises `ToolRefused` with `amount.not_a_number` `amount.not_finite` `amount.too_precise` `amount.too_large`
        `amount.not_positive` `account.not_found` `account.not_active` `payee.not_saved` `payee.not_active`
        `transfer.same_account` `currency.mismatch` `transfer.outcome_unknown` `payee.cooling_off`
        `limit.payee_day_exceeded` `limit.day_exceeded` `funds.insufficient` `description.link`
        `description.letters`, in this order.
        """
        wanted = (amount if isinstance(amount, Money) else Money.parse(amount)).require_positive()
        async with self._database.read() as connection:
            source = await owned_balance(connection, tenant_id, customer_id, from_account_id)
            if source.account.status is not AccountStatus.ACTIVE:
                raise account_not_active(source.account)
            target = await resolve(connection, tenant_id, customer_id, destination)
            await _check_target(connection, source.account, target, wanted)
            price = self._pricing(target, wanted) if fee is None else PaymentPrice(wanted, fee)
            payee_id = target.payee.payee_id if target.payee else None
            too_new = await payees_cooling_off.objection(connection, payee_id, price, self._clock())
            payment = Payment(customer_id=customer_id, payee_id=payee_id, price=price)
            too_much = await above_day_limit(connection, payment, self._limits, self._clock())
        if (refused := too_new or too_much) is not None:
            raise refused
        # Funds come last: where a limit says no, more money would not help.
        if price.total > source.available:
            raise funds_insufficient(source, price)
        return _terms(source, target, price, description)


async def _check_target(connection: AsyncConnection, source: Account, target: Destination, amount: Money) -> None:
    if target.payee is not None and target.payee.status is not PayeeStatus.ACTIVE:
        raise payee_not_active(target)
    if target.account_id == source.account_id:
        raise same_account(source)
    account = await _account(connection, target.account_id)
    if account.status is not AccountStatus.ACTIVE:
        raise account_not_active(account) if target.payee is None else payee_not_active(target)
    if not source.currency == account.currency == amount.currency:
        raise currency_mismatch(source.currency, account.currency, amount.currency)
    payee_id = target.payee.payee_id if target.payee else None
    # Asked before the funds: the payment under way holds its money, and "not enough" would invite another try.
    if await unresolved_twin(connection, source.customer_id, target.account_id, payee_id, amount):
        raise outcome_unknown(target, amount)


async def _account(connection: AsyncConnection, account_id: str) -> Account:
    return account_of(
        (await connection.execute(select(accounts).where(accounts.c.account_id == account_id))).one()
    )


def default_description(destination_name: str) -> str:
    """The description of an entry if the customer gave it no words."""
    return f"Transfer to {destination_name}"


def _terms(source: Balance, target: Destination, price: PaymentPrice, description: str) -> TransferTerms:
    return TransferTerms(
        tenant_id=source.account.tenant_id,
        customer_id=source.account.customer_id or "",
        source=source.account,
        destination_account_id=target.account_id,
        payee=target.payee,
        destination_name=target.name,
        destination_last_digits=target.last_digits,
        price=price,
        description=read_statement_text(description) or default_description(target.name),
        balance_after=source.balance - price.total,
    )
