from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.banking.ledgers import raw
from tests.support.shared_run import SharedRun
from ultracore.cli import bank
from ultracore.errors import OperatorError
from ultracore.settings import Settings


class Shell:
    """Runs `ultracore bank …` in this process, on a data directory of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys

    def run(self, *arguments: str, env: str = "demo") -> tuple[int, str, str]:
        parser = argparse.ArgumentParser()
        bank.register(parser.add_subparsers())
        args = parser.parse_args(["bank", *arguments])
        settings = Settings.model_validate({"data_dir": self.folder, "env": env})
        status = args.handler(args, settings)
        captured = self.capsys.readouterr()
        return status, captured.out, captured.err

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        status, out, _ = self.run(*arguments)
        assert status == 0
        return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def fresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """On a data directory that is not there yet."""
    return Shell(tmp_path / "data", capsys)


@pytest.fixture
def shell(fresh: Shell, shared_run: SharedRun) -> Shell:
    """On a copy of the demo world, which the command has written once in this run."""
    made = shared_run.once("bank-command", lambda path: Shell(path, fresh.capsys).run("seed"))
    shutil.copytree(made, fresh.folder)
    return fresh


def test_seed_writes_once_and_says_so(fresh: Shell) -> None:
    assert fresh.run("seed")[:2] == (0, "The demo world is written.\n")
    status, out, _ = fresh.run("seed")
    assert status == 0
    assert "there already" in out


def test_accounts_of_one_customer_have_the_fields_of_the_contract(shell: Shell) -> None:
    found = shell.lines("accounts", "--customer", "cust_1")
    assert [line["account"] for line in found] == ["acc_1", "acc_2", "acc_4", "acc_6"]
    assert found[0] == {
        "account": "acc_1",
        "customer": "cust_1",
        "tenant": "tenant_1",
        "kind": "everyday",
        "currency": "AUD",
        "balance": "2500.00",
        "available": "2500.00",
        "status": "active",
    }
    assert shell.lines("accounts", "--customer", "cust_none") == []


def test_accounts_of_everybody_include_the_banks_own_and_sum_to_zero(shell: Shell) -> None:
    found = shell.lines("accounts")
    internal = [line for line in found if line["kind"] == "internal"]
    assert {line["tenant"] for line in internal} == {"tenant_1", "tenant_2"}
    assert all(line["customer"] is None for line in internal)
    assert sum(round(float(line["balance"]) * 100) for line in found) == 0


def test_the_journal_of_an_account_adds_up_to_its_balance(shell: Shell) -> None:
    found = shell.lines("journal", "--account", "acc_1")
    assert set(found[0]) == {"entry", "kind", "account", "amount", "currency", "time", "proposal", "intent"}
    assert sum(round(float(line["amount"]) * 100) for line in found) == 250_000
    assert [line["time"] for line in found] == sorted(line["time"] for line in found)
    assert all(line["account"] == "acc_1" and line["intent"].startswith("seed:") for line in found)


def test_every_entry_of_the_journal_sums_to_zero(shell: Shell) -> None:
    sums: dict[str, int] = {}
    for line in shell.lines("journal"):
        sums[line["entry"]] = sums.get(line["entry"], 0) + round(float(line["amount"]) * 100)
    assert set(sums.values()) == {0}


def test_check_prints_totals_that_agree(shell: Shell) -> None:
    (total,) = shell.lines("check")
    assert total["debits"] == total["credits"] != "0.00"
    assert (total["balanced"], total["difference"]) == (True, "0.00")


@pytest.mark.parametrize(
    ("trigger", "tampering", "problem"),
    [
        (
            "postings_never_change",
            "UPDATE postings SET amount_minor = amount_minor + 1 WHERE line = 0",
            "unbalanced",
        ),
        ("postings_never_go", "DELETE FROM postings WHERE line = 1", "too_few_postings"),
        ("entries_never_go", "DELETE FROM entries WHERE sequence = 5", "posting.without_entry"),
        ("accounts_get_balance", "UPDATE balances SET balance_minor = 99 WHERE account_id = 'acc_1'", "differs"),
        ("entries_never_change", "UPDATE entries SET posted = 0 WHERE sequence = 5", "entry.not_posted"),
        ("entries_never_go", "SELECT 1", "trigger.missing"),
    ],
)
def test_check_finds_what_somebody_did_to_the_file(
    shell: Shell, trigger: str, tampering: str, problem: str
) -> None:
    with raw(shell.folder / "ledger.db") as connection:
        connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(tampering)
    status, out, err = shell.run("check")
    assert status == 1
    assert problem in out
    assert "do not hold" in err


def test_the_demo_world_never_comes_into_production(fresh: Shell) -> None:
    with pytest.raises(OperatorError, match="ULTRACORE_ENV=demo"):
        fresh.run("seed", env="production")
    assert fresh.run("accounts", env="production")[:2] == (0, "")
    with sqlite3.connect(fresh.folder / "ledger.db") as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)
    connection.close()
