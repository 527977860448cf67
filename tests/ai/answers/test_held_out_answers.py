"""The held-out answers keep their figures: what honest ones lose and what untrue ones show."""

from __future__ import annotations

import pytest

from tests.ai.answers.measure import damaged, measure, untrue


@pytest.mark.parametrize(("name", "at_most"), [("honest", 0), ("honest_more", 0)])
async def test_honest_held_out_answers_are_shown_as_they_were_written(name: str, at_most: int) -> None:
    found = damaged(await measure(name))
    assert len(found) <= at_most, [one.text for one in found]


@pytest.mark.parametrize("name", ["untrue", "untrue_more"])
async def test_no_untrue_held_out_answer_is_shown(name: str) -> None:
    assert [one.text for one in untrue(await measure(name))] == []
