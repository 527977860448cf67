"""What lending's tools answer, and how a person reads it. Every figure is indicative."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypedDict

from ultracore.ai.screen import Chart
from ultracore.ai.tools.definition import Summary
from ultracore.banking import Money
from ultracore.banking.lending import (
    CreditFactor,
    CreditRisk,
    DatedSchedule,
    Eligibility,
    Instalment,
    LoanApplication,
    RunningLoan,
    Schedule,
    percent_text,
    schedule_of,
)
from ultracore.wording import money_text

INDICATIVE: Final = "This is indicative, not an offer."

_SHOWN_FIRST: Final = 6
_SHOWN_LAST: Final = 2
_MOST_POINTS: Final = 24


class ReasonResult(TypedDict):
    """One rule and whether it is met."""

    code: str
    met: bool
    reason: str


class EligibilityResult(TypedDict):
    """Money and percentages are decimal strings; `credit_score` is 300 to 850, higher is better."""

    eligible: bool
    indicative: bool
    credit_score: int
    recommended_rate: str
    max_loan_amount: str
    term_months: int
    loan_amount: str
    loan_purpose: str
    currency: str
    instalment: str
    total_repaid: str
    rate_valid_from: str
    reasons: list[ReasonResult]
    message: str


class FactorResult(TypedDict):
    """One factor of the score: what was found, its points, and its weight among all factors."""

    name: str
    finding: str
    points: int
    most_points: int
    weight: float
    reason: str


class CreditRiskResult(TypedDict):
    """`risk_score` is 0 to 1, higher is riskier; `credit_score` is the same on 300 to 850, higher is better."""

    customer_id: str
    risk_score: float
    risk_category: str
    credit_score: int
    loan_amount: str | None
    factors: list[FactorResult]
    message: str


class ScheduleLine(TypedDict):
    """One instalment."""

    number: int
    due_on: str
    payment: str
    interest: str
    principal: str
    balance_after: str


class ScheduleResult(TypedDict):
    """Totals with the first and last lines; `lines_left_out` of those between are in the step's table."""

    loan_amount: str
    annual_rate: str
    term_months: int
    currency: str
    starts_on: str
    instalment: str
    instalments: int
    last_instalment: str
    last_due_on: str
    total_interest: str
    total_repaid: str
    lines: list[ScheduleLine]
    lines_left_out: int
    indicative: bool
    message: str


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
    """An application and where it stands."""

    reference: str
    status: str
    loan_amount: str
    loan_purpose: str
    term_months: int
    submitted_on: str


class LoansResult(TypedDict):
    """The customer's loans and applications."""

    customer_id: str
    loans: list[LoanResult]
    applications: list[ApplicationResult]
    total_outstanding: str
    message: str


def eligibility_summary(result: Mapping[str, Any]) -> Summary:
    marks = {True: "met", False: "not met"}
    rows = [(reason["reason"], marks[reason["met"]]) for reason in result["reasons"]]
    return Summary(result["message"], (("Rule", "Result"), *rows))


def eligibility_result(found: Eligibility) -> EligibilityResult:
    return EligibilityResult(
        eligible=found.eligible,
        indicative=True,
        credit_score=found.risk.credit_score,
        recommended_rate=percent_text(found.quote.annual_rate),
        max_loan_amount=str(found.largest),
        term_months=found.term_months,
        loan_amount=str(found.amount),
        loan_purpose=found.purpose.value,
        currency=found.amount.currency,
        instalment=str(found.instalment),
        total_repaid=str(found.total_repaid),
        rate_valid_from=found.quote.effective_from.isoformat(),
        reasons=[ReasonResult(code=one.code, met=one.met, reason=one.text) for one in found.reasons],
        message=_verdict(found),
    )


def _verdict(found: Eligibility) -> str:
    wish = f"a {found.purpose} loan of {_text(found.amount)} over {found.term_months} months"
    if found.eligible:
        rate = percent_text(found.quote.annual_rate)
        return (
            f"Our rules are met for {wish}: about {rate}% a year and {_text(found.instalment)} a month. "
            f"{INDICATIVE}"
        )
    unmet = " ".join(reason.text for reason in found.reasons if not reason.met)
    most = f" Up to {_text(found.largest)} would meet them." if found.largest.minor else ""
    return f"Our rules are not met for {wish}. {unmet}{most} {INDICATIVE}"


def risk_summary(result: Mapping[str, Any]) -> Summary:
    rows = [
        (factor["name"].replace("_", " "), factor["finding"], f"{factor['points']} of {factor['most_points']}")
        for factor in result["factors"]
    ]
    return Summary(result["message"], (("Factor", "Found", "Points"), *rows) if rows else ())


