"""What `ultracore doctor` and a start's log say of a policy without second proofs."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from ultracore.banking import sqlite_url
from ultracore.banking.access import DEFAULT_POLICY
from ultracore.chat.startup import log_policy
from ultracore.diagnosis import examine
from ultracore.settings import Settings


async def policy_line(folder: Path, name: str, **changes: object) -> str:
    # The demo makes the key; production only reads one.
    key = {} if name == "demo" else {"master_key_file": folder / "demo" / "master.key"}
    fresh = {"data_dir": folder / name, "database_url": sqlite_url(folder / f"{name}.db"), **key, **changes}
    return (await examine(Settings.model_validate(fresh)))["policy"]


async def test_the_doctor_says_that_a_production_policy_has_step_up_off(tmp_path: Path) -> None:
    own = tmp_path / "policy.toml"
    own.write_text(DEFAULT_POLICY.read_text())
    assert "step-up" not in await policy_line(tmp_path, "demo")
    assert "step-up" not in await policy_line(tmp_path, "production", env="production")
    told = await policy_line(tmp_path, "own", env="production", policy_file=own)
    assert told.startswith("ok, but step-up is off")


async def test_the_doctor_says_of_the_mail_server_what_a_start_would(tmp_path: Path) -> None:
    said = [
        (await examine(Settings.model_validate({"data_dir": tmp_path, "smtp_url": url}))).get("mail")
        for url in (None, "smtps://anya:secret@mail.bank.example", "imap://anya:secret@mail.bank.example")
    ]
    assert said[0] is None and said[1] == "ok (mail.bank.example, tls, not called)"
    assert "SMTP_URL must be" in str(said[2]) and "secret" not in str(said)


@pytest.mark.parametrize(
    ("env", "step_up", "lines"), [("production", False, 1), ("production", True, 0), ("demo", False, 0)]
)
def test_a_start_in_production_says_so_in_its_log(
    env: str, step_up: bool, lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        log_policy(env, step_up=step_up)
    assert len([one for one in caplog.messages if "step-up is off" in one]) == lines
