"""The short form of `python -m tests.prove mutations`: each way to tamper once."""

from __future__ import annotations

import asyncio

import pytest

from tests.prove.mutations import judge, run, tampered
from tests.prove.seeded_records import sealed_record
from tests.prove.seeds import Failed
from tests.prove.tampering import ways

SEED = 5


def test_every_way_to_tamper_is_found_and_no_untouched_record_is_suspected() -> None:
    runs = len(ways())
    assert run(runs, SEED).startswith(
        f"{runs} mutations of {runs} kinds all found by both verifiers, 0 false alarms"
    )


def test_the_proof_fails_where_tampering_is_not_found_and_where_an_untouched_record_is_suspected() -> None:
    sealed = asyncio.run(sealed_record(SEED))
    forged = tampered(sealed, "deleted", SEED)
    with pytest.raises(Failed, match="untouched: ours says"):
        judge(sealed, forged.record, forged.heads, SEED, holds=True)
    with pytest.raises(Failed, match="deleted: ours says that it holds"):
        judge(sealed, sealed.record, sealed.heads, SEED, holds=False, what="deleted")
