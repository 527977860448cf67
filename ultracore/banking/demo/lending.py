"""The demo's loan application, which became the personal loan."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.demo import world
from ultracore.banking.identifiers import letters_of
from ultracore.banking.store.tables import loan_applications

_DAYS_BEFORE = 800


async def seed_lending(connection: AsyncConnection, moment: datetime) -> None:
    """Write the rows in the caller's transaction, after customers."""
    submitted = moment - timedelta(days=_DAYS_BEFORE)
    letters = letters_of(8_171_293_640_551).upper()
    await connection.execute(
        insert(loan_applications).values(
            application_id="app_1",
            reference=f"L-{letters[:5]}-{letters[5:]}",
            tenant_id="tenant_1",
            customer_id="cust_1",
            user_id="customer1",
            purpose="personal",
            stated_purpose="furniture and moving house",
            amount_minor=world.LOAN_PRINCIPAL_CENTS,
            currency="AUD",
            term_months=world.LOAN_TERM_MONTHS,
            annual_rate_basis_points=world.LOAN_RATE_BASIS_POINTS,
            instalment_minor=world.LOAN_INSTALMENT_CENTS,
            met_rules=1,
            status="approved",
            submitted_at=submitted,
            decided_at=submitted + timedelta(days=2),
            decided_by="lender1",
            intent_event_id="seed:demo:application:1",
        )
    )
