"""The PostgreSQL of the tests: killed and restarted with its data, never left behind, refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import postgres
from tests.support.postgres import PostgresServer, PostgresUnavailable, binaries


def test_data_survive_kill_and_restart_and_nothing_is_left_at_the_end(postgres_server: PostgresServer) -> None:
    url = postgres_server.make_database()
    postgres_server.execute("CREATE TABLE kept AS SELECT 42 AS answer", url)
    for end in (postgres_server.kill, postgres_server.stop):
        end()
        assert not postgres_server.running
        postgres_server.start()
        assert postgres_server.execute("SELECT answer FROM kept", url) == [(42,)]
    data = Path(str(postgres_server.execute("SHOW data_directory")[0][0]))
    postgres_server.close()
    assert not postgres_server.running
    assert not data.exists()


def test_it_does_not_run_as_root(postgres_server: PostgresServer) -> None:
    data = Path(str(postgres_server.execute("SHOW data_directory")[0][0]))
    assert data.stat().st_uid != 0


def test_a_machine_without_it_is_told_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_INSTALLED", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PostgresUnavailable, match="package postgresql"):
        binaries()
