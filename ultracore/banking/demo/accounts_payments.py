"""Interest rates of the demo banks, and which account the demo loan is paid from."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.demo import world
from ultracore.banking.store.tables import interest_rates, repayment_accounts

_VALID_FROM: Final = date(2020, 1, 1)
_BASIS_POINTS: Final = {"savings": world.SAVINGS_RATE_BASIS_POINTS, "everyday": 0, "business": 0}


async def seed_accounts_and_payments(connection: AsyncConnection) -> None:
    """Write the rows in the seeding's transaction, once tenants and accounts are there."""
    rates = [
        {"tenant_id": tenant, "kind": kind, "valid_from": _VALID_FROM, "annual_rate_basis_points": points}
        for tenant in world.TENANTS
        for kind, points in _BASIS_POINTS.items()
    ]
    await connection.execute(insert(interest_rates), rates)
    paid_from = {"loan_account_id": "acc_4", "paid_from_account_id": "acc_1"}
    await connection.execute(insert(repayment_accounts), [paid_from])
