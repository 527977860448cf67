"""The shipped router on utterances of a second reader, who had not read the training ones."""

from __future__ import annotations

from collections import Counter

from ultracore.ai.routing import Router
from ultracore.ai.routing.service import LABELS
from ultracore.ai.routing.training.corpus import read_held_out

MACRO_F1 = 0.9


def test_macro_f1_on_held_out_utterances() -> None:
    rows = read_held_out()
    assert len(rows) >= 200
    router = Router.load()
    said: Counter[tuple[str, str]] = Counter((label, router.route(text).label) for text, label in rows)
    assert sum(_f1(label, said) for label in LABELS) / len(LABELS) >= MACRO_F1, said


def _f1(label: str, said: Counter[tuple[str, str]]) -> float:
    hits = said[label, label]
    named = sum(count for (_, found), count in said.items() if found == label)
    real = sum(count for (true, _), count in said.items() if true == label)
    return 2 * hits / (named + real)
