"""One turn of an agent: ask the model, show what it says, run what it asks for, until it has answered.

The runner has no authority. The `ToolPort` runs the tools; text goes out only through the answer gate. What has
been shown so far is in `TurnProgress` at any moment, so that a turn which is stopped or fails is recorded as it
was seen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, Protocol

from ultracore.ai.answers import (
    AnswerGate,
    Durations,
    Sources,
    conversation,
    is_known_to_think_aloud,
    utc_today,
)
from ultracore.ai.model import ChatModel, Message, ModelTurn, ToolSchema, Usage
from ultracore.ai.screen import ToolStep, TurnView
from ultracore.ai.sound_text import sound
from ultracore.ai.tools import CallReader, ParsedCall, ToolOutcome
from ultracore.errors import ModelAnswerInvalid
from ultracore.languages import Language, told

WITHHELD_NOTICE = (
    "I left out a figure that I could not confirm with the bank's own data. Please ask me to look it up."
)
UNPROVED_NOTICE = (
    "I left out a sentence about something that the bank has no record of. Cards, receipts and your accounts show "
    "what was done."
)
CUT_NOTICE = "I stopped there, because the answer was getting too long. Please ask for one thing at a time."
NO_ANSWER_NOTICE = "I looked that up, but found no words for an answer. Please ask me in another way."
TOO_MANY = "turn.too_many_calls"
"""The code of a call beyond those that a turn may make; its model then answers from what is known."""


class ToolPort(Protocol):
    """Runs the tools of a turn: the registry in a conversation, an executor of its own in a program."""

    async def call(self, call: ParsedCall) -> ToolOutcome:
        """Run one call to its end; never raises for what a model wrote."""

    async def refuse(self, call: ParsedCall, code: str) -> ToolOutcome:
        """Record that a call was not run, for that reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRequest:
    """What a turn starts from.

    `text` is the person's message, masked already; `None` if an earlier run of the same turn has taken it up.
    A call of one of `ends_with` that succeeds ends the run. `language` is that of our own sentences.
    """

    system: str
    history: Sequence[Message]
    text: str | None
    tools: Sequence[ToolSchema]
    # A model that loops costs money and keeps the person waiting; what it knows by then has to do.
    max_tool_calls: int = 5
    ends_with: frozenset[str] = frozenset()
    language: Language = "en"


@dataclass(slots=True)
class TurnProgress:
    """What has happened in a turn so far. `segment` is the answer that is on screen and not complete yet.

    `withheld` are figures and `unproved` sentences that were not shown; `cut` is true after an answer without end.
    """

    messages: list[dict[str, Any]] = field(default_factory=list)
    segment: str = ""
    answers: list[str] = field(default_factory=list)
    outcomes: list[tuple[ParsedCall, ToolOutcome]] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)
    cut: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0
    model: str = ""
    cost: Decimal = Decimal(0)

    @property
    def waiting(self) -> ToolOutcome | None:
        """The outcome that waits for a person's approval, if there is one."""
        return next((outcome for _, outcome in self.outcomes if outcome.card is not None), None)

    @property
    def tokens(self) -> int:
        """All tokens so far."""
        return self.prompt_tokens + self.completion_tokens

    def count(self, ending: ModelTurn) -> None:
        """Add the tokens and the cost of one request."""
        self.prompt_tokens += ending.usage.prompt_tokens
        self.completion_tokens += ending.usage.completion_tokens
        self.cost += ending.cost
        # The last one that answered: after a failure that is another than was asked first.
        self.model = ending.model or self.model


class TurnRunner:
    """Runs turns of one model. `reader` reads each of its tool calls, once.

    `phones` are the numbers that an answer may name besides those that a tool gave; `today` is the day up to which
    an answer may say how long something has been; `fallback` is a model that may answer in the first one's place.
    """

    def __init__(
        self,
        model: ChatModel,
        reader: CallReader | None = None,
        *,
        phones: frozenset[str] = frozenset(),
        fallback: str | None = None,
        today: Callable[[], date] = utc_today,
    ) -> None:
        self._model = model
        self._reader = reader or CallReader()
        self._phones = phones
        self._today = today
        # Even the first answer of these is held until its thought has ended: a page cannot be taken back.
        self._thinks_aloud = any(map(is_known_to_think_aloud, (model.model, fallback or "")))

    @property
    def model_name(self) -> str:
        """The model's name on the wire."""
        return self._model.model

    async def run(self, request: TurnRequest, tools: ToolPort, view: TurnView, progress: TurnProgress) -> None:
        """Run the turn to its end: an answer, or a card that waits.

        Raises `ModelUnavailable` or `ModelAnswerInvalid`; what was shown until then is in `progress`.
        """
        turn = _Turn(request, tools, view, progress, _sources(request, progress, self._today()))
        if request.text is not None:
            progress.messages.append({"role": "user", "content": request.text})
        left = request.max_tool_calls
        while True:
            # Once the calls are used up the model is asked without tools, so that it answers from what it knows.
            calls = await self._answer(turn, offered=left >= 0)
            if not calls or left < 0:
                return await turn.end()
            for call in calls:
                left -= 1
                await turn.call(call, over=left < 0)
            if progress.waiting is not None or _ended(progress, len(calls), request.ends_with):
                return

    async def _answer(self, turn: _Turn, *, offered: bool) -> tuple[ParsedCall, ...]:
        """Show what the model says; return the calls that it makes."""
        progress = turn.progress
        gate = AnswerGate(turn.sources, phones=self._phones, aloud=self._thinks_aloud)
        try:
            ending = await self._stream(turn, gate, offered=offered)
            await turn.show(gate.flush())
        finally:
            # A model that thinks aloud does so in every answer: from now on its beginnings are held back.
            self._thinks_aloud = gate.thinks_aloud
            progress.withheld += gate.withheld
            progress.unproved += gate.removed
        progress.count(ending)
        calls = tuple(self._reader.read(call) for call in ending.tool_calls)
        # What was shown and not what the model wrote: a figure that was left out must not come back from the
        # history.
        progress.messages.append(_assistant_message(progress.segment, calls))
        await close_segment(turn.view, progress)
        return calls

    async def _stream(self, turn: _Turn, gate: AnswerGate, *, offered: bool) -> ModelTurn:
        """The model's answer, shown as far as it is complete. What goes on for ever is not read to its end."""
        request, ending = turn.request, None
        messages = [{"role": "system", "content": request.system}, *request.history, *turn.progress.messages]
        sent = [_unnamed(message) for message in messages]
        try:
            async for item in self._model.stream_turn(sent, request.tools if offered else ()):
                if isinstance(item, ModelTurn):
                    ending = item
                    continue
                await turn.show(gate.feed(sound(item.text)))
                if gate.is_full:
                    turn.progress.cut = True
                    return _CUT
        except ModelAnswerInvalid as error:
            # A long answer whose beginning has been read is cut there; failing the turn would take it back.
            if error.code != "model.too_long" or not gate.has_shown:
                raise
            turn.progress.cut = True
            return _CUT
        if ending is None:
            raise ModelAnswerInvalid("the model's stream had no end", code="model.cut_short")
        return ending


