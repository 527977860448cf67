"""The amounts that a person has named, in digits, words and short forms, in any message of a conversation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from ultracore.ai.answers.figures import figures_in

_POINTED: Final = re.compile(
    r"(?i)\b(?:half|third|quarter|all of|everything|the rest|remainder|same|again|as usual|usual|double|twice|"
    r"whole|what i owe|what is left|full|maximum|instalment|repayment|bill|rent)\b"
)


def amounts_said(texts: Iterable[str]) -> frozenset[Decimal] | None:
    """The figures of these messages; None if one points at an amount ("half", "the same") without naming it."""
    found: set[Decimal] = set()
    for text in texts:
        if _POINTED.search(text):
            return None
        found.update(value for figure in figures_in(text) for value in figure.values)
    return frozenset(found)
