"""A tool call on its way through the registry, and what comes out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from ultracore.ai.recording import TurnLog
from ultracore.ai.screen import ApprovalCard, ToolStep
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Suggestion, Tool
from ultracore.ai.tools.parsed_calls import ParsedCall
from ultracore.errors import ToolRefused, UltracoreError
from ultracore.languages import Language
from ultracore.principal import Connection, Principal

OutcomeStatus = Literal["done", "refused", "failed", "waiting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallContext:
    """The origin of a call. `principal` reads the principal again, so that a revoked login has no authority.

    `working_for` is the customer whom a member of staff has named in their own words; it counts for staff only.
    `withheld` names tools that this turn may not use any more, each with the code of its refusal. `withdraw` takes
    back the conversation's open card, for a transfer that corrects it; without it the open card stays.
    `said` is the person's message, for calls that a model makes on its own account; None for a program's calls.
    `amounts` are the figures of all the person's messages; None if they pointed at one, or it is a program.
    `left_for_chat` is true for a program's call: what it asks for, the customer may open in the chat.
    `language` is the one that a card is shown in.
    """

    principal: Callable[[], Awaitable[Principal]]
    agent: str
    conversation_id: str
    log: TurnLog
    connection: Connection
    working_for: str | None = None
    withheld: Mapping[str, str] = field(default_factory=dict)
    withdraw: Callable[[], Awaitable[object]] | None = None
    said: str | None = None
    amounts: frozenset[Decimal] | None = None
    left_for_chat: bool = False
    language: Language = "en"

    def is_the_models(self, call: ParsedCall) -> bool:
        """True if a call names nothing that the person named: its refusal then speaks of the model."""
        # A program's call is its own doing, so its refusals count as before.
        if self.said is None:
            return False
        words = self.said.casefold()
        named = [value.casefold() for value in (call.values or {}).values() if isinstance(value, str) and value]
        # Whether the person said any of it: a model that tries ids by itself must not lock its customer out.
        return not any(value in words for value in named)


@dataclass(frozen=True, slots=True)
class CheckedCall:
    """A call that may run: its tool, its authority, and its arguments with identity filled in."""

    call: ParsedCall
    tool: Tool
    context: ToolContext
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """The end of one call.

    `content` is JSON-able and goes to the model; `step` goes to the person. `card` is set if the status is
    `waiting`. `changes` is true for a tool that does more than read. `suggestions` are questions that fit it.
    """

    status: OutcomeStatus
    tool: str
    content: Mapping[str, Any]
    step: ToolStep
    card: ApprovalCard | None = None
    changes: bool = False
    suggestions: tuple[Suggestion, ...] = ()


def ended(
    call: ParsedCall, status: Literal["refused", "failed"], error: UltracoreError, reference: str
) -> ToolOutcome:
    """A call that did not happen: the model learns the code, the reason and its figures; the person that it was
    not done, and why, if the refusal explains itself.

    If it is our fault, the person also gets the turn's `reference`.
    """
    content: dict[str, Any] = {"code": error.code, "message": error.sentence}
    sentence = f"This could not be done ({error.code}). Ref {reference}"
    # No reference for a refusal: there is nothing that the bank's people would have to look up.
    if status == "refused":
        sentence = f"This request was refused. ({error.code})"
    if isinstance(error, ToolRefused):
        content |= {"message": error.message, **({"facts": dict(error.facts)} if error.facts else {})}
        if error.explained:
            sentence = f"This was not done. {error.sentence} ({error.code})"
    step = ToolStep(call.call_id, call.name[:64], status, sentence)
    return ToolOutcome(status, call.name, {"error": content}, step)


def shown_of(step: ToolStep) -> Mapping[str, Any]:
    """A step's end as the record keeps it, so that a replay shows what the person saw."""
    shown: dict[str, Any] = {"name": step.tool, "status": step.status, "summary": step.summary}
    if step.table:
        shown["table"] = [list(row) for row in step.table]
    if step.chart is not None:
        # The figures of a chart stand in the table, and the record keeps them once.
        shown["chart"] = step.chart.title
    if step.links:
        shown["links"] = [list(link) for link in step.links]
    if step.subject:
        # The list of conversations is made anew from the record when Redis has lost it.
        shown["subject"] = step.subject
    return shown
