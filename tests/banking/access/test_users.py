from __future__ import annotations

import time

import pytest

from tests.banking.ledgers import Ledger, raw
from ultracore.banking import Bank


async def test_the_right_password_gives_the_login(bank: Bank) -> None:
    user = await bank.users.authenticate("customer1", "demo")
    assert user is not None
    assert (user.user_id, user.customer_id, user.display_name) == ("customer1", "cust_1", "Alex Morgan")


@pytest.mark.parametrize(
    ("user_id", "password"),
    [
        ("customer1", "Demo"),
        ("customer1", ""),
        ("customer1", "demo "),
        ("CUSTOMER1", "demo"),
        ("nobody", "demo"),
        ("", "demo"),
        ("customer1' OR '1'='1", "demo"),
        ("customer1", "x" * 100_000),
        ("customer1", "de\x00mo"),
        ("customer1", "\ud800"),
        ("\ud800", "demo"),
    ],
)
async def test_anything_else_gives_nothing(bank: Bank, user_id: str, password: str) -> None:
    assert await bank.users.authenticate(user_id, password) is None


async def test_a_disabled_login_is_as_unknown_as_any(bank: Bank, ledger: Ledger) -> None:
    with raw(ledger) as connection:
        connection.execute("UPDATE users SET status = 'disabled' WHERE user_id = 'customer1'")
    assert await bank.users.authenticate("customer1", "demo") is None
    assert await bank.users.get("customer1") is None


async def test_an_unknown_login_costs_the_work_of_a_known_one(bank: Bank) -> None:
    async def cost(user_id: str) -> float:
        began = time.process_time()
        for _ in range(5):
            await bank.users.authenticate(user_id, "wrong")
        return time.process_time() - began

    await cost("nobody")
    known, unknown = await cost("customer1"), await cost("nobody")
    assert 0.4 < unknown / known < 2.5


async def test_stored_hashes_are_argon2id_and_salted_one_by_one(bank: Bank, ledger: Ledger) -> None:
    with raw(ledger) as connection:
        hashes = [row[0] for row in connection.execute("SELECT password_hash FROM users")]
    assert all(stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for stored in hashes)
    assert len(set(hashes)) == len(hashes) == 13
