"""What the bank knows about a customer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, TypedDict

from pydantic import Field

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Suggestion, Summary, ToolClass, tool
from ultracore.ai.tools.toolset.accounts.balances import BalanceResult, balance_result, balance_table
from ultracore.ai.tools.toolset.suggestions import RECENT
from ultracore.banking import Payee, RiskProfile, Transaction
from ultracore.principal import Role

# Every line is a part of the model's request; for more there is search_transactions.
MAX_TRANSACTIONS = 50
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z'&. -]{1,30}")
"""A payee's name as it can stand in a sentence; another one is not suggested."""

Days = Annotated[int, Field(ge=1, le=366, description="How many days back, 1 to 366.")]


class PayeeResult(TypedDict):
    """A saved payee; `text` is how it is named to a person."""

    payee_id: str
    name: str
    text: str
    kind: str
    last_digits: str


class TransactionResult(TypedDict):
    """One line of an account; money out is negative."""

    date: str
    description: str
    amount: str
    account_id: str
    kind: str


class RiskResult(TypedDict):
    """What the bank's own rows say of the relationship; a credit score is another tool's answer."""

    rating: str
    kyc_status: str
    customer_since: str
    outgoing_30_days: str
    incoming_30_days: str


class Customer360Result(TypedDict):
    """Everything about one customer that an agent needs to answer everyday questions."""

    customer_id: str
    tenant_id: str
    name: str
    accounts: list[BalanceResult]
    payees: list[PayeeResult]
    transactions: list[TransactionResult]
    risk_profile: RiskResult
    message: str


def _summary(result: Mapping[str, Any]) -> Summary:
    accounts = result["accounts"]
    noun = "account" if len(accounts) == 1 else "accounts"
    looked = f"Looked up {len(accounts)} {noun}"
    if result["transactions"]:
        looked += f" and {len(result['transactions'])} transactions"
    return Summary(f"{looked}.", balance_table(accounts))


def _payee(payee: Payee) -> PayeeResult:
    return PayeeResult(
        payee_id=payee.payee_id,
        name=payee.name,
        text=payee.text,
        kind=payee.kind.value,
        last_digits=payee.last_digits,
    )


def _transaction(item: Transaction) -> TransactionResult:
    return TransactionResult(
        date=item.posted_at.date().isoformat(),
        description=item.description,
        amount=str(item.amount),
        account_id=item.account_id,
        kind=item.kind,
    )


def _risk(profile: RiskProfile) -> RiskResult:
    return RiskResult(
        rating=profile.rating,
        kyc_status=profile.kyc_status,
        customer_since=profile.customer_since.isoformat(),
        outgoing_30_days=str(profile.outgoing_30_days),
        incoming_30_days=str(profile.incoming_30_days),
    )


def _suggest(found: Mapping[str, Any]) -> Iterator[Suggestion]:
    if found["accounts"]:
        yield RECENT
    fitting = next((payee["name"] for payee in found["payees"] if _NAME.fullmatch(payee["name"])), None)
    if fitting is not None:
        yield Suggestion(f"Transfer money to {fitting}", "execute_transaction")


@tool(
    tool_class=ToolClass.READ,
    agents=("Accounts", "Lending", "Payments", "Wealth"),
    roles=(Role.CUSTOMER, Role.TELLER, Role.LENDER),
    title="Looked up the accounts",
    working="Looking up the accounts…",
    summary=_summary,
    subject="Account balances",
    suggests=_suggest,
    order=1,
)
async def get_customer_360(
    context: ToolContext,
    tenant_id: TenantId,
    customer_id: CustomerId,
    include_transactions: bool = True,
    transaction_days: Days = 30,
) -> Customer360Result:
    """Read the customer's accounts with balances and ids, saved payees, and recent transactions, newest first.
    Use it to answer questions about accounts or spending and to find account ids and payees before a transfer.
    Do not use it when you need one known account's balance only."""
    bank = context.bank
    now = datetime.now(UTC)
    customer = await bank.customers.get(tenant_id, customer_id)
    accounts = await bank.accounts.of_customer(tenant_id, customer_id)
    payees = await bank.payees.of_customer(tenant_id, customer_id)
    transactions: list[Transaction] = []
    if include_transactions:
        since = now - timedelta(days=transaction_days)
        transactions = await bank.accounts.transactions(
            tenant_id, customer_id, None, since=since, until=now, limit=MAX_TRANSACTIONS
        )
    return Customer360Result(
        customer_id=customer_id,
        tenant_id=tenant_id,
        name=customer.name,
        accounts=[balance_result(balance) for balance in accounts],
        payees=[_payee(payee) for payee in payees],
        transactions=[_transaction(item) for item in transactions],
        risk_profile=_risk(await bank.risk.profile(tenant_id, customer_id)),
        message=f"{customer.name} has {len(accounts)} accounts and {len(payees)} saved payees.",
    )
