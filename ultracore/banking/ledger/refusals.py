"""Why a payment cannot be made, with the figures that explain it."""

from __future__ import annotations

from ultracore.banking.money import Money
from ultracore.banking.values import Account, AccountKind, AccountStatus, Balance, Destination, PaymentPrice
from ultracore.errors import ToolRefused
from ultracore.wording import destination_text, money_text


def funds_insufficient(source: Balance, price: PaymentPrice) -> ToolRefused:
    """The account has less than amount and fee together, or is one that nothing can be paid from."""
    account, held = source.account, source.balance - source.available
    name = _named(account)
    if account.kind is AccountKind.LOAN:
        message = f"{name} is a loan account, so no payment can be made from it; please use another account."
        return ToolRefused(message, code="funds.insufficient", sentence=message)
    message = f"{name} has {_text(source.available)} available; this payment needs {_needs(price)}."
    # Told, because the customer sees a larger balance and would not know why it cannot be spent.
    if held.minor > 0:
        message += f" {_text(held)} is held for a payment that is not finished."
    facts = {
        "account": account.account_id,
        "available": str(source.available),
        "needed": str(price.total),
        "missing": str(price.total - source.available),
        "held": str(held),
        "currency": account.currency,
    }
    return ToolRefused(message, code="funds.insufficient", sentence=message, facts=facts)


def outcome_unknown(target: Destination, amount: Money) -> ToolRefused:
    """The same payment is on its way, and its outcome is not known yet."""
    told = f"an earlier payment of {_text(amount)} to {target.text}"
    return ToolRefused(
        f"The outcome of {told} is still being checked; it must not be repeated.",
        code="transfer.outcome_unknown",
        sentence=f"We are still checking {told}. Please do not repeat it; we will tell you here how it ended.",
        facts={"amount": str(amount), "currency": amount.currency},
    )


def account_not_active(account: Account) -> ToolRefused:
    """One of the customer's own accounts is frozen or closed; the sentence says which and what to do."""
    advice = "call the bank" if account.status is AccountStatus.FROZEN else "use another one"
    message = (
        f"{_named(account)} is {account.status.value}, so no payment can go from it or to it; please {advice}."
    )
    facts = {"account": account.account_id, "status": account.status.value}
    return ToolRefused(message, code="account.not_active", sentence=message, facts=facts)


def payee_not_active(target: Destination) -> ToolRefused:
    """The payee is saved, but may not be paid now. The state of another customer's account is never told."""
    message = (
        f"{target.text} cannot be paid at the moment. Please ask them for another account, or call the bank;"
        " nothing has left your account."
    )
    return ToolRefused(message, code="payee.not_active", sentence=message)


def same_account(account: Account) -> ToolRefused:
    """Source and destination are one."""
    message = f"{_named(account)} is both where this payment comes from and where it goes; please name another."
    return ToolRefused(message, code="transfer.same_account", sentence=message)


def currency_mismatch(*currencies: str) -> ToolRefused:
    """The two accounts and the amount do not have one currency."""
    listed = " and ".join(sorted(set(currencies)))
    message = f"This payment would mix {listed}; it can only be made within one currency."
    return ToolRefused(message, code="currency.mismatch", sentence=message)


def _named(account: Account) -> str:
    return destination_text(account.name, None, account.last_digits)


def _needs(price: PaymentPrice) -> str:
    if not price.fee.minor:
        return _text(price.total)
    return f"{_text(price.total)} ({_text(price.amount)} and a fee of {_text(price.fee)})"


def _text(money: Money) -> str:
    return money_text(money.amount, money.currency)
