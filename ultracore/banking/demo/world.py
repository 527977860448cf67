"""The people and things of the demo world. Balances are those after the seeding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from ultracore.banking.values import AccountKind, PayeeKind
from ultracore.principal import Role

BSB: Final = "062001"


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """A customer and since when."""

    customer_id: str
    tenant_id: str
    name: str
    kind: Literal["person", "business"]
    since: date


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A customer's account and its balance in cents on a fresh data directory."""

    account_id: str
    customer_id: str
    kind: AccountKind
    name: str
    number: str
    cents: int


@dataclass(frozen=True, slots=True)
class DemoPayee:
    """A saved payee. `account_id` None: the tenant's own account for its kind is credited."""

    payee_id: str
    customer_id: str
    name: str
    kind: PayeeKind
    account_id: str | None
    bsb: str
    number: str


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """A login of the demo world."""

    user_id: str
    tenant_id: str
    display_name: str
    role: Role
    customer_id: str | None = None


TENANTS: Final = {"tenant_1": "UltraCore Bank", "tenant_2": "Southern Mutual"}

PURPOSES: Final = {
    "clearing": "Payments to and from other banks",
    "billers": "Payments to billers",
    "cards": "Card purchases and takings",
    "interest": "Interest paid and charged",
    "fees": "Fees",
    "opening_equity": "Opening balances",
}
"""The internal accounts that every tenant has."""

CUSTOMERS: Final = (
    DemoCustomer("cust_1", "tenant_1", "Alex Morgan", "person", date(2019, 3, 14)),
    DemoCustomer("cust_2", "tenant_1", "Sam Taylor", "person", date(2021, 8, 2)),
    DemoCustomer("cust_3", "tenant_1", "Harbour Street Grocers Pty Ltd", "business", date(2016, 11, 7)),
    DemoCustomer("cust_9", "tenant_2", "Jordan Lee", "person", date(2022, 5, 23)),
)

ACCOUNTS: Final = (
    DemoAccount("acc_1", "cust_1", AccountKind.EVERYDAY, "Everyday", "10344821", 2_500_00),
    DemoAccount("acc_2", "cust_1", AccountKind.SAVINGS, "Savings", "10347736", 10_000_00),
    DemoAccount("acc_4", "cust_1", AccountKind.LOAN, "Personal loan", "20815502", -12_400_00),
    DemoAccount("acc_6", "cust_1", AccountKind.PORTFOLIO_SETTLEMENT, "Portfolio cash", "30166094", 412_35),
    DemoAccount("acc_3", "cust_2", AccountKind.EVERYDAY, "Everyday", "10359057", 800_00),
    DemoAccount("acc_5", "cust_3", AccountKind.BUSINESS, "Business", "40022318", 250_000_00),
    DemoAccount("acc_9", "cust_9", AccountKind.EVERYDAY, "Everyday", "10371163", 5_000_00),
)

CITY_POWER: Final = "pay_1"
NORTHSIDE_RENTALS: Final = "pay_2"
FLATMATE_OF_CUST_1: Final = "pay_3"
FLATMATE_OF_CUST_2: Final = "pay_4"
WHOLESALE_SUPPLIES: Final = "pay_5"

PAYEES: Final = (
    DemoPayee(CITY_POWER, "cust_1", "City Power", PayeeKind.BILLER, None, "", "23796"),
    DemoPayee(NORTHSIDE_RENTALS, "cust_1", "Northside Rentals", PayeeKind.EXTERNAL, None, "733110", "557204"),
    DemoPayee(FLATMATE_OF_CUST_1, "cust_1", "Flatmate", PayeeKind.INTERNAL, "acc_3", BSB, "10359057"),
    DemoPayee(FLATMATE_OF_CUST_2, "cust_2", "Flatmate", PayeeKind.INTERNAL, "acc_1", BSB, "10344821"),
    DemoPayee(WHOLESALE_SUPPLIES, "cust_3", "Wholesale Supplies", PayeeKind.EXTERNAL, None, "484799", "801936"),
)

LOGINS: Final = (
    DemoLogin("customer1", "tenant_1", "Alex Morgan", Role.CUSTOMER, "cust_1"),
    DemoLogin("customer2", "tenant_1", "Sam Taylor", Role.CUSTOMER, "cust_2"),
    DemoLogin("customer3", "tenant_1", "Harbour Street Grocers", Role.CUSTOMER, "cust_3"),
    DemoLogin("customer9", "tenant_2", "Jordan Lee", Role.CUSTOMER, "cust_9"),
    DemoLogin("teller1", "tenant_1", "Terry (teller)", Role.TELLER),
    DemoLogin("lender1", "tenant_1", "Lena (lender)", Role.LENDER),
    DemoLogin("finance1", "tenant_1", "Finn (finance)", Role.FINANCE),
    DemoLogin("security1", "tenant_1", "Sasha (security)", Role.SECURITY),
    DemoLogin("supervisor1", "tenant_1", "Sunita (supervisor)", Role.SUPERVISOR),
    DemoLogin("supervisor2", "tenant_2", "Stefan (supervisor)", Role.SUPERVISOR),
    DemoLogin("supervisor3", "tenant_1", "Sione (supervisor)", Role.SUPERVISOR),
    DemoLogin("auditor1", "tenant_1", "Audrey (auditor)", Role.AUDITOR),
    DemoLogin("admin1", "tenant_1", "Adi (administrator)", Role.ADMINISTRATOR),
)


@dataclass(frozen=True, slots=True)
class DemoHolding:
    """A holding: a year ago, what was bought since as `(day, units, cents a unit)`, and today's price."""

    symbol: str
    name: str
    earlier_units: int
    earlier_cost_cents: int
    buys: tuple[tuple[int, int, int], ...]
    price_cents: int


HOLDINGS: Final = (
    DemoHolding("AUEQ", "Australian Shares Index", 42, 3_612_00, ((50, 9, 95_12), (230, 9, 97_80)), 101_45),
    DemoHolding("GLEQ", "Global Shares Index", 30, 3_045_00, ((140, 8, 111_30),), 118_90),
    DemoHolding("AUBD", "Australian Bonds", 25, 1_240_00, ((320, 17, 51_05),), 50_72),
)

LOAN_PRINCIPAL_CENTS: Final = 20_000_00
LOAN_RATE_BASIS_POINTS: Final = 895
LOAN_TERM_MONTHS: Final = 60
LOAN_INSTALMENT_CENTS: Final = 414_50
SAVINGS_RATE_BASIS_POINTS: Final = 435


def internal_account_id(tenant_id: str, purpose: str) -> str:
    """The id of a tenant's own account."""
    return f"{tenant_id}_{purpose}"
