"""The credit score with its factors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ultracore.ai.tools.arguments import Amount, CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.lending.arguments import amount_text
from ultracore.banking import Money
from ultracore.banking.lending import (
    CreditFactor,
    CreditRisk,
)
from ultracore.principal import Role


class ScoreFactor(TypedDict):
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
    factors: list[ScoreFactor]
    message: str


def _summary(result: Mapping[str, Any]) -> Summary:
    rows = [
        (factor["name"].replace("_", " "), factor["finding"], f"{factor['points']} of {factor['most_points']}")
        for factor in result["factors"]
    ]
    return Summary(result["message"], (("Factor", "Found", "Points"), *rows) if rows else ())


@tool(
    tool_class=ToolClass.READ,
    agents=("Lending",),
    roles=(Role.CUSTOMER, Role.LENDER),
    title="Worked out the credit score",
    working="Working out the credit score…",
    summary=_summary,
    subject="Credit score",
    order=5,
)
async def analyze_credit_risk(
    context: ToolContext,
    tenant_id: TenantId,
    customer_id: CustomerId,
    loan_amount: Amount | None = None,
    include_factors: bool = True,
) -> CreditRiskResult:
    """Compute the customer's credit score (300 to 850) and risk category with every factor, its weight and its
    reason, from income, spending, debts and history; with loan_amount, as if that loan ran already. Use it for
    "what is my credit score" or "why". For whether a certain loan is possible use check_loan_eligibility."""
    amount = None if loan_amount is None else Money(loan_amount)
    risk = await context.bank.lending.risk(tenant_id, customer_id, amount)
    return CreditRiskResult(
        customer_id=customer_id,
        risk_score=float(risk.risk_score),
        risk_category=risk.category,
        credit_score=risk.credit_score,
        loan_amount=None if amount is None else str(amount),
        factors=[_factor(factor) for factor in risk.factors] if include_factors else [],
        message=_risk_message(risk, amount),
    )


def _factor(factor: CreditFactor) -> ScoreFactor:
    return ScoreFactor(
        name=factor.name,
        finding=factor.finding,
        points=factor.points,
        most_points=factor.most,
        weight=float(factor.weight),
        reason=factor.reason,
    )


def _risk_message(risk: CreditRisk, amount: Money | None) -> str:
    loan = "" if amount is None else f", with a further loan of {amount_text(amount)},"
    return f"The credit score{loan} is {risk.credit_score} of 850: {risk.category} risk by our rules."
