"""The table of routes, fees, rates and countries, read from `routes.toml` and checked as a whole."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal, get_args

from ultracore.banking.money import AUD, Money, decimals_of
from ultracore.banking.values import Destination, PayeeKind, PaymentPrice
from ultracore.errors import OperatorError, ToolRefused, UltracoreError

RouteName = Literal["own", "inside", "other_bank", "biller", "abroad"]
DEFAULT_TABLE: Final = Path(__file__).with_name("routes.toml")

_ROUTE_OF_PAYEE: Final[dict[PayeeKind, RouteName]] = {
    PayeeKind.INTERNAL: "inside",
    PayeeKind.EXTERNAL: "other_bank",
    PayeeKind.BILLER: "biller",
}

_ALSO: Final = {
    "uk": "GB",
    "england": "GB",
    "scotland": "GB",
    "britain": "GB",
    "great britain": "GB",
    "usa": "US",
    "america": "US",
    "united states of america": "US",
    "aotearoa": "NZ",
    "holland": "NL",
    "aus": "AU",
    "oz": "AU",
}
"""Other names that people write for countries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRoute:
    """One way of paying. `days` are business days after the day of sending; 0 is at once."""

    label: str
    fee: Money
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """A country that payments go to. `fee` and `days` are None if the route's own hold."""

    code: str
    name: str
    currency: str
    fee: Money | None = None
    days: int | None = None


AUSTRALIA: Final = Country(code="AU", name="Australia", currency=AUD)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    """The whole table, of `rate_date`. Rates are units of the currency for AUD 1."""

    version: str
    rate_date: date
    routes: Mapping[RouteName, PaymentRoute]
    rates: Mapping[str, Decimal]
    countries: Mapping[str, Country]

    @classmethod
    def load(cls, path: Path = DEFAULT_TABLE) -> RouteTable:
        """Read a table. Raises `OperatorError` naming the file and what is wrong with it."""
        try:
            return _table(tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, ArithmeticError, UltracoreError) as error:
            raise OperatorError(
                f"The rates table {path} cannot be used ({type(error).__name__}: {error}); please correct it.",
                code="routes.invalid",
            ) from error

    def price(self, destination: Destination, amount: Money) -> PaymentPrice:
        """The price of a payment within Australia. Raises `ToolRefused` (`currency.mismatch`)."""
        fee = self.routes[route_to(destination)].fee
        if not fee.minor:
            return PaymentPrice(amount, Money.from_minor(0, amount.currency))
        if fee.currency != amount.currency:
            raise ToolRefused("The fee and the amount have different currencies.", code="currency.mismatch")
        return PaymentPrice(amount, fee)

    def country(self, text: str) -> Country:
        """A country by its code or name. Raises `ToolRefused` (`route.country_unknown`)."""
        plain = " ".join(text.casefold().replace(".", "").split()).removeprefix("the ")
        code = _ALSO.get(plain, plain.upper())
        known = {AUSTRALIA.code: AUSTRALIA, **self.countries}
        by_name = {country.name.casefold().removeprefix("the "): country for country in known.values()}
        found = known.get(code) or by_name.get(plain)
        if found is None:
            names = ", ".join(country.name for country in self.countries.values())
            message = f"The bank has no quote for that country; it has quotes for {names}."
            raise ToolRefused(message, code="route.country_unknown", sentence=message)
        return found

    def home_of(self, currency: str) -> Country | None:
        """The one country of a currency; None if several have it."""
        # Of a currency of many countries the bank cannot tell which fee and arrival apply.
        homes = [country for country in self.countries.values() if country.currency == currency]
        return homes[0] if len(homes) == 1 else None

    def rate(self, currency: str) -> Decimal:
        """Units of the currency for AUD 1. Raises `ToolRefused` (`currency.unknown`)."""
        found = self.rates.get(currency)
        if found is None:
            message = f"The bank has no rate for that currency; it has {', '.join(self.rates)}."
            raise ToolRefused(message, code="currency.unknown", sentence=message)
        return found


def route_to(destination: Destination) -> RouteName:
    """The route of a payment within Australia."""
    return _ROUTE_OF_PAYEE[destination.payee.kind] if destination.payee else "own"


def _table(data: Mapping[str, Any]) -> RouteTable:
    rates = {name: _rate(name, text) for name, text in data["rates"].items()}
    countries = {code: _country(code, row, rates) for code, row in data["countries"].items()}
    routes = {name: _route(data["routes"][name]) for name in get_args(RouteName)}
    if not isinstance(data["rate_date"], date):
        raise ValueError("rate_date must be a date")
    return RouteTable(
        version=str(data["version"]),
        rate_date=data["rate_date"],
        routes=routes,
        rates=rates,
        countries=countries,
    )


def _rate(name: str, text: str) -> Decimal:
    decimals_of(name)
    rate = Decimal(text)
    if not rate.is_finite() or rate <= 0:
        raise ValueError(f"the rate of {name} must be more than zero")
    return rate


def _route(row: Mapping[str, Any]) -> PaymentRoute:
    return PaymentRoute(label=str(row["label"]), fee=_fee(row["fee"]), days=_days(row["days"]))


def _fee(text: str) -> Money:
    fee = Money.parse(text)
    if fee.minor < 0:
        raise ValueError("a fee must not be negative")
    return fee


def _country(code: str, row: Mapping[str, Any], rates: Mapping[str, Decimal]) -> Country:
    # Found when the table is read, not by the first customer who asks about that country.
    if row["currency"] not in rates:
        raise ValueError(f"{code} has a currency without a rate")
    return Country(
        code=code,
        name=str(row["name"]),
        currency=str(row["currency"]),
        fee=_fee(row["fee"]) if "fee" in row else None,
        days=_days(row["days"]) if "days" in row else None,
    )


def _days(value: object) -> int:
    # `true` would pass as an int in Python, and is no number of days.
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 30:
        raise ValueError("days must be a whole number from 0 to 30")
    return value
