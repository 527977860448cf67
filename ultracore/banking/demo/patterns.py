"""Recurring movements in the demo customers' accounts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ultracore.banking.demo import world
from ultracore.banking.demo.world import internal_account_id

_THURSDAY: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A movement that recurs on `account_id`: every so many days from `first_day`, on a weekday, or each workday.

    Amounts lie between `low_cents` and `high_cents`, both included.
    """

    account_id: str
    other_account_id: str
    kind: str
    descriptions: tuple[str, ...]
    low_cents: int
    high_cents: int
    every_days: int = 7
    first_day: int = 1
    weekday: int | None = None
    weekdays_only: bool = False
    incoming: bool = False
    payee_id: str | None = None
    tenant_id: str = "tenant_1"


_CLEARING: Final = internal_account_id("tenant_1", "clearing")
_BILLERS: Final = internal_account_id("tenant_1", "billers")
_CARDS: Final = internal_account_id("tenant_1", "cards")
_FEES: Final = internal_account_id("tenant_1", "fees")

_GROCERS: Final = ("Harvest Lane Market", "Green Basket", "Corner Fresh", "Bulk & Barrel")
_EATING: Final = ("Noodle House", "Blue Door Cafe", "Pizzeria Lucia", "Riverside Bakery", "Taco Stand")
_RIDES: Final = ("City Transit top-up", "Parkside Fuel", "Ride share")
_SHOPS: Final = ("Homeware Depot", "Paper & Ink", "Chemist on Main", "Trail Outfitters", "Northside Cinema")


def _card(account_id: str, shops: tuple[str, ...], low: int, high: int, every: int, first: int) -> Pattern:
    return Pattern(
        account_id=account_id,
        other_account_id=_CARDS,
        kind="card_purchase",
        descriptions=shops,
        low_cents=low,
        high_cents=high,
        every_days=every,
        first_day=first,
    )


def _bill(account_id: str, name: str, low: int, high: int, every: int, first: int) -> Pattern:
    return Pattern(
        account_id=account_id,
        other_account_id=_BILLERS,
        kind="bill_payment",
        descriptions=(name,),
        low_cents=low,
        high_cents=high,
        every_days=every,
        first_day=first,
        payee_id=world.CITY_POWER if name == "City Power" else None,
    )


def _transfer(
    source: str, target: str, words: str, cents: tuple[int, int], every: int, first: int, payee: str | None = None
) -> Pattern:
    return Pattern(
        account_id=source,
        other_account_id=target,
        kind="transfer",
        descriptions=(words,),
        low_cents=cents[0],
        high_cents=cents[1],
        every_days=every,
        first_day=first,
        payee_id=payee,
    )


def _salary(account_id: str, employer: str, cents: int) -> Pattern:
    return Pattern(
        account_id=account_id,
        other_account_id=_CLEARING,
        kind="salary",
        descriptions=(f"Salary {employer}",),
        low_cents=cents,
        high_cents=cents,
        every_days=14,
        weekday=_THURSDAY,
        incoming=True,
    )


def _rent(account_id: str, words: str, cents: int, payee: str | None) -> Pattern:
    return Pattern(
        account_id=account_id,
        other_account_id=_CLEARING,
        kind="rent",
        descriptions=(words,),
        low_cents=cents,
        high_cents=cents,
        every_days=7,
        weekday=4,
        payee_id=payee,
    )


