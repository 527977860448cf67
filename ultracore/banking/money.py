"""Exact amounts of one currency: `Decimal` in code, integer minor units in the store, a string in JSON."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from ultracore.errors import ToolRefused

AUD: Final = "AUD"

_DECIMALS: Final = {AUD: 2, "NZD": 2, "USD": 2, "EUR": 2, "GBP": 2, "JPY": 0}
# Far below what a 64-bit column holds, so that the sum of many amounts cannot overflow.
_LARGEST_MINOR: Final = 10**15
# Bounded, because `Decimal` reads texts of any length, and its work grows with them.
_LONGEST_TEXT: Final = 40


def _refuse(code: str, message: str) -> ToolRefused:
    return ToolRefused(
        message, code=code, sentence="That amount cannot be used. Please give it in dollars and cents."
    )


def decimals_of(currency: str) -> int:
    """How many decimals the currency has. Raises `ToolRefused` (`currency.unknown`) if we do not keep it."""
    try:
        return _DECIMALS[currency]
    except KeyError:
        raise _refuse("currency.unknown", "This currency is not kept here.") from None


def _to_decimal(value: str | int | float | Decimal) -> Decimal:
    # A bool is an int in Python: `true` would be one dollar.
    if isinstance(value, bool):
        raise _refuse("amount.not_a_number", "An amount is a number, not true or false.")
    # `str` of a float is the shortest text that reads back the same: 0.1 means 0.10, not its binary value.
    text = str(value).strip()
    if len(text) > _LONGEST_TEXT or not text.isascii() or "_" in text:
        raise _refuse("amount.not_a_number", "The amount is not a plain decimal number.")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise _refuse("amount.not_a_number", "The amount is not a plain decimal number.") from None


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount. Always finite, never finer than the currency's smallest unit, at most 10^15 of those units.

    Arithmetic and comparison want two amounts of one currency and raise `ValueError` otherwise.
    """

    amount: Decimal
    currency: str = AUD

    def __post_init__(self) -> None:
        places = decimals_of(self.currency)
        if not self.amount.is_finite():
            raise _refuse("amount.not_finite", "The amount must be a finite number.")
        # The size is looked at first, since quantizing 1e999999 would be slow and then overflow.
        if self.amount and self.amount.adjusted() > len(str(_LARGEST_MINOR)) - places:
            raise _refuse("amount.too_large", "The amount is larger than any account can hold.")
        exact = self.amount.quantize(Decimal(1).scaleb(-places))
        if exact != self.amount:
            raise _refuse("amount.too_precise", f"An amount in {self.currency} has at most {places} decimals.")
        if abs(exact.scaleb(places)) > _LARGEST_MINOR:
            raise _refuse("amount.too_large", "The amount is larger than any account can hold.")
        object.__setattr__(self, "amount", exact + 0)  # Adding zero turns -0 into 0.

    @classmethod
    def parse(cls, value: str | int | float | Decimal, currency: str = AUD) -> Money:
        """Read an amount from outside.

        Raises `ToolRefused` with `amount.not_a_number`, `amount.not_finite`, `amount.too_precise`,
        `amount.too_large` or `currency.unknown`. Zero and negative amounts are amounts: who wants a positive one
        calls `require_positive`.
        """
        return cls(_to_decimal(value), currency)

    @classmethod
    def from_minor(cls, minor: int, currency: str = AUD) -> Money:
        """From the store's integer of smallest units: 1999 AUD is 19.99."""
        return cls(Decimal(minor).scaleb(-decimals_of(currency)), currency)

    @property
    def minor(self) -> int:
        """The amount in smallest units, as the store keeps it."""
        return int(self.amount.scaleb(decimals_of(self.currency)))

    def require_positive(self) -> Money:
        """This amount, or `ToolRefused` (`amount.not_positive`)."""
        if self.amount <= 0:
            raise _refuse("amount.not_positive", "The amount must be more than zero.")
        return self

    def _same(self, other: Money) -> Decimal:
        if self.currency != other.currency:
            raise ValueError(f"amounts of {self.currency} and {other.currency} do not mix")
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __str__(self) -> str:
        """The form for JSON: `"2500.00"`, without currency, sign or separators of thousands."""
        return format(self.amount, "f")
