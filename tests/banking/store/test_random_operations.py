"""A small seeded run of `make prove ARGS=operations`."""

from __future__ import annotations

from pathlib import Path

from tests.prove import operations as proof
from tests.support.postgres import PostgresAddress


def test_random_operations_crashes_and_retries_come_to_what_the_model_says(tmp_path: Path) -> None:
    assert "payments" in proof.on_sqlite(8, 20261130, tmp_path)


def test_they_do_on_postgresql_too(postgres: PostgresAddress) -> None:
    assert "payments" in proof.on_postgres(3, 20261130, postgres)
