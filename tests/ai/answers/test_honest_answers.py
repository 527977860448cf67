"""No honest answer is damaged."""

from __future__ import annotations

from tests.ai.answers.honest import honest_answers
from tests.ai.answers.support import shown


def test_none_of_five_hundred_honest_answers_is_damaged() -> None:
    answers = list(honest_answers())
    assert len(set(answers)) == 500
    said = ("can I send $75 to Sam?",)
    damaged = [text for text in answers if shown(text, said=said).replace("\\", "") != text]
    assert damaged == []
