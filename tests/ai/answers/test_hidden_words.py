"""Thoughts, calls as text and marks of templates stay off the page, and so does what is too long."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest

from tests.ai.answers.support import shown
from tests.ai.screen import Screen
from ultracore.ai.agents import TurnProgress, TurnRequest, TurnRunner
from ultracore.ai.answers import MOST_CHARACTERS, AnswerGate, Sources
from ultracore.ai.model import Message, ModelTurn, TextDelta, ToolSchema, Usage
from ultracore.ai.tools import ParsedCall, ToolOutcome

SIZES = [1, 5, 1_000_000]
ANSWER = "Everyday has AUD 2,503.17."
HIDDEN = [
    f"<think>The limit is a secret.</think>{ANSWER}",
    f"<thinking>A secret.\n\nMore of the secret.</thinking>\n\n{ANSWER}",
    f"{ANSWER}<think>A secret that never ends",
    f'{ANSWER}<tool_call>{{"name": "secret"}}</tool_call>',
    f"{ANSWER}<|im_end|>",
    f"<|channel|>analysis<|message|>A secret.<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}",
    f"It is a secret in one paragraph.</think>{ANSWER}",
    f"Okay, the secret first.\n\nThen more of it.\n\n</think>\n\n{ANSWER}",
]
UNOPENED = f"Alex asks for the balance.\n\nThe secret is here.\n\nSo I answer.\n</think>\n\n{ANSWER}"


class _Model:
    """Writes one answer in pieces of five characters."""

    def __init__(self, name: str, answer: str) -> None:
        self.model = name
        self._answer = answer

    async def stream_turn(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema] = ()
    ) -> AsyncIterator[TextDelta | ModelTurn]:
        for start in range(0, len(self._answer), 5):
            yield TextDelta(self._answer[start : start + 5])
        yield ModelTurn(self._answer, (), "stop", Usage())


class _NoTools:
    """Is never called."""

    async def call(self, call: ParsedCall) -> ToolOutcome:
        raise AssertionError(call.name)

    async def refuse(self, call: ParsedCall, code: str) -> ToolOutcome:
        raise AssertionError(call.name)


async def answered(name: str, *answers: str) -> list[str]:
    """What the page has of the answers of one model, each to a question of its own."""
    model = _Model(name, "")
    runner, pages = TurnRunner(model), []
    for model._answer in answers:
        screen = Screen()
        request = TurnRequest(system="", history=(), text="What is my balance?", tools=())
        await runner.run(request, _NoTools(), screen, TurnProgress())
        pages.append("".join(screen.answers))
    return pages


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", HIDDEN)
def test_what_is_not_meant_for_a_person_is_not_shown(text: str, size: int) -> None:
    assert shown(text, size=size) == ANSWER


@pytest.mark.parametrize("name", ["deepseek-r1-distill-qwen-32b", "Qwen/QwQ-32B", "qwen3-8b"])
async def test_a_family_that_leaves_out_the_first_tag_shows_no_thought_from_its_first_answer_on(name: str) -> None:
    assert await answered(name, UNOPENED.replace(ANSWER, "Hello.")) == ["Hello."]


async def test_a_model_that_left_out_the_first_tag_once_is_held_from_then_on() -> None:
    pages = await answered("some-model", UNOPENED.replace(ANSWER, "One."), UNOPENED.replace(ANSWER, "Two."))
    assert pages[1] == "Two."


async def test_a_thinking_model_that_thinks_nothing_is_shown_whole() -> None:
    assert await answered("qwen3-8b", "One.\n\nTwo.") == ["One.\n\nTwo."]


@pytest.mark.parametrize("size", SIZES)
def test_an_answer_has_eight_thousand_characters_on_the_page_at_most(size: int) -> None:
    gate = AnswerGate(Sources())
    text = "All is well with it. " * 1_000
    page = "".join([*(gate.feed(text[at : at + size]) for at in range(0, len(text), size)), gate.flush()])
    assert MOST_CHARACTERS - 100 < len(page) <= MOST_CHARACTERS + 100 and gate.is_full


async def test_a_model_that_does_not_end_is_cut_off_at_the_bound() -> None:
    progress, screen = TurnProgress(), Screen()
    request = TurnRequest(system="", history=(), text="Tell me all.", tools=())
    await TurnRunner(_Model("some-model", "All is well. " * 5_000)).run(request, _NoTools(), screen, progress)
    assert progress.cut and len("".join(screen.answers)) <= MOST_CHARACTERS + 100
