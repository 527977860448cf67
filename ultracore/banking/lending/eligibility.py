"""The eligibility rules over a customer's finances. Pure: the same figures and day have the same answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from ultracore.banking.lending.credit import behind_with_repayments, risk_of
from ultracore.banking.lending.rules import (
    AFFORDABLE_SHARE,
    ASSESSMENT_BUFFER,
    LOAN_STEP,
    MOST_INCOMES,
    PRODUCTS,
    Product,
    quote_of,
)
from ultracore.banking.lending.schedule import LONGEST_TERM, level_instalment, schedule_of
from ultracore.banking.lending.values import CreditRisk, Eligibility, Finances, LoanQuote, Purpose, Reason
from ultracore.banking.money import Money
from ultracore.banking.values import Customer
from ultracore.errors import ToolRefused

_NOTHING: Final = Money(Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanWish:
    """A loan that a customer would like to have."""

    amount: Money
    purpose: Purpose
    term_months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """The facts that the rules look at."""

    wish: LoanWish
    customer: Customer
    finances: Finances
    product: Product
    quote: LoanQuote
    risk: CreditRisk

    @property
    def assessed_rate(self) -> Decimal:
        return self.quote.annual_rate + ASSESSMENT_BUFFER

    @property
    def affordable(self) -> Money:
        """The most that an assessed instalment may be. Rent ends with a home of one's own, so it is free then."""
        free = self.finances.surplus.amount
        if self.wish.purpose is Purpose.HOME:
            free += self.finances.rent.amount
        # Never below zero: a negative sum to pay an instalment from would only confuse a customer.
        return Money(max(free * AFFORDABLE_SHARE, Decimal(0)).quantize(Decimal("0.01")))

    @property
    def most_debt(self) -> Money:
        """The most that may be borrowed beside the debts there are."""
        most = self.finances.income.amount * 12 * MOST_INCOMES - self.finances.owed.amount
        return Money(max(most, Decimal(0)))


def assess(wish: LoanWish, customer: Customer, finances: Finances, today: date) -> Eligibility:
    """The indicative answer. Raises `ToolRefused` for an amount that is not positive or a term out of range."""
    wish.amount.require_positive()
    if not 1 <= wish.term_months <= LONGEST_TERM:
        raise ToolRefused(f"The term must be 1 to {LONGEST_TERM} months.", code="loan.term_out_of_range")
    risk = risk_of(finances)
    quote = quote_of(wish.purpose, risk.credit_score, today)
    case = _Case(
        wish=wish, customer=customer, finances=finances, product=PRODUCTS[wish.purpose], quote=quote, risk=risk
    )
    reasons = tuple(_reasons(case))
    schedule = schedule_of(wish.amount, quote.annual_rate, wish.term_months, today)
    return Eligibility(
        eligible=all(reason.met for reason in reasons),
        purpose=wish.purpose,
        amount=wish.amount,
        term_months=wish.term_months,
        quote=quote,
        instalment=schedule.instalment,
        assessed_instalment=level_instalment(wish.amount, case.assessed_rate, wish.term_months),
        affordable=case.affordable,
        largest=_largest(case, reasons),
        total_repaid=schedule.total_repaid,
        risk=risk,
        reasons=reasons,
    )


def _reasons(case: _Case) -> Iterator[Reason]:
    yield from _about_the_customer(case)
    yield from _about_the_loan(case)
    yield from _about_the_money(case)


def _about_the_customer(case: _Case) -> Iterator[Reason]:
    business = case.customer.kind == "business"
    verified = case.customer.kyc_status == "verified"
    yield _reason("kyc.verified", verified, "The identity is verified.", "The identity is not verified yet.")
    yield _reason(
        "purpose.offered",
        case.product.for_business or not business,
        f"We lend for this purpose ({case.wish.purpose}).",
        f"We do not offer {case.wish.purpose} loans to businesses.",
    )
    score, least = case.risk.credit_score, case.product.least_score
    yield _reason(
        "score.enough",
        score >= least,
        f"The credit score of {score} is at least the {least} that this loan needs.",
        f"The credit score of {score} is below the {least} that this loan needs.",
    )
    yield _reason(
        "repayments.up_to_date",
        not behind_with_repayments(case.finances),
        "No loan with us is behind with its instalments.",
        "A loan with us is behind with its instalments.",
    )


def _about_the_loan(case: _Case) -> Iterator[Reason]:
    product, amount = case.product, case.wish.amount.amount
    yield _reason(
        "amount.in_range",
        product.least <= amount <= product.most,
        f"The amount is within AUD {product.least:,} to {product.most:,}.",
        f"For this purpose we lend AUD {product.least:,} to {product.most:,}.",
    )
    yield _reason(
        "term.in_range",
        case.wish.term_months <= product.longest_term,
        f"The term is within {product.longest_term} months.",
        f"For this purpose the term is at most {product.longest_term} months.",
    )


def _about_the_money(case: _Case) -> Iterator[Reason]:
    wish, affordable = case.wish, case.affordable.amount
    assessed = level_instalment(wish.amount, case.assessed_rate, wish.term_months).amount
    tested = f"An instalment of AUD {assessed:,.2f}, at a rate three percentage points higher for safety,"
    yield _reason(
        "income.found",
        case.finances.income.amount > 0,
        f"About AUD {case.finances.income.amount:,.2f} of income a month arrives in the accounts.",
        "No pay or takings arrived in the accounts in the last six months.",
    )
    yield _reason(
        "instalment.affordable",
        assessed <= affordable,
        f"{tested} fits into the AUD {affordable:,.2f} a month that the accounts leave free for it.",
        f"{tested} is more than the AUD {affordable:,.2f} a month that the accounts leave free for it.",
    )
    yield _reason(
        "debt.in_proportion",
        wish.amount <= case.most_debt,
        f"All debts together stay below {MOST_INCOMES} yearly incomes.",
        f"All debts together would be more than {MOST_INCOMES} yearly incomes.",
    )


def _reason(code: str, met: bool, yes: str, no: str) -> Reason:
    return Reason(code=code, met=met, text=yes if met else no)


_DEPEND_ON_AMOUNT: Final = ("amount.in_range", "instalment.affordable", "debt.in_proportion")


def _largest(case: _Case, reasons: tuple[Reason, ...]) -> Money:
    """The largest loan at this term; nothing if a rule fails that no smaller loan would meet."""
    # Rules about the person fail for every amount, so a smaller loan must not be held out.
    if any(not reason.met for reason in reasons if reason.code not in _DEPEND_ON_AMOUNT):
        return _NOTHING
    most = min(Decimal(case.product.most), case.most_debt.amount)
    steps = _most_steps(case, int(most // LOAN_STEP))
    found = Decimal(steps * LOAN_STEP)
    return Money(found) if found >= case.product.least else _NOTHING


def _most_steps(case: _Case, most: int) -> int:
    """The largest number of steps whose assessed instalment is affordable; instalments rise with the amount."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        instalment = level_instalment(
            Money(Decimal(middle * LOAN_STEP)), case.assessed_rate, case.wish.term_months
        )
        if instalment <= case.affordable:
            low = middle
        else:
            high = middle - 1
    return low
