"""Verification: of files, of the live store, of the topic, of the index, and a witness that co-signs."""

from ultracore.audit.verify.cosignatures import read_cosignatures
from ultracore.audit.verify.index import verify_index
from ultracore.audit.verify.reading import lines_of
from ultracore.audit.verify.record import (
    Anchor,
    BreakFound,
    Expectation,
    Unreadable,
    Verdict,
    verify_heads,
    verify_lines,
)
from ultracore.audit.verify.store import verify_store
from ultracore.audit.verify.witness import Witness, open_witness

__all__ = [
    "Anchor",
    "BreakFound",
    "Expectation",
    "Unreadable",
    "Verdict",
    "Witness",
    "lines_of",
    "open_witness",
    "read_cosignatures",
    "verify_heads",
    "verify_index",
    "verify_lines",
    "verify_store",
]