_ALEX: Final = (
    _salary("acc_1", "Meridian Design", 2_285_00),
    _rent("acc_1", "Rent Northside Rentals", 480_00, world.NORTHSIDE_RENTALS),
    _card("acc_1", _GROCERS, 38_00, 142_00, 3, 2),
    _card("acc_1", _EATING, 11_00, 68_00, 4, 3),
    _card("acc_1", _RIDES, 12_00, 74_00, 6, 1),
    _card("acc_1", _SHOPS, 15_00, 210_00, 9, 5),
    _bill("acc_1", "City Power", 88_00, 164_00, 30, 12),
    _bill("acc_1", "Fibre Internet", 79_00, 79_00, 30, 8),
    _bill("acc_1", "Mobile plan", 45_00, 45_00, 30, 17),
    _bill("acc_1", "Contents insurance", 31_40, 31_40, 30, 20),
    _bill("acc_1", "Stream Box", 16_99, 16_99, 30, 23),
    _transfer("acc_1", "acc_2", "To savings", (400_00, 400_00), 14, 10),
    _transfer("acc_2", "acc_1", "From savings", (1_100_00, 1_900_00), 75, 60),
    _transfer("acc_1", "acc_6", "Regular investment", (300_00, 300_00), 30, 15),
    _transfer("acc_1", "acc_4", "Loan repayment", (world.LOAN_INSTALMENT_CENTS,) * 2, 30, 6),
    _transfer("acc_1", "acc_3", "Shared dinner", (18_00, 55_00), 41, 19, world.FLATMATE_OF_CUST_1),
)

_SAM: Final = (
    _salary("acc_3", "Lakeside Clinic", 1_390_00),
    _rent("acc_3", "Rent", 395_00, None),
    _transfer("acc_3", _CLEARING, "Savings at another bank", (200_00, 200_00), 14, 9),
    _card("acc_3", _GROCERS, 32_00, 96_00, 4, 1),
    _card("acc_3", _EATING, 9_00, 42_00, 5, 2),
    _card("acc_3", _RIDES, 10_00, 48_00, 6, 4),
    _bill("acc_3", "Mobile plan", 39_00, 39_00, 30, 11),
    _transfer("acc_3", "acc_1", "Power and internet share", (70_00, 105_00), 30, 14, world.FLATMATE_OF_CUST_2),
)

_GROCERS_OF_HARBOUR_STREET: Final = (
    Pattern(
        account_id="acc_5",
        other_account_id=_CARDS,
        kind="takings",
        descriptions=("Card takings",),
        low_cents=1_450_00,
        high_cents=4_250_00,
        weekdays_only=True,
        incoming=True,
    ),
    Pattern(
        account_id="acc_5",
        other_account_id=_CLEARING,
        kind="supplier_payment",
        descriptions=("Wholesale Supplies",),
        low_cents=5_900_00,
        high_cents=8_600_00,
        weekday=1,
        payee_id=world.WHOLESALE_SUPPLIES,
    ),
    Pattern(
        account_id="acc_5",
        other_account_id=_CLEARING,
        kind="wages",
        descriptions=("Wages",),
        low_cents=9_450_00,
        high_cents=10_100_00,
        every_days=14,
        weekday=2,
    ),
    _transfer("acc_5", _CLEARING, "Shop rent", (4_200_00, 4_200_00), 30, 4),
    _transfer("acc_5", _CLEARING, "Business activity statement", (10_500_00, 12_800_00), 91, 30),
    _bill("acc_5", "Cold store power", 610_00, 890_00, 30, 16),
    Pattern(
        account_id="acc_5",
        other_account_id=_FEES,
        kind="fee",
        descriptions=("Monthly account fee",),
        low_cents=10_00,
        high_cents=10_00,
        every_days=30,
        first_day=29,
    ),
)


def _of_tenant_2(pattern: Pattern) -> Pattern:
    other = pattern.other_account_id.replace("tenant_1", "tenant_2")
    return replace(pattern, tenant_id="tenant_2", other_account_id=other)


_JORDAN: Final = tuple(
    _of_tenant_2(pattern)
    for pattern in (
        _salary("acc_9", "Coastal Freight", 1_950_00),
        _rent("acc_9", "Rent", 420_00, None),
        _transfer("acc_9", _CLEARING, "Savings at another bank", (600_00, 600_00), 14, 9),
        _card("acc_9", _GROCERS, 35_00, 120_00, 4, 2),
        _card("acc_9", _EATING, 10_00, 55_00, 5, 1),
        _card("acc_9", _RIDES, 15_00, 60_00, 7, 3),
        _bill("acc_9", "Mobile plan", 49_00, 49_00, 30, 9),
        _bill("acc_9", "Coast Energy", 70_00, 130_00, 30, 18),
    )
)

PATTERNS: Final = (*_ALEX, *_SAM, *_GROCERS_OF_HARBOUR_STREET, *_JORDAN)
