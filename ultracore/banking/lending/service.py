"""Lending: indicative eligibility, credit risk, schedules, loans, applications. Promises and decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import and_, case, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.actions import ActionTerms
from ultracore.banking.customers import CustomersService
from ultracore.banking.days import day_of
from ultracore.banking.derived import DerivedKind, DerivedResults
from ultracore.banking.identifiers import Clock, utc_now
from ultracore.banking.ledger import AccountsService
from ultracore.banking.lending.applications import (
    already_applied,
    applications_of,
    require_acceptable,
    terms_of,
    waiting_reference,
)
from ultracore.banking.lending.credit import risk_of
from ultracore.banking.lending.eligibility import LoanWish, assess
from ultracore.banking.lending.finances import finances_of
from ultracore.banking.lending.rules import PRODUCTS, quote_of
from ultracore.banking.lending.schedule import (
    Schedule,
    instalments_left,
    level_instalment,
    months_after,
    schedule_of,
)
from ultracore.banking.lending.values import (
    CreditRisk,
    Eligibility,
    Finances,
    LoanApplication,
    Purpose,
    RunningLoan,
)
from ultracore.banking.money import Money
from ultracore.banking.store import Database, total
from ultracore.banking.store.tables import entries, postings
from ultracore.banking.values import Loan
from ultracore.errors import ToolRefused

_SCORE: Final = DerivedKind("credit_score", CreditRisk)
_TRIAL_TERM = 60
"""Months of the loan that `risk` thinks of if it is given an amount only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleWish:
    """The loan of a schedule. With `account_id`, values that are left out are that loan's own."""

    amount: Money | None = None
    annual_rate: Decimal | None = None
    term_months: int | None = None
    account_id: str | None = None
    purpose: Purpose = Purpose.PERSONAL


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedSchedule:
    """A schedule and the day that its first month begins with."""

    schedule: Schedule
    start: date


