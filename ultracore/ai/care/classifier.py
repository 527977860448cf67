"""A linear classifier beside the phrases: it finds needs that are told in words which no phrase has.

Features are those of the router and pairs of words that stand apart, each known by its hash. The weights are made
by `python -m tests.ai.care.training`, which also chooses the sureness from which a kind counts as found.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zlib import crc32

from ultracore.ai.care.romanised import in_latin, may_be_hindi, spelt_alike
from ultracore.ai.care.values import CareKind
from ultracore.ai.routing import features, words

if TYPE_CHECKING:
    from ultracore.ai.care.weights import CareWeights

BUCKETS: Final = 1 << 17
KINDS: Final = tuple(CareKind)
WEIGHTS_FILE: Final = Path(__file__).with_name("data") / "care.npz"
# Words between which at most three others stand: "my ... hits ... me" is said in many ways.
_APART: Final = range(2, 5)


def buckets(told: str) -> Counter[int]:
    """The hashes of what is counted in a text that `normal.spoken` has read, with how often each is there.

    Hindi is read in Latin letters and in one spelling, however it was written.
    """
    latin = in_latin(told.lower())
    if latin != told.lower() or may_be_hindi(latin):
        told = spelt_alike(latin)
    row = words(told)
    apart = [f"s:{row[at]} {row[at + gap]}" for gap in _APART for at in range(len(row) - gap)]
    return Counter(crc32(one.encode("utf-8", "surrogatepass")) % BUCKETS for one in [*features(told), *apart])


def likely_kind(told: str) -> CareKind | None:
    """The kind of need that a text tells, if the classifier is sure enough of it."""
    return weights().kind(buckets(told))


@cache
def weights() -> CareWeights:
    """The shipped weights. numpy is imported here and not with the module."""
    from ultracore.ai.care.weights import CareWeights

    return CareWeights.read(WEIGHTS_FILE)
