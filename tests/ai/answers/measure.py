"""How many honest answers the guard damages, and how many untrue words it shows.

`python -m tests.ai.answers.measure` prints both figures and every answer behind them; `--brief` the figures alone.
Each answer goes through `TurnRunner`, as in a conversation: the model asks for the tool, gets the result as it was
recorded, and writes the answer in pieces.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from tests.ai.screen import Screen
from ultracore.ai.agents import TurnProgress, TurnRequest, TurnRunner, system_prompt
from ultracore.ai.answers import BANK
from ultracore.ai.care import read_care_file
from ultracore.ai.model import Message, ModelToolCall, ModelTurn, TextDelta, ToolSchema, Usage
from ultracore.ai.profiles import profile_for_domain
from ultracore.ai.screen import ToolStep
from ultracore.ai.tools import ParsedCall, ToolOutcome
from ultracore.ai.tools.toolset import TOOLS
from ultracore.settings import Settings

DATA: Final = Path(__file__).parent / "data"
RECORDED_ON: Final = date(2026, 11, 30)
PIECE: Final = 7
"""Characters of a piece of the stream: figures and words are cut in the middle, as a vendor's tokens cut them."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A tool's result as it was. `said` is what the bank wrote into the conversation after the call."""

    tool: str
    agent: str
    arguments: str
    result: dict[str, Any]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """An answer of the data; `untrue` are the words that must not be shown."""

    key: str
    question: str
    answer: str
    language: str
    untrue: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """What became of an answer."""

    written: Written
    text: str
    notices: tuple[str, ...]

    @property
    def damaged(self) -> bool:
        """True if a reader sees other words than the model wrote, or is told that some were left out."""
        return bool(self.notices) or _as_read(self.text) != _as_read(self.written.answer)

    @property
    def untrue(self) -> bool:
        """True if a word that must not be shown is there."""
        return any(_as_read(part) in _as_read(self.text) for part in self.written.untrue)


def _as_read(text: str) -> str:
    """Text without what Markdown hides and without the spaces that it does not show."""
    plain = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).replace("*", "")
    rows = [re.sub(r"\s*\|\s*", "|", line).strip().strip("|") for line in plain.splitlines()]
    return " ".join(" ".join(row for row in rows if not re.fullmatch(r"[-:|]+", row)).split())


class _Vendor:
    """A model that asks for one tool, if it has not been asked for, and then writes one answer."""

    model = "recorded"

    def __init__(self, recorded: Recorded, answer: str) -> None:
        self._recorded = recorded
        self._answer = answer

    async def stream_turn(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema] = ()
    ) -> AsyncIterator[TextDelta | ModelTurn]:
        if not any(message["role"] == "tool" for message in messages):
            call = ModelToolCall("call_1", self._recorded.tool, self._recorded.arguments)
            yield ModelTurn("", (call,), "tool_calls", Usage())
            return
        for start in range(0, len(self._answer), PIECE):
            yield TextDelta(self._answer[start : start + PIECE])
        yield ModelTurn(self._answer, (), "stop", Usage())


class _Port:
    """Gives the recorded result."""

    def __init__(self, recorded: Recorded) -> None:
        self._result = recorded.result

    async def call(self, call: ParsedCall) -> ToolOutcome:
        status: Literal["refused", "done"] = "refused" if "error" in self._result else "done"
        step = ToolStep(call.call_id, call.name, status, "")
        return ToolOutcome(status, call.name, self._result, step)

    async def refuse(self, call: ParsedCall, code: str) -> ToolOutcome:
        raise AssertionError(f"{call.name} was refused: {code}")


@cache
def _system(agent: str) -> str:
    """The agent's own instructions, with the phone number that they name."""
    profile = profile_for_domain(agent)
    assert profile is not None
    return system_prompt(agent, profile.prompt, Settings().support_phone)


@cache
def _tools(agent: str) -> tuple[ToolSchema, ...]:
    return tuple(tool.wire_schema() for tool in TOOLS if agent in tool.agents)


@cache
def _phones() -> frozenset[str]:
    settings = Settings()
    return read_care_file(settings.care_file, settings.support_phone).numbers


def _history(recorded: Recorded) -> list[dict[str, Any]]:
    """The turn in which a card was shown, and what the bank said about its button; empty if there was none."""
    if not recorded.said:
        return []
    function = {"name": recorded.tool, "arguments": recorded.arguments}
    call = {"id": "call_1", "type": "function", "function": function}
    content = json.dumps(recorded.result, ensure_ascii=False)
    return [
        {"role": "user", "content": "Yes please."},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": content},
        *({"role": "assistant", "name": BANK, "content": sentence} for sentence in recorded.said),
    ]


async def shown(written: Written, recorded: Recorded) -> Shown:
    """Let the model write the answer, and look at the screen."""
    screen = Screen()
    runner = TurnRunner(_Vendor(recorded, written.answer), phones=_phones(), today=lambda: RECORDED_ON)
    request = TurnRequest(
        system=_system(recorded.agent),
        history=_history(recorded),
        text=written.question,
        tools=_tools(recorded.agent),
    )
    await runner.run(request, _Port(recorded), screen, TurnProgress())
    notices = tuple(text for kind, text in screen.messages if kind == "notice")
    return Shown(written, "\n\n".join(screen.answers), notices)


def results() -> dict[str, Recorded]:
    """The recorded results by their keys."""
    found: dict[str, dict[str, Any]] = json.loads((DATA / "results.json").read_text(encoding="utf-8"))
    return {
        key: Recorded(
            one["tool"], one["agent"], json.dumps(one["arguments"]), one["result"], tuple(one.get("said", ()))
        )
        for key, one in found.items()
    }


def answers(name: str) -> list[Written]:
    """The answers of a file of the data."""
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [
        Written(row["result"], row["question"], row["answer"], row["language"], tuple(row.get("untrue", ())))
        for row in rows
    ]


async def measure(name: str) -> list[Shown]:
    """What becomes of every answer of a file."""
    recorded = results()
    return [await shown(written, recorded[written.key]) for written in answers(name)]


def damaged(found: Sequence[Shown]) -> list[Shown]:
    """The honest answers that are not shown as they were written."""
    return [one for one in found if one.damaged]


def untrue(found: Sequence[Shown]) -> list[Shown]:
    """The answers of which an untrue word is shown."""
    return [one for one in found if one.untrue]


def _lines(found: Sequence[Shown]) -> list[str]:
    lines = []
    for one in found:
        lines.append(f"{one.written.key} [{one.written.language}] ? {one.written.question}")
        lines.append(f"  wrote: {one.written.answer!r}")
        lines.append(f"  shown: {one.text!r} {' '.join(one.notices)}".rstrip())
    return lines


async def _report(*, brief: bool) -> None:
    for suffix in ("", "_more"):
        honest, told = await measure(f"honest{suffix}"), await measure(f"untrue{suffix}")
        lines = [
            f"honest{suffix} answers damaged: {len(damaged(honest))} of {len(honest)}",
            f"untrue{suffix} answers shown: {len(untrue(told))} of {len(told)}",
        ]
        if not brief:
            lines += [
                "",
                "# Damaged",
                *_lines(damaged(honest)),
                "",
                "# Shown although untrue",
                *_lines(untrue(told)),
            ]
        sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    asyncio.run(_report(brief="--brief" in sys.argv[1:]))
