"""Loan applications: what a customer proposes, and the row that an approved proposal makes of it.

Nothing here decides: an application is recorded `submitted`, and a person of the bank decides it.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Row, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.actions import ActionReceipt, ActionTerms, Effect, payload_of
from ultracore.banking.identifiers import Stamp
from ultracore.banking.lending.values import ApplicationStatus, Eligibility, LoanApplication, Purpose
from ultracore.banking.money import Money
from ultracore.banking.store.tables import customers, loan_applications, loan_decisions
from ultracore.banking.values import Proposal
from ultracore.errors import ToolRefused

KIND: Final = "loan.apply"

# Rules that no person of the bank waives; the other rules only inform the decision.
_HARD: Final = {
    "kyc.verified": "kyc.not_verified",
    "purpose.offered": "loan.purpose_not_offered",
    "amount.in_range": "loan.amount_out_of_range",
    "term.in_range": "loan.term_out_of_range",
}


def require_acceptable(found: Eligibility) -> None:
    """Raises `ToolRefused` if a lender could not decide the application: identity, purpose, amount or term."""
    for reason in found.reasons:
        if not reason.met and reason.code in _HARD:
            raise ToolRefused(reason.text, code=_HARD[reason.code], sentence=reason.text)


def terms_of(tenant_id: str, customer_id: str, stated_purpose: str, found: Eligibility) -> ActionTerms:
    """The card and the payload of an application; the effect records exactly this."""
    amount, rate = _aud(found.amount), percent_text(found.quote.annual_rate)
    # An application that misses one of the softer rules is recorded all the same, because a person decides it.
    check = "met by what we see" if found.eligible else "not all met; a lender looks at it all the same"
    return ActionTerms(
        kind=KIND,
        tenant_id=tenant_id,
        customer_id=customer_id,
        title="Please check and submit your loan application",
        lines=(
            ("Amount", amount),
            ("Purpose", f"{found.purpose} ({stated_purpose})"),
            ("Term", f"{found.term_months} months"),
            ("Indicative rate", f"{rate}% a year"),
            ("Indicative instalment", f"{_aud(found.instalment)} a month"),
            ("Indicative total", _aud(found.total_repaid)),
            ("Our rules", check),
            ("Decision", "by a lender, a person. Nothing is approved or paid out by pressing the button."),
        ),
        payload={
            "purpose": found.purpose.value,
            "stated_purpose": stated_purpose,
            "amount": str(found.amount),
            "currency": found.amount.currency,
            "term_months": found.term_months,
            # Whole numbers and strings: a float in the payload is refused, since it would not seal alike
            # everywhere.
            "annual_rate_basis_points": int(found.quote.annual_rate.scaleb(4)),
            "instalment": str(found.instalment),
            "met_rules": found.eligible,
        },
        sentence=f"Apply for a {found.purpose} loan of {amount} over {found.term_months} months.",
    )


def effects() -> list[Effect]:
    """The effect of an approved application."""
    return [Effect(kind=KIND, check=_check, apply=_apply)]


def already_applied(reference: str, purpose: str) -> ToolRefused:
    """The refusal of a second application for a purpose, with what the person can do."""
    sentence = (
        f"Application {reference} for a {purpose} loan waits for a lender's decision, and there can be one at a "
        "time for a purpose. Ask “what became of my loan application?” to see where it stands."
    )
    return ToolRefused(sentence, code="loan.already_applied", sentence=sentence)


async def waiting_reference(connection: AsyncConnection, customer_id: str, purpose: str) -> str | None:
    """The reference of the application for that purpose that no lender has decided yet."""
    query = select(loan_applications.c.reference).where(
        loan_applications.c.customer_id == customer_id,
        loan_applications.c.purpose == purpose,
        loan_applications.c.status == ApplicationStatus.SUBMITTED.value,
    )
    return (await connection.execute(query)).scalar_one_or_none()


async def applications_of(connection: AsyncConnection, tenant_id: str, customer_id: str) -> list[LoanApplication]:
    """The customer's applications, newest first, each with the letter of its decision."""
    table, decision = loan_applications.c, loan_decisions.c
    # One that waits for a second person is no decision yet, and nothing of it is told.
    final = and_(decision.application_id == table.application_id, decision.state == "final")
    query = (
        select(loan_applications, decision.letter, decision.reasons)
        .select_from(loan_applications.outerjoin(loan_decisions, final))
        .where(table.tenant_id == tenant_id, table.customer_id == customer_id)
        .order_by(table.submitted_at.desc(), table.application_id)
    )
    return [
        replace(application_of(row), letter=row.letter or "", reasons=tuple((row.reasons or "").split()))
        for row in await connection.execute(query)
    ]