def factor_result(factor: CreditFactor) -> FactorResult:
    return FactorResult(
        name=factor.name,
        finding=factor.finding,
        points=factor.points,
        most_points=factor.most,
        weight=float(factor.weight),
        reason=factor.reason,
    )


def risk_message(risk: CreditRisk, amount: Money | None) -> str:
    loan = "" if amount is None else f", with a further loan of {_text(amount)},"
    return f"The credit score{loan} is {risk.credit_score} of 850: {risk.category} risk by our rules."


def schedule_summary(result: Mapping[str, Any]) -> Summary:
    """The whole schedule as a table: it follows from the result's own figures, so the result need not carry it."""
    schedule = schedule_of(
        Money.parse(result["loan_amount"]),
        Decimal(result["annual_rate"]).scaleb(-2),
        result["term_months"],
        date.fromisoformat(result["starts_on"]),
        Money.parse(result["instalment"]),
    )
    rows = [
        (
            str(line.number),
            f"{line.due_on.day} {line.due_on:%b %Y}",
            *(money_text(one.amount) for one in (line.payment, line.interest, line.principal, line.closing)),
        )
        for line in schedule.lines
    ]
    header = ("No.", "Due", "Instalment", "Interest", "Principal", "Left")
    return Summary(result["message"], (header, *rows), _left_after(schedule))


def _left_after(schedule: Schedule) -> Chart:
    """What is owed as the months go by, in at most `_MOST_POINTS` points, the last among them."""
    every = -(-len(schedule.lines) // _MOST_POINTS)
    shown = schedule.lines[::-1][::every][::-1]
    return Chart(
        kind="line",
        title="Left to repay",
        labels=tuple(f"{line.due_on:%b %Y}" for line in shown),
        values=tuple(str(line.closing) for line in shown),
        unit=schedule.amount.currency,
    )


def schedule_result(dated: DatedSchedule) -> ScheduleResult:
    schedule = dated.schedule
    lines, last = schedule.lines, schedule.lines[-1]
    whole = len(lines) <= _SHOWN_FIRST + _SHOWN_LAST
    shown = lines if whole else (*lines[:_SHOWN_FIRST], *lines[-_SHOWN_LAST:])
    rate = percent_text(schedule.annual_rate)
    return ScheduleResult(
        loan_amount=str(schedule.amount),
        annual_rate=rate,
        term_months=schedule.term_months,
        currency=schedule.amount.currency,
        starts_on=dated.start.isoformat(),
        instalment=str(schedule.instalment),
        instalments=len(lines),
        last_instalment=str(last.payment),
        last_due_on=last.due_on.isoformat(),
        total_interest=str(schedule.total_interest),
        total_repaid=str(schedule.total_repaid),
        lines=[_line(line) for line in shown],
        lines_left_out=len(lines) - len(shown),
        indicative=True,
        message=f"{_text(schedule.amount)} at {rate}% a year: {len(lines)} instalments of "
        f"{_text(schedule.instalment)}, the last of {_text(last.payment)}; "
        f"interest {_text(schedule.total_interest)} in all. {INDICATIVE}",
    )


def _line(line: Instalment) -> ScheduleLine:
    return ScheduleLine(
        number=line.number,
        due_on=line.due_on.isoformat(),
        payment=str(line.payment),
        interest=str(line.interest),
        principal=str(line.principal),
        balance_after=str(line.closing),
    )


def application_summary(result: Mapping[str, Any]) -> Summary:
    return Summary(result["message"])


def loans_summary(result: Mapping[str, Any]) -> Summary:
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
    return Summary(result["message"], (header, *rows) if rows else ())


def loan_result(one: RunningLoan) -> LoanResult:
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


def application_result(one: LoanApplication) -> ApplicationResult:
    return ApplicationResult(
        reference=one.reference,
        status=one.status.value,
        loan_amount=str(one.amount),
        loan_purpose=one.purpose.value,
        term_months=one.term_months,
        submitted_on=one.submitted_at.date().isoformat(),
    )


def loans_message(loans: list[RunningLoan], applications: list[LoanApplication], owed: Money) -> str:
    waiting = [one.reference for one in applications if one.status == "submitted"]
    text = (
        f"{len(loans)} loan{'' if len(loans) == 1 else 's'}, {_text(owed)} owing in all." if loans else "No loans."
    )
    return f"{text} Waiting for a lender's decision: {', '.join(waiting)}." if waiting else text


def _text(amount: Money) -> str:
    return money_text(amount.amount, amount.currency)