class LendingService:
    """Every method raises `LedgerUnavailable`, and `ToolRefused` (`customer.not_found`) for unknown ids."""

    def __init__(
        self,
        database: Database,
        customers: CustomersService,
        accounts: AccountsService,
        derived: DerivedResults,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._derived = derived
        self._customers = customers
        self._accounts = accounts
        self._clock = clock

    async def eligibility(self, tenant_id: str, customer_id: str, wish: LoanWish) -> Eligibility:
        """The rules' answer to a wish, with every reason. Indicative: a person decides applications."""
        customer = await self._customers.get(tenant_id, customer_id)
        now = self._clock()
        finances = await finances_of(self._database, customer, self._customers, self._accounts, now)
        return assess(wish, customer, finances, day_of(now))

    async def finances(self, tenant_id: str, customer_id: str) -> Finances:
        """The customer's money by the month, as eligibility is worked out from it."""
        customer = await self._customers.get(tenant_id, customer_id)
        return await finances_of(self._database, customer, self._customers, self._accounts, self._clock())

    async def risk(self, tenant_id: str, customer_id: str, amount: Money | None = None) -> CreditRisk:
        """The credit score with its factors, a derived result; with an amount, as if that ran over 60 months.

        With an amount, and for everything that decides whether a loan is possible, the ledger is read.
        """
        if amount is None:
            return await self._derived.of(
                _SCORE, tenant_id, customer_id, lambda: self._score(tenant_id, customer_id)
            )
        customer = await self._customers.get(tenant_id, customer_id)
        now = self._clock()
        finances = await finances_of(self._database, customer, self._customers, self._accounts, now)
        rate = quote_of(Purpose.PERSONAL, risk_of(finances).credit_score, day_of(now)).annual_rate
        # Scored twice: the rate of the loan thought of depends on the score without it.
        return risk_of(finances, further_instalment=level_instalment(amount, rate, _TRIAL_TERM))

    async def _score(self, tenant_id: str, customer_id: str) -> CreditRisk:
        return risk_of(await self.finances(tenant_id, customer_id))

    async def schedule(self, tenant_id: str, customer_id: str, wish: ScheduleWish) -> DatedSchedule:
        """A repayment schedule, of a loan thought of or of the rest of one of the customer's own.

        Raises `ToolRefused`: `arguments.missing`, `account.not_found`, `loan.not_found`, `loan.paid_off`, and what
        `schedule_of` raises.
        """
        if wish.account_id is not None:
            return await self._schedule_of_loan(tenant_id, customer_id, wish, wish.account_id)
        if wish.amount is None or wish.term_months is None:
            raise ToolRefused("A schedule needs loan_amount and term_months.", code="arguments.missing")
        today = day_of(self._clock())
        rate = wish.annual_rate
        if rate is None:
            score = (await self.risk(tenant_id, customer_id)).credit_score
            rate = quote_of(wish.purpose, score, today).annual_rate
        return DatedSchedule(schedule=schedule_of(wish.amount, rate, wish.term_months, today), start=today)

    async def _schedule_of_loan(
        self, tenant_id: str, customer_id: str, wish: ScheduleWish, account_id: str
    ) -> DatedSchedule:
        balance = await self._accounts.get(tenant_id, customer_id, account_id)
        loans = await self._customers.loans(tenant_id, customer_id)
        loan = next((one for one in loans if one.account_id == account_id), None)
        if loan is None:
            raise ToolRefused("This account is not a loan.", code="loan.not_found")
        amount = wish.amount or -balance.balance
        if amount.minor <= 0:
            raise ToolRefused("This loan is paid off.", code="loan.paid_off")
        rate = loan.annual_rate if wish.annual_rate is None else wish.annual_rate
        term = wish.term_months or max(instalments_left(amount, rate, loan.instalment), 1)
        start = _last_due(loan.started_on, day_of(self._clock()))
        own = loan.instalment if wish.term_months is None else None
        return DatedSchedule(schedule=schedule_of(amount, rate, term, start, own), start=start)

    async def limit(self, tenant_id: str, customer_id: str, purpose: Purpose, term_months: int) -> Eligibility:
        """The rules over the smallest loan for that purpose: its `largest` is the most that could be borrowed.

        Raises `ToolRefused` as `eligibility` does.
        """
        smallest = Money.from_minor(PRODUCTS[purpose].least * 100)
        wish = LoanWish(amount=smallest, purpose=purpose, term_months=term_months)
        return await self.eligibility(tenant_id, customer_id, wish)

    async def prepare_application(
        self, tenant_id: str, customer_id: str, wish: LoanWish, stated_purpose: str
    ) -> ActionTerms:
        """The terms of an application, checked; nothing is recorded yet.

        Raises `ToolRefused`: `kyc.not_verified`, `loan.purpose_not_offered`, `loan.amount_out_of_range`,
        `loan.term_out_of_range`, `loan.already_applied`.
        """
        found = await self.eligibility(tenant_id, customer_id, wish)
        require_acceptable(found)
        async with self._database.read() as connection:
            waiting = await waiting_reference(connection, customer_id, wish.purpose.value)
        # Two applications for one purpose would be decided twice, and a customer might sign both.
        if waiting is not None:
            raise already_applied(waiting, wish.purpose.value)
        return terms_of(tenant_id, customer_id, stated_purpose, found)

    async def loans(self, tenant_id: str, customer_id: str) -> list[RunningLoan]:
        """The customer's loans with what is owed and what the last 365 days brought."""
        await self._customers.get(tenant_id, customer_id)
        balances = {
            one.account.account_id: one for one in await self._accounts.of_customer(tenant_id, customer_id)
        }
        found = []
        async with self._database.read() as connection:
            for loan in await self._customers.loans(tenant_id, customer_id):
                paid, charged = await self._year_of(connection, loan)
                balance = balances[loan.account_id]
                owed = Money.from_minor(max(-balance.balance.minor, 0), balance.account.currency)
                left = instalments_left(owed, loan.annual_rate, loan.instalment)
                found.append(
                    RunningLoan(
                        loan=loan,
                        balance=balance,
                        outstanding=owed,
                        instalments_left=left,
                        paid_in_year=paid,
                        interest_in_year=charged,
                    )
                )
        return found

    async def _year_of(self, connection: AsyncConnection, loan: Loan) -> tuple[Money, Money]:
        """Repayments on the loan's account, and interest charged to it, in the last 365 days."""
        amount, interest = postings.c.amount_minor, entries.c.kind == "interest"
        repaid = case((and_(amount > 0, ~interest, entries.c.kind != "opening_balance"), amount), else_=0)
        charged = case((interest, -amount), else_=0)
        query = (
            select(total(repaid), total(charged))
            .join(entries, and_(entries.c.entry_id == postings.c.entry_id, entries.c.posted == 1))
            .where(postings.c.account_id == loan.account_id)
            .where(entries.c.posted_at >= self._clock() - timedelta(days=365))
        )
        one, other = (await connection.execute(query)).one()
        currency = loan.principal.currency
        return Money.from_minor(one, currency), Money.from_minor(other, currency)

    async def applications(self, tenant_id: str, customer_id: str) -> list[LoanApplication]:
        """The customer's loan applications, newest first."""
        async with self._database.read() as connection:
            return await applications_of(connection, tenant_id, customer_id)


def _last_due(started_on: date, today: date) -> date:
    """The newest monthly day of the loan that is not after today; its start if none has passed."""
    months = max((today.year - started_on.year) * 12 + today.month - started_on.month, 0)
    due = months_after(started_on, months)
    return due if due <= today or months == 0 else months_after(started_on, months - 1)
