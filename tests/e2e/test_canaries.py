"""Secrets sown through every door of the app are found nowhere. More of it is `make prove ARGS=canaries`."""

from __future__ import annotations

from tests.prove import canaries

SEED = 20261123


def test_secrets_are_found_nowhere_afterwards(kafka_bootstrap: str) -> None:
    assert canaries.run(1, SEED, kafka_bootstrap).endswith("0 found")
