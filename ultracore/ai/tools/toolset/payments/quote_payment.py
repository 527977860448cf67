"""How a payment would travel, what it would cost and when it would arrive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

from pydantic import Field, StringConstraints

from ultracore.ai.tools.arguments import Amount, CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.banking import Money, day_text, moment_text
from ultracore.banking.payments import PaymentQuote, PaymentWish
from ultracore.principal import Role

PaidTo = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
    Field(description="A saved payee's id or name, an own account's id, or for abroad the receiver's name."),
]

Currency = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z]{3}$"),
    Field(description="The currency that the amount is in, such as AUD or USD."),
]

CountryName = Annotated[
    str | None,
    StringConstraints(strip_whitespace=True, max_length=60),
    Field(description="The country, by name or code, if it is not Australia."),
]


class QuoteResult(TypedDict):
    """A payment as it would be: `amount` in `currency` arrives, `total_cost` in AUD leaves, `fee` included.

    `rate` is units of the currency for AUD 1, of `rate_date`. `limited_until` is set if the payee is too new
    for this amount; `payable_here` False means a quote only.
    """

    route: str
    label: str
    destination: str
    destination_text: str
    destination_last_digits: str | None
    country: str | None
    amount: str
    currency: str
    fee: str
    total_cost: str
    rate: str | None
    rate_date: str | None
    arrives_on: str
    arrival: str
    limited_until: str | None
    payable_here: bool
    message: str


def _summary(result: Mapping[str, Any]) -> Summary:
    rows = [
        ("Route", result["label"]),
        ("Arrives", f"{result['currency']} {result['amount']}"),
        ("Fee", f"AUD {result['fee']}"),
        ("Total cost", f"AUD {result['total_cost']}"),
        ("When", result["arrival"]),
    ]
    if result["rate"] is not None:
        rows.insert(2, ("Rate", f"AUD 1 = {result['currency']} {result['rate']} ({result['rate_date']})"))
    return Summary(result["message"], (("Payment", result["destination_text"]), *rows))


@tool(
    tool_class=ToolClass.READ,
    agents=("Payments",),
    roles=(Role.CUSTOMER, Role.TELLER),
    title="Worked out fees and arrival",
    working="Working out fees and arrival…",
    summary=_summary,
    subject="Fees and arrival of a payment",
)
async def quote_payment(
    context: ToolContext,
    tenant_id: TenantId,
    customer_id: CustomerId,
    destination: PaidTo,
    amount: Amount,
    currency: Currency = "AUD",
    country: CountryName = None,
) -> QuoteResult:
    """Quote a payment without making it: its route (own account, inside the bank, another bank, a biller, abroad),
    fee, exchange rate and arrival. Use it when the customer asks what a payment costs, how long it takes, or about
    sending money abroad. Payments abroad can only be quoted here; for others execute_transaction makes them."""
    wish = PaymentWish(destination=destination, amount=amount, currency=currency, country=country)
    quote = await context.bank.routes.quote(tenant_id, customer_id, wish)
    return QuoteResult(
        route=quote.route,
        label=quote.label,
        destination=quote.destination_name,
        destination_text=quote.destination_text,
        destination_last_digits=quote.destination_last_digits,
        country=quote.country,
        amount=str(quote.receives),
        currency=quote.receives.currency,
        fee=str(quote.fee),
        total_cost=str(quote.cost),
        rate=None if quote.rate is None else str(quote.rate),
        rate_date=None if quote.rate_date is None else quote.rate_date.isoformat(),
        arrives_on=quote.arrives_on.isoformat(),
        arrival=_arrival(quote),
        limited_until=None if quote.limited_until is None else quote.limited_until.isoformat(),
        payable_here=quote.payable_here,
        message=_message(quote),
    )


def _money(amount: Money) -> str:
    return f"{amount.currency} {amount.amount:,f}"


def _arrival(quote: PaymentQuote) -> str:
    return "at once" if quote.at_once else f"by {day_text(quote.arrives_on)}"


def _message(quote: PaymentQuote) -> str:
    where = f" in {quote.country}" if quote.country else ""
    told = (
        f"{_money(quote.receives)} to {quote.destination_text}{where} goes {quote.label},"
        f" costs {_money(quote.cost)} with a fee of {_money(quote.fee)}, and arrives {_arrival(quote)}."
    )
    if quote.rate is not None and quote.rate_date is not None:
        told += f" The rate is AUD 1 = {quote.receives.currency} {quote.rate} of {day_text(quote.rate_date)}."
    if not quote.payable_here:
        told += " This is a quote only: payments abroad are made at a branch, not here."
    if quote.limited_until is not None:
        told += f" The payee is new, so this amount can be paid from {moment_text(quote.limited_until)} on."
    return told