def percent_text(annual_rate: Decimal) -> str:
    """`5.94`: percent a year, at least two decimals."""
    percent = annual_rate * 100
    return f"{percent:.2f}" if percent == round(percent, 2) else f"{percent.normalize():f}"


async def _check(connection: AsyncConnection, proposal: Proposal) -> str | None:
    who = and_(customers.c.tenant_id == proposal.tenant_id, customers.c.customer_id == proposal.customer_id)
    kyc = (await connection.execute(select(customers.c.kyc_status).where(who))).scalar_one_or_none()
    # Asked again at the press: the check may have been withdrawn since the card was shown.
    if kyc != "verified":
        return "kyc.not_verified"
    purpose = payload_of(proposal)["purpose"]
    waiting = await waiting_reference(connection, proposal.customer_id, purpose)
    return None if waiting is None else "loan.already_applied"


async def _apply(connection: AsyncConnection, proposal: Proposal, stamp: Stamp) -> ActionReceipt:
    payload = payload_of(proposal)
    amount = Money.parse(payload["amount"], payload["currency"])
    # From the stamp, so that a second run of the transaction gives the same reference.
    reference = f"L{stamp.receipt_number.removeprefix('R')}"
    await connection.execute(
        loan_applications.insert().values(
            application_id=stamp.id("app"),
            reference=reference,
            tenant_id=proposal.tenant_id,
            customer_id=proposal.customer_id,
            user_id=proposal.user_id,
            purpose=payload["purpose"],
            stated_purpose=payload["stated_purpose"],
            amount_minor=amount.minor,
            currency=amount.currency,
            term_months=payload["term_months"],
            annual_rate_basis_points=payload["annual_rate_basis_points"],
            instalment_minor=Money.parse(payload["instalment"], payload["currency"]).minor,
            met_rules=int(payload["met_rules"]),
            status=ApplicationStatus.SUBMITTED.value,
            submitted_at=stamp.at,
            proposal_id=proposal.proposal_id,
            intent_event_id=stamp.intent_event_id,
        )
    )
    return ActionReceipt(
        result={"reference": reference, "status": ApplicationStatus.SUBMITTED.value, "loan_amount": str(amount)},
        sentence=f"Your application {reference} for {_aud(amount)} is recorded. A lender decides it; "
        "it is not approved yet.",
    )


def application_of(row: Row[Any]) -> LoanApplication:
    """The application of a row of the table."""
    return LoanApplication(
        application_id=row.application_id,
        reference=row.reference,
        purpose=Purpose(row.purpose),
        stated_purpose=row.stated_purpose,
        amount=Money.from_minor(row.amount_minor, row.currency),
        term_months=row.term_months,
        annual_rate=Decimal(row.annual_rate_basis_points).scaleb(-4),
        instalment=Money.from_minor(row.instalment_minor, row.currency),
        status=ApplicationStatus(row.status),
        submitted_at=row.submitted_at,
        decided_at=row.decided_at,
    )


def _aud(amount: Money) -> str:
    return f"{amount.currency} {amount.amount:,.2f}"
