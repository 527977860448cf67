"""The values that lending takes and gives. Rates are fractions of one a year: 0.0895 is 8.95 %."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from ultracore.banking.money import Money
from ultracore.banking.values import Balance, Loan


class Purpose(StrEnum):
    """The purpose of a loan, as the rules know it."""

    HOME = "home"
    CAR = "car"
    PERSONAL = "personal"
    BUSINESS = "business"
    EDUCATION = "education"
    OTHER = "other"


class ApplicationStatus(StrEnum):
    """`submitted` until a person of the bank decides; the customer may withdraw it before that."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finances:
    """A customer's money by the month, from the journal of the window's days and the loans table.

    `income` counts pay and takings; `spending` counts what left for other people, `rent` is the part of it that is
    rent, `repayments` are the instalments of loans that are not paid off. `due` is the sum of the instalments that
    fell due in the window and `repaid` what arrived on the loan accounts; `liquid` is what lies in everyday,
    savings and business accounts today.
    """

    days: int
    months_with_income: int
    income: Money
    spending: Money
    rent: Money
    repayments: Money
    due: Money
    repaid: Money
    owed: Money
    liquid: Money
    years_with_us: int

    @property
    def surplus(self) -> Money:
        """The rest of a month's income; negative if more goes out than comes in."""
        return self.income - self.spending - self.repayments


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditFactor:
    """One rule's part of the credit score. `weight` is its share of all points; `reason` is for a person."""

    name: str
    points: int
    most: int
    weight: Decimal
    finding: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRisk:
    """`credit_score` is 300 to 850, higher is better; `risk_score` is the same on 0 to 1, higher is worse."""

    credit_score: int
    risk_score: Decimal
    category: str
    factors: tuple[CreditFactor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that the eligibility rules looked at: a stable code, whether it is met, and a sentence."""

    code: str
    met: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanQuote:
    """An indicative rate and its origin. `margin` is the part that the credit score adds."""

    annual_rate: Decimal
    margin: Decimal
    effective_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """The indicative answer to a wish for a loan. Nothing in it is an offer.

    `assessed_instalment` is the instalment at the rate plus the assessment buffer; `affordable` is the most
    that it may be. `largest` is the largest loan that meets every rule at this term; zero for none.
    """

    eligible: bool
    purpose: Purpose
    amount: Money
    term_months: int
    quote: LoanQuote
    instalment: Money
    assessed_instalment: Money
    affordable: Money
    largest: Money
    total_repaid: Money
    risk: CreditRisk
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanApplication:
    """A recorded application. A person of the bank decides it; the program never does.

    `letter` and `reasons`, which are codes, are those of the decision as the customer is told them.
    """

    application_id: str
    reference: str
    purpose: Purpose
    stated_purpose: str
    amount: Money
    term_months: int
    annual_rate: Decimal
    instalment: Money
    status: ApplicationStatus
    submitted_at: datetime
    decided_at: datetime | None
    letter: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningLoan:
    """A loan with what its account holds. `outstanding` is positive; `instalments_left` at today's rate."""

    loan: Loan
    balance: Balance
    outstanding: Money
    instalments_left: int
    paid_in_year: Money
    interest_in_year: Money
