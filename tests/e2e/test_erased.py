"""A customer who is erased under the running app is found nowhere. More of it is `make prove ARGS=erased`."""

from __future__ import annotations

from tests.prove import erased

SEED = 20261123


def test_an_erased_customers_words_are_found_nowhere(kafka_bootstrap: str) -> None:
    assert "0 found" in erased.run(1, SEED, kafka_bootstrap)