_CUT: Final = ModelTurn("", (), "length", Usage())


@dataclass(slots=True)
class _Turn:
    """One run on its way: what it started from, what it may quote and what was looked up already."""

    request: TurnRequest
    tools: ToolPort
    view: TurnView
    progress: TurnProgress
    sources: Sources
    seen: dict[tuple[str, str], ToolOutcome] = field(default_factory=dict)

    async def show(self, text: str) -> None:
        """Show a piece of the answer."""
        if text:
            self.progress.segment += text
            await self.view.text(text)

    async def call(self, call: ParsedCall, *, over: bool) -> None:
        """Run a call and tell its outcome. The same look-up again is answered from the first."""
        key = (call.name, call.text)
        outcome = self.seen.get(key)
        # Models repeat a look-up within a turn. It would cost time and two events, and say the same.
        if outcome is None or over:
            # The name may be made up by the model, and as long as it likes.
            await self.view.step(ToolStep(call.call_id, call.name[:64], "running", "Working on it."))
            outcome = await (self.tools.refuse(call, TOO_MANY) if over else self.tools.call(call))
            self._remember(key, outcome)
            await self.view.step(outcome.step)
        # Through JSON and back, so that the gate compares an answer with what the model has really read.
        content = json.dumps(_brief(outcome.content), ensure_ascii=False, default=str, separators=(",", ":"))
        self.sources.allow(call.name, json.loads(content), call.text)
        self.progress.outcomes.append((call, outcome))
        self.progress.messages.append({"role": "tool", "tool_call_id": call.call_id, "content": content})
        if outcome.card is not None:
            await self.view.card(outcome.card)

    def _remember(self, key: tuple[str, str], outcome: ToolOutcome) -> None:
        """What changed something makes every earlier look-up old."""
        if outcome.changes:
            self.seen.clear()
        # A call that failed may work a moment later, so it is not remembered.
        elif outcome.status in ("done", "refused"):
            self.seen[key] = outcome

    async def end(self) -> None:
        """The last words of the turn. Raises `ModelAnswerInvalid` if the model had none."""
        progress = self.progress
        # If everything was left out, the notices below say so; only a model without a word has failed.
        if not progress.answers and not progress.withheld and not progress.unproved:
            if not progress.outcomes:
                raise ModelAnswerInvalid("the model answered nothing", code="model.empty")
            await self._notice(NO_ANSWER_NOTICE)
        if progress.cut:
            await self._notice(CUT_NOTICE)
        if progress.withheld:
            await self._notice(WITHHELD_NOTICE)
        if progress.unproved:
            await self._notice(UNPROVED_NOTICE)

    async def _notice(self, sentence: str) -> None:
        await self.view.message(told(sentence, self.request.language), kind="notice")


def _brief(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """A result as a model gets it: whose it is goes without saying. The step and the record have it whole."""
    return {name: value for name, value in content.items() if name not in ("tenant_id", "customer_id")}


def _unnamed(message: Message) -> Message:
    """A message as a model gets it: who wrote it besides its role is our business."""
    return {name: value for name, value in message.items() if name != "name"}


def _sources(request: TurnRequest, progress: TurnProgress, today: date) -> Sources:
    """What may be quoted: the conversation, what an earlier agent of this turn has looked up, our phone number."""
    sources = Sources(durations=Durations(today=today))
    sources.prompted(request.system)
    sources.described(request.tools)
    conversation([*request.history, *progress.messages], sources)
    if request.text is not None:
        sources.said(request.text)
    return sources


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


async def close_segment(view: TurnView, progress: TurnProgress) -> None:
    """The piece of answer on screen is complete: it becomes an answer of its own."""
    if progress.segment.strip():
        progress.answers.append(progress.segment)
        await view.text_done()
    progress.segment = ""
