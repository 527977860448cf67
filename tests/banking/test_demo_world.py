from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.banking.conftest import START
from tests.support.deadlines import PATIENCE
from ultracore.banking import Bank, sqlite_url
from ultracore.banking.demo.history import DAYS, year_until
from ultracore.banking.demo.seeding import renew_demo_passwords, seed_demo_world
from ultracore.banking.demo.world import ACCOUNTS
from ultracore.banking.ledger import operator_view as reports
from ultracore.principal import Role

PROMISED = {
    "acc_1": ("cust_1", "everyday", "2500.00"),
    "acc_2": ("cust_1", "savings", "10000.00"),
    "acc_3": ("cust_2", "everyday", "800.00"),
    "acc_5": ("cust_3", "business", "250000.00"),
    "acc_9": ("cust_9", "everyday", "5000.00"),
}

LOGINS = {
    ("customer1", "tenant_1", Role.CUSTOMER, "cust_1"),
    ("customer2", "tenant_1", Role.CUSTOMER, "cust_2"),
    ("customer3", "tenant_1", Role.CUSTOMER, "cust_3"),
    ("customer9", "tenant_2", Role.CUSTOMER, "cust_9"),
    ("teller1", "tenant_1", Role.TELLER, None),
    ("lender1", "tenant_1", Role.LENDER, None),
    ("finance1", "tenant_1", Role.FINANCE, None),
    ("security1", "tenant_1", Role.SECURITY, None),
    ("supervisor1", "tenant_1", Role.SUPERVISOR, None),
    ("supervisor2", "tenant_2", Role.SUPERVISOR, None),
    ("supervisor3", "tenant_1", Role.SUPERVISOR, None),
    ("auditor1", "tenant_1", Role.AUDITOR, None),
    ("admin1", "tenant_1", Role.ADMINISTRATOR, None),
}


async def test_balances_are_the_promised_ones_and_the_books_hold(bank: Bank) -> None:
    found = {item.account.account_id: item for item in await reports.all_accounts(bank.database)}
    for account_id, (customer_id, kind, balance) in PROMISED.items():
        item = found[account_id]
        assert (item.account.customer_id, item.account.kind, str(item.balance)) == (customer_id, kind, balance)
        assert item.available == item.balance
    assert (await reports.check(bank.database)).balanced


async def test_every_login_of_the_contract_is_there(bank: Bank) -> None:
    for user_id, tenant_id, role, customer_id in LOGINS:
        user = await bank.users.get(user_id)
        assert user is not None
        assert (user.tenant_id, user.roles, user.customer_id) == (tenant_id, frozenset({role}), customer_id)


async def test_the_history_is_a_year_of_several_hundred_dated_entries_with_seed_intents(bank: Bank) -> None:
    lines = await bank.accounts.transactions("tenant_1", "cust_1", limit=1000)
    assert len(lines) > 400
    assert lines[-1].posted_at.date() == (START - timedelta(days=DAYS)).date()
    assert START - timedelta(days=7) < lines[0].posted_at < START
    kinds = Counter(line.kind for line in lines)
    assert kinds.keys() >= {"salary", "rent", "card_purchase", "bill_payment", "interest", "transfer"}
    intents = [line.intent_event_id async for line in reports.journal(bank.database)]
    assert all(intent.startswith("seed:") for intent in intents)


@pytest.mark.parametrize("start", [date(2026, 1, 1), date(2027, 6, 30), date(2028, 2, 29)])
def test_no_customer_account_is_ever_overdrawn_whatever_the_day_of_seeding(start: date) -> None:
    for offset in range(0, 14):
        movements = year_until(start + timedelta(days=offset))
        for account in ACCOUNTS:
            balance, lowest = 0, 0
            for movement in movements:
                balance += movement.effect_on(account.account_id)
                lowest = min(lowest, balance)
            assert balance == account.cents
            assert lowest == 0 or account.kind == "loan"


def test_the_same_day_has_the_same_history() -> None:
    assert year_until(date(2026, 11, 23)) == year_until(date(2026, 11, 23))
    assert all(movement.cents > 0 for movement in year_until(date(2026, 11, 23)))


async def test_seeding_is_done_once_and_leaves_what_customers_did(bank: Bank, ledger_file: Path) -> None:
    before = await reports.check(bank.database)
    assert await seed_demo_world(bank.database, "demo", START + timedelta(days=40)) is False
    assert await reports.check(bank.database) == before


async def test_the_setting_of_the_demo_password_can_change(bank: Bank) -> None:
    assert await seed_demo_world(bank.database, "changed") is False
    assert await bank.users.authenticate("customer1", "demo") is not None
    await renew_demo_passwords(bank.database, "changed")
    assert await bank.users.authenticate("customer1", "demo") is None
    assert await bank.users.authenticate("auditor1", "changed") is not None


SEEDER = """
import asyncio, sys
from pathlib import Path
from ultracore.banking import Bank, sqlite_url
from ultracore.banking.demo.seeding import seed_demo_world
async def main():
    bank = await Bank.open(sqlite_url(Path(sys.argv[1])))
    print(await seed_demo_world(bank.database, "demo"))
    await bank.close()
asyncio.run(main())
"""


async def test_of_three_processes_that_start_at_once_one_seeds(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ledger.db"
    command = [sys.executable, "-W", "error", "-c", SEEDER, str(path)]
    starts = [asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=PATIENCE) for _ in range(3)]
    ended = await asyncio.gather(*starts)
    assert sorted(process.stdout.strip() for process in ended) == [b"False", b"False", b"True"]
    assert [process.stderr for process in ended] == [b"", b"", b""]
    bank = await Bank.open(sqlite_url(path))
    assert str((await bank.accounts.get("tenant_1", "cust_1", "acc_1")).balance) == "2500.00"
    assert (await reports.check(bank.database)).balanced
    await bank.close()
