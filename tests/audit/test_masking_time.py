"""Masking looks at everything that people and models write: no text may make it slow."""

from __future__ import annotations

import time

import pytest

from ultracore.audit.masking import mask

GAP = " " * 30_000


@pytest.mark.parametrize("text", [f"authorization{GAP}", f"token {GAP}is", f"password{GAP}", f"pin a{GAP}b"])
def test_a_long_gap_after_a_prompt_takes_no_time(text: str) -> None:
    began = time.monotonic()
    assert mask(text) == text
    assert time.monotonic() - began < 2.0
