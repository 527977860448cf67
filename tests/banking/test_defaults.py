from __future__ import annotations

from pathlib import Path

import pytest

from ultracore.banking import sqlite_url
from ultracore.banking.access import DEFAULT_POLICY
from ultracore.banking.defaults import ledger_url, open_bank, renew_demo_passwords
from ultracore.errors import OperatorError
from ultracore.settings import Settings


def settings_of(folder: Path, **changes: str | Path) -> Settings:
    return Settings.model_validate({"data_dir": folder, **changes})


async def test_a_demo_bank_opens_with_its_world_and_the_configured_password(tmp_path: Path) -> None:
    first = settings_of(tmp_path, demo_password="first")
    bank, seeded = await open_bank(first)
    assert seeded
    assert await bank.users.authenticate("customer1", "first") is not None
    await renew_demo_passwords(bank, settings_of(tmp_path, demo_password="second"))
    assert await bank.users.authenticate("customer1", "second") is not None
    await renew_demo_passwords(bank, settings_of(tmp_path, demo_password="third", env="production"))
    assert await bank.users.authenticate("customer1", "second") is not None
    await bank.close()


async def test_the_configured_database_is_used(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "elsewhere.db")
    assert ledger_url(settings_of(tmp_path, database_url=url)) == url
    bank, _ = await open_bank(settings_of(tmp_path, database_url=url))
    await bank.close()
    assert (tmp_path / "elsewhere.db").exists()
    assert not (tmp_path / "ledger.db").exists()


async def test_another_kind_of_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="DATABASE_URL"):
        await open_bank(settings_of(tmp_path, database_url="mysql://host/db"))


async def test_production_refuses_a_ledger_with_demo_logins(tmp_path: Path) -> None:
    bank, _ = await open_bank(settings_of(tmp_path))
    await bank.close()
    with pytest.raises(OperatorError, match="demo world"):
        await open_bank(settings_of(tmp_path, env="production"))


async def test_in_production_the_shipped_policy_asks_for_a_second_factor_before_a_payee_is_saved(
    tmp_path: Path,
) -> None:
    own = tmp_path / "policy.toml"
    own.write_text(DEFAULT_POLICY.read_text())
    asked: dict[str, bool] = {}
    kinds: dict[str, dict[str, str | Path]] = {
        "demo": {},
        "production": {"env": "production"},
        "production, the bank's own": {"env": "production", "policy_file": own},
    }
    for name, changes in kinds.items():
        database_url = sqlite_url(tmp_path / f"{name}.db")
        bank, _ = await open_bank(settings_of(tmp_path, database_url=database_url, **changes))
        asked[name] = bank.access.second_factor.step_up
        await bank.close()
    assert asked == {"demo": False, "production": True, "production, the bank's own": False}
