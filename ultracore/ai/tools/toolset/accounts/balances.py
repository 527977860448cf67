"""Balances as the tools of accounts report and show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ultracore.banking import Balance
from ultracore.wording import money_text


class BalanceResult(TypedDict):
    """One account. Money is a decimal string."""

    account_id: str
    name: str
    kind: str
    balance: str
    available_balance: str
    currency: str
    status: str
    number_last_digits: str
    message: str


def balance_result(balance: Balance, *, include_pending: bool = True) -> BalanceResult:
    """A balance as tools report it. Without pending amounts, available equals the balance."""
    available = balance.available if include_pending else balance.balance
    account = balance.account
    text = money_text(balance.balance.amount, account.currency)
    return BalanceResult(
        account_id=account.account_id,
        name=account.name,
        kind=account.kind.value,
        balance=str(balance.balance),
        available_balance=str(available),
        currency=account.currency,
        status=account.status.value,
        number_last_digits=account.last_digits,
        message=f"{account.name} ending {account.last_digits}: {text}",
    )


def balance_table(accounts: list[Mapping[str, Any]]) -> tuple[tuple[str, ...], ...]:
    """A table of accounts, header first."""
    rows = [
        (
            f"{account['name']} ··{account['number_last_digits']}",
            money_text(account["balance"], account["currency"]),
            money_text(account["available_balance"], account["currency"]),
        )
        for account in accounts
    ]
    return (("Account", "Balance", "Available"), *rows)
