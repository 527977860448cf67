"""Masking 8 KB, the longest message, as the record gets it: against what any reading of the text costs.

The baseline normalises the same text (NFKC) and goes through it once with one regular expression that looks for
numbers. The first text is what people write; the second is a prompt, a number or half of one everywhere, so that
no shortcut is open and every rule has work. The bounds are ours, so that growth is seen.
"""

from __future__ import annotations

import asyncio
import re
import time
import unicodedata
from collections.abc import Callable

from benchmarks.ratio import Ratio
from ultracore.audit.masking import mask_recorded

BYTES = 8_192
ROUNDS = 30
PROSE = (
    "I paid 12.50 to City Power on 2026-11-20 from acc_1, and the rent of 480.00 has not gone out; is that the "
    "reason why my account shows less than it did on Friday? The receipt said 7F3A-91C2. "
)
HOSTILE = (
    "my password was not, pin 4111 1111 1111 111 code 48291 token abc bsb 062000 acc no. 1234 DE89 3704 0044 "
    "0532 tfn 123 456 78 bearer eyJ.eyJ, sk-1 "
)
_DIGITS = re.compile(r"(?i)\b(?:[a-z]+[ -])?[0-9](?:[ .-]?[0-9]){3,}\b")
PROSE_TIMES = 2.0
HOSTILE_TIMES = 100.0


async def run() -> list[Ratio]:
    """Both texts, ours and the baseline in turns."""
    return await asyncio.to_thread(_run)


def _run() -> list[Ratio]:
    ratios = []
    for name, piece, bound in (("prose", PROSE, PROSE_TIMES), ("hostile text", HOSTILE, HOSTILE_TIMES)):
        text = (piece * (BYTES // len(piece) + 1))[:BYTES]
        ours, baseline = _both(text)
        name = f"masking 8 KB of {name}"
        ratios.append(Ratio(name, "NFKC and one pattern", ours, baseline, "ms", bound, "at_most"))
    return ratios


def _both(text: str) -> tuple[float, float]:
    """The best of `ROUNDS`, in milliseconds."""
    ours, baseline = [], []
    for _ in range(ROUNDS):
        ours.append(_milliseconds(mask_recorded, text))
        baseline.append(_milliseconds(_simple, text))
    # The best and not the median: a shared machine only ever adds to a time.
    return min(ours), min(baseline)


def _simple(text: str) -> str:
    return _DIGITS.sub("#", unicodedata.normalize("NFKC", text))


def _milliseconds(work: Callable[[str], str], text: str) -> float:
    began = time.perf_counter()
    work(text)
    return (time.perf_counter() - began) * 1000
