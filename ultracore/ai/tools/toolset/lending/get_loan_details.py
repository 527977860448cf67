"""The customer's loans and applications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.lending.arguments import amount_text
from ultracore.banking import Money
from ultracore.banking.lending import (
    LoanApplication,
    RunningLoan,
    percent_text,
    reason_says,
)
from ultracore.principal import Role
from ultracore.wording import inert_text, money_text


class LoanResult(TypedDict):
    """A running loan."""

    account_id: str
    name: str
    number_last_digits: str
    currency: str
    outstanding: str
    borrowed: str
    annual_rate: str
    term_months: int
    started_on: str
    instalment: str
    instalments_left: int
    repaid_12_months: str
    interest_12_months: str
    status: str


class ApplicationResult(TypedDict):
    """An application and its status; once a lender has decided, the day, the reasons and the letter."""

    reference: str
    status: str
    loan_amount: str
    loan_purpose: str
    term_months: int
    submitted_on: str
    decided_on: NotRequired[str]
    reasons: NotRequired[list[str]]
    letter: NotRequired[str]


class LoansResult(TypedDict):
    """The customer's loans and applications."""

    customer_id: str
    loans: list[LoanResult]
    applications: list[ApplicationResult]
    total_outstanding: str
    message: str


def _summary(result: Mapping[str, Any]) -> Summary:
    rows = [
        (
            f"{loan['name']} ··{loan['number_last_digits']}",
            money_text(loan["outstanding"], loan["currency"]),
            f"{loan['annual_rate']}%",
            money_text(loan["instalment"], loan["currency"]),
            str(loan["instalments_left"]),
        )
        for loan in result["loans"]
    ]
    header = ("Loan", "Owing", "Rate", "Instalment", "Left")
    # The newest letter word for word, however a model tells of it.
    letters = [
        f"{one['reference']}: “{inert_text(one['letter'])}”" for one in result["applications"] if "letter" in one
    ]
    return Summary(" ".join([result["message"], *letters[:1]]), (header, *rows) if rows else ())


@tool(
    tool_class=ToolClass.READ,
    agents=("Lending",),
    roles=(Role.CUSTOMER, Role.LENDER),
    title="Looked up the loans",
    working="Looking up the loans…",
    summary=_summary,
    subject="Loans",
)
async def get_loan_details(context: ToolContext, tenant_id: TenantId, customer_id: CustomerId) -> LoansResult:
    """Read the customer's loans (what is owing, rate, instalment, instalments left, account id) and loan
    applications with their references and status; a decided one has the bank's letter, which is told to the
    customer word for word. Use it for "how much do I owe" and "what became of my
    application". For every single instalment use get_repayment_schedule with the loan's account_id."""
    lending = context.bank.lending
    loans = await lending.loans(tenant_id, customer_id)
    applications = await lending.applications(tenant_id, customer_id)
    owed = Money.from_minor(sum(one.outstanding.minor for one in loans))
    return LoansResult(
        customer_id=customer_id,
        loans=[_loan_result(one) for one in loans],
        applications=[_application_result(one) for one in applications],
        total_outstanding=str(owed),
        message=_loans_message(loans, applications, owed),
    )


def _loan_result(one: RunningLoan) -> LoanResult:
    account = one.balance.account
    return LoanResult(
        account_id=account.account_id,
        name=account.name,
        number_last_digits=account.last_digits,
        currency=account.currency,
        outstanding=str(one.outstanding),
        borrowed=str(one.loan.principal),
        annual_rate=percent_text(one.loan.annual_rate),
        term_months=one.loan.term_months,
        started_on=one.loan.started_on.isoformat(),
        instalment=str(one.loan.instalment),
        instalments_left=one.instalments_left,
        repaid_12_months=str(one.paid_in_year),
        interest_12_months=str(one.interest_in_year),
        status=account.status.value,
    )


def _application_result(one: LoanApplication) -> ApplicationResult:
    result = ApplicationResult(
        reference=one.reference,
        status=one.status.value,
        loan_amount=str(one.amount),
        loan_purpose=one.purpose.value,
        term_months=one.term_months,
        submitted_on=one.submitted_at.date().isoformat(),
    )
    if one.letter and one.decided_at is not None:
        result["decided_on"] = one.decided_at.date().isoformat()
        result["reasons"] = [reason_says(code) for code in one.reasons]
        result["letter"] = one.letter
    return result


def _loans_message(loans: list[RunningLoan], applications: list[LoanApplication], owed: Money) -> str:
    waiting = [one.reference for one in applications if one.status == "submitted"]
    noun = "loan" if len(loans) == 1 else "loans"
    text = f"{len(loans)} {noun}, {amount_text(owed)} owing in all." if loans else "No loans."
    return f"{text} Waiting for a lender's decision: {', '.join(waiting)}." if waiting else text
