"""A database that a newer version of the program has written: a sentence that says what to do, no traceback."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.environment import without_configuration
from tests.support.ports import free_port
from tests.support.processes import ManagedProcess
from tests.support.shared_run import SharedRun
from ultracore.cli.main import main
from ultracore.settings import export_to_environment

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def data(tmp_path: Path, shared_run: SharedRun) -> Path:
    """The data directory of a demo world, named in the environment."""

    def make(path: Path) -> None:
        export_to_environment("ULTRACORE_DATA_DIR", str(path))
        assert main(["doctor"]) == 0

    shutil.copytree(shared_run.once("newer-databases", make), tmp_path / "data")
    export_to_environment("ULTRACORE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def age(database: Path, table: str) -> None:
    with closing(sqlite3.connect(database)) as db, db:
        db.execute(f"UPDATE {table} SET version_num = '0099'")  # noqa: S608 - a name of ours


@pytest.mark.parametrize("command", ["accounts", "journal", "check", "seed"])
def test_commands_on_a_newer_ledger_end_with_2(
    data: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    age(data / "ledger.db", "alembic_version")
    capsys.readouterr()
    assert main(["bank", command]) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert "newer version of this program; start that version" in err


def test_the_doctor_says_that_the_record_is_newer(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    age(data / "audit.db", "audit_alembic_version")
    capsys.readouterr()
    assert main(["doctor"]) == 2
    assert "start that version" in capsys.readouterr().err


@pytest.mark.process
@pytest.mark.parametrize(
    ("name", "table"), [("audit.db", "audit_alembic_version"), ("ledger.db", "alembic_version")]
)
def test_the_app_does_not_start_on_a_newer_database(data: Path, tmp_path: Path, name: str, table: str) -> None:
    age(data / name, table)
    env = without_configuration(os.environ) | {"ULTRACORE_DATA_DIR": str(data), "PORT": str(free_port())}
    argv = [sys.executable, "-m", "ultracore.cli.main", "serve"]
    with ManagedProcess(argv, log=tmp_path / "app.log", env=env, cwd=CHECKOUT) as process:
        assert process.wait() == 1
        assert "start that version" in process.output()
        assert "Traceback" not in process.output()
