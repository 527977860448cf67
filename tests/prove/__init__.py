"""Proofs: what holds under hundreds of seeded runs. `python -m tests.prove NAME --runs N --seed K`."""

from tests.prove.seeds import Failed, each

__all__ = ["Failed", "each"]
