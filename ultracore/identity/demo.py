"""The demo's login with a second factor: its key stands in the documents, for anybody to try it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking import Bank, Clock, utc_now
from ultracore.banking.access import hash_password, verify_password
from ultracore.banking.store.tables import second_factors, user_roles, users
from ultracore.identity.factor_book import Vault
from ultracore.principal import Role

LOGIN: Final = "customer4"
KEY: Final = "ANYADEMOANYADEMOANYADEMOANYADEMO"
_TENANT: Final = "tenant_1"
_CUSTOMER: Final = "cust_2"
_ORIGIN: Final = "demo-factor"


async def enrol_demo_login(bank: Bank, vault: Vault, password: str, *, clock: Clock = utc_now) -> None:
    """Make the login if the demo world has none, and give it this password. Its factor is never changed."""
    async with bank.database.read() as session:
        of_login = select(users.c.password_hash).where(users.c.user_id == LOGIN)
        stored = (await session.execute(of_login)).scalar_one_or_none()
    if stored is not None and await asyncio.to_thread(verify_password, stored, password):
        return
    hashed, now = await asyncio.to_thread(hash_password, password), clock()

    async def work(session: AsyncConnection) -> None:
        renewed = update(users).where(users.c.user_id == LOGIN, users.c.origin == _ORIGIN)
        known = await session.execute(renewed.values(password_hash=hashed))
        # A login of that name which is not the demo's own is left as it is.
        if known.rowcount == 0 and (await session.execute(of_login)).first() is None:
            await _add(session, hashed, vault.seal(KEY, LOGIN), now)

    await bank.database.write(work)


async def _add(session: AsyncConnection, hashed: str, sealed: str, now: datetime) -> None:
    await session.execute(
        insert(users).values(
            user_id=LOGIN,
            tenant_id=_TENANT,
            customer_id=_CUSTOMER,
            display_name="Sam Taylor",
            password_hash=hashed,
            status="active",
            origin=_ORIGIN,
            created_at=now,
        )
    )
    role = {"user_id": LOGIN, "role": Role.CUSTOMER.value, "valid_from": now, "given_by": "demo"}
    await session.execute(insert(user_roles).values(**role))
    factor = {"user_id": LOGIN, "sealed_secret": sealed, "made_at": now, "confirmed_at": now}
    await session.execute(insert(second_factors).values(**factor, last_counter=0, failed=0))
