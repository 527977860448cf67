"""The account that the bank's fees go to, one a tenant."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.store.tables import accounts
from ultracore.banking.values import AccountKind, AccountStatus

FEE_PURPOSE: Final = "fees"
FEE_NARRATIVE: Final = "Fee for this payment"
"""The text of the fee's line on a statement."""


async def fee_account(connection: AsyncConnection, tenant_id: str, currency: str) -> str:
    """The id of the tenant's fee account, which is made here if the ledger has none yet.

    Of two payments that would make it at once, one runs again and finds what the other has made.
    """
    query = select(accounts.c.account_id).where(
        accounts.c.tenant_id == tenant_id, accounts.c.purpose == FEE_PURPOSE
    )
    found: str | None = (await connection.execute(query)).scalar_one_or_none()
    return found if found is not None else await _made(connection, tenant_id, currency)


async def _made(connection: AsyncConnection, tenant_id: str, currency: str) -> str:
    # A fixed id: a second process that makes the account too collides with it and does not make another.
    account_id = f"{tenant_id}_{FEE_PURPOSE}"
    bsb = await _bsb(connection, tenant_id)
    await connection.execute(
        accounts.insert().values(
            account_id=account_id,
            tenant_id=tenant_id,
            kind=AccountKind.INTERNAL.value,
            purpose=FEE_PURPOSE,
            name="Fees",
            currency=currency,
            status=AccountStatus.ACTIVE.value,
            bsb=bsb,
            number=await _free_number(connection, bsb),
        )
    )
    return account_id


async def _bsb(connection: AsyncConnection, tenant_id: str) -> str:
    query = select(func.max(accounts.c.bsb)).where(accounts.c.tenant_id == tenant_id)
    return str((await connection.execute(query)).scalar_one())


async def _free_number(connection: AsyncConnection, bsb: str) -> str:
    """The next number after the branch's highest, so that no account has it."""
    # As numbers, since among texts `9` is above `10`.
    query = select(func.max(cast(accounts.c.number, BigInteger))).where(accounts.c.bsb == bsb)
    return f"{int((await connection.execute(query)).scalar_one()) + 1:08d}"
