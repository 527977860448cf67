"""One turn of an agent: ask the model, show what it says, run what it asks for, until it has answered.

The runner has no authority. Tools are run by whoever stands behind `ToolPort`; text goes out only through the
figure guard. What has been shown so far is in `TurnProgress` at any moment, so that a turn which is stopped or
fails is recorded as it was seen.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ultracore.ai.agents.figure_guard import WITHHELD_NOTICE, FigureGuard
from ultracore.ai.agents.secret_guard import SecretGuard
from ultracore.ai.model import ChatModel, Message, ModelTurn, TextDelta, ToolSchema, Usage
from ultracore.ai.screen import ToolStep, TurnView
from ultracore.ai.sound_text import sound
from ultracore.ai.tools import CallReader, ParsedCall, ToolOutcome
from ultracore.errors import ModelAnswerInvalid


class ToolPort(Protocol):
    """Who runs the tools of a turn."""

    async def call(self, call: ParsedCall) -> ToolOutcome:
        """Run one call to its end; never raises for what a model wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRequest:
    """What a turn starts from.

    `text` is the person's message, masked already; `None` where an earlier run of the same turn has taken it up.
    A call of one of `ends_with` that succeeds ends the run.
    """

    system: str
    history: Sequence[Message]
    text: str | None
    tools: Sequence[ToolSchema]
    max_tool_calls: int = 5
    ends_with: frozenset[str] = frozenset()


@dataclass(slots=True)
class TurnProgress:
    """What has happened in a turn so far. `segment` is the answer that is on screen and not complete yet."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    segment: str = ""
    answers: list[str] = field(default_factory=list)
    outcomes: list[tuple[ParsedCall, ToolOutcome]] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def waiting(self) -> ToolOutcome | None:
        """The outcome that waits for a person's approval, where there is one."""
        return next((outcome for _, outcome in self.outcomes if outcome.card is not None), None)

    def count(self, usage: Usage) -> None:
        """Add the tokens of one request."""
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens


class TurnRunner:
    """Runs turns of one model. `reader` reads each of its tool calls, once."""

    def __init__(self, model: ChatModel, reader: CallReader | None = None) -> None:
        self._model = model
        self._reader = reader or CallReader()

    @property
    def model_name(self) -> str:
        """The model's name on the wire."""
        return self._model.model

    async def run(self, request: TurnRequest, tools: ToolPort, view: TurnView, progress: TurnProgress) -> None:
        """Run the turn to its end: an answer, or a card that waits.

        Raises `ModelUnavailable` or `ModelAnswerInvalid`; what was shown until then is in `progress`.
        """
        guard = FigureGuard(_quotable(request, progress))
        progress.withheld = guard.withheld
        if request.text is not None:
            progress.messages.append({"role": "user", "content": request.text})
        calls_left = request.max_tool_calls
        while True:
            content, calls = await self._answer(request, guard, view, progress)
            if not calls:
                return await self._end(content, guard, view)
            if len(calls) > calls_left:
                raise ModelAnswerInvalid("the model asked for too many tools", code="model.too_many_tool_calls")
            calls_left -= len(calls)
            for call in calls:
                await self._call(call, tools, guard, view, progress)
            if progress.waiting is not None or _ended(progress, len(calls), request.ends_with):
                return

    async def _answer(
        self, request: TurnRequest, guard: FigureGuard, view: TurnView, progress: TurnProgress
    ) -> tuple[str, tuple[ParsedCall, ...]]:
        """What the model said, and the calls that it made."""
        messages = [{"role": "system", "content": request.system}, *request.history, *progress.messages]
        turn: ModelTurn | None = None
        secrets = SecretGuard()
        async for item in self._model.stream_turn(messages, request.tools):
            if isinstance(item, TextDelta):
                await _show(guard.feed(secrets.feed(sound(item.text))), view, progress)
            else:
                turn = item
        if turn is None:
            raise ModelAnswerInvalid("the model's stream had no end", code="model.cut_short")
        await _show(guard.feed(secrets.flush()) + guard.flush(), view, progress)
        progress.count(turn.usage)
        calls = tuple(self._reader.read(call) for call in turn.tool_calls)
        progress.messages.append(_assistant_message(progress.segment, calls))
        await close_segment(view, progress)
        return turn.content, calls

    async def _call(
        self,
        call: ParsedCall,
        tools: ToolPort,
        guard: FigureGuard,
        view: TurnView,
        progress: TurnProgress,
    ) -> None:
        await view.step(ToolStep(call.call_id, call.name[:64], "running", "Working on it."))
        outcome = await tools.call(call)
        content = json.dumps(outcome.content, ensure_ascii=False, default=str)
        guard.allow(content)
        progress.outcomes.append((call, outcome))
        progress.messages.append({"role": "tool", "tool_call_id": call.call_id, "content": content})
        await view.step(outcome.step)
        if outcome.card is not None:
            await view.card(outcome.card)

    async def _end(self, content: str, guard: FigureGuard, view: TurnView) -> None:
        if not content.strip():
            raise ModelAnswerInvalid("the model answered nothing", code="model.empty")
        if guard.withheld:
            await view.message(WITHHELD_NOTICE, kind="notice")


def _quotable(request: TurnRequest, progress: TurnProgress) -> list[str]:
    """What may be quoted: our prompt, the conversation, and what an earlier agent of this turn has looked up."""
    said = [message.get("content") for message in (*request.history, *progress.messages)]
    return [text for text in (request.system, request.text, *said) if isinstance(text, str)]


def _ended(progress: TurnProgress, latest: int, ends_with: frozenset[str]) -> bool:
    return any(
        outcome.status == "done" and outcome.tool in ends_with for _, outcome in progress.outcomes[-latest:]
    )


def _assistant_message(content: str, calls: tuple[ParsedCall, ...]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if calls:
        message["tool_calls"] = [
            {
                "id": call.call_id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.text},
            }
            for call in calls
        ]
    return message


async def _show(text: str, view: TurnView, progress: TurnProgress) -> None:
    if text:
        progress.segment += text
        await view.text(text)


async def close_segment(view: TurnView, progress: TurnProgress) -> None:
    """The piece of answer on screen is complete: it becomes an answer of its own."""
    if progress.segment.strip():
        progress.answers.append(progress.segment)
        await view.text_done()
    progress.segment = ""
