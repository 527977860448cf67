"""Reads a conversation's events as turns, each with the history that its model had."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ultracore.ai.answers import BANK
from ultracore.ai.profiles import profile_for_domain
from ultracore.audit import AuditEvent, AuditEventType
from ultracore.whatif.values import Arguments, RecordedCall, RecordedTurn

UNKNOWN_TOOL: Final = "unknown"
CARD_SHOWN: Final = "I have shown a card; only its button decides."
HISTORY_LENGTH: Final = 20
"""As many messages as a conversation keeps for its model."""
_PRESSED: Final = frozenset(
    {AuditEventType.APPROVAL_GIVEN, AuditEventType.APPROVAL_DECLINED, AuditEventType.APPROVAL_EXPIRED}
)
_CUTS: Final = {
    AuditEventType.TURN_STOPPED: "the recorded turn was stopped",
    AuditEventType.TURN_FAILED: "the recorded turn failed",
}
_WAITING: Final = {"status": "pending_approval", "message": CARD_SHOWN}
_PERSON: Final = "person"


@dataclass(slots=True)
class _OpenCall:
    """A call between its request and its end."""

    call_id: str
    agent: str
    tool: str
    arguments: Arguments
    result: str = ""
    reason: str | None = None
    content: Mapping[str, Any] | None = None
    failed: bool = False

    @classmethod
    def requested(cls, told: Mapping[str, Any]) -> _OpenCall:
        tool, arguments = str(told.get("tool")), told.get("arguments", {})
        # The record keeps a name that is none of ours sealed, among the arguments.
        if tool == UNKNOWN_TOOL and isinstance(arguments, Mapping) and "name" in arguments:
            tool, arguments = str(arguments["name"]), arguments.get("arguments", {})
        return cls(str(told.get("call_id")), str(told.get("agent")), tool, arguments)

    def decided(self, event: AuditEvent, told: Mapping[str, Any]) -> None:
        self.result, self.reason = event.result or "", told.get("reason")
        if self.result == "needs_approval":
            self.content = {"transaction_id": told.get("proposal"), **_WAITING}
        elif self.result == "denied":
            self.content = _error(self.reason, told)

    def executed(self, event: AuditEvent, told: Mapping[str, Any]) -> None:
        if event.result == "success":
            self.content = told.get("result")
        else:
            self.content, self.failed = _error(told.get("reason"), told), True

    def ended(self) -> RecordedCall:
        return RecordedCall(
            self.call_id,
            self.agent,
            self.tool,
            self.arguments,
            self.result,
            self.reason,
            self.content,
            self.failed,
        )


@dataclass(slots=True)
class _OpenTurn:
    """A turn whose events are being read. `pressed` from the first button on: what follows is no model's doing."""

    number: int
    turn_id: str
    reference: str
    text: str
    history: tuple[Mapping[str, Any], ...]
    agent: str | None = None
    first: str | None = None
    calls: list[_OpenCall] = field(default_factory=list)
    said: str = ""
    cut: str | None = None
    pressed: bool = False

    def asked(self, agent: object) -> None:
        """The first agent that did something is the one that the turn began with."""
        if self.first is None and isinstance(agent, str):
            self.first = agent

    def ended(self, holder: str | None) -> RecordedTurn | None:
        """The turn, or None if no model had a part in it."""
        agent = self.first or self.agent or (holder if self.cut else None)
        if agent is None:
            return None
        return RecordedTurn(
            self.number,
            self.turn_id,
            self.reference,
            self.text,
            agent,
            self.history,
            tuple(call.ended() for call in self.calls),
            self.cut,
        )


class _TurnReader:
    """Walks through the events in order, as the conversation went."""

    def __init__(self) -> None:
        self.messages = 0
        self._history: list[Mapping[str, Any]] = []
        self._turns: dict[str, _OpenTurn] = {}
        self._holder: str | None = None
        self._holders: dict[str, str | None] = {}
        self._questioned: str | None = None

    def turns(self) -> Iterable[RecordedTurn]:
        for turn_id, turn in self._turns.items():
            if (found := turn.ended(self._holders[turn_id])) is not None:
                yield found

    def read(self, event: AuditEvent) -> None:
        told = event.metadata or {}
        if event.event_type is AuditEventType.USER_MESSAGE:
            self._message(event, str(told.get("text", "")))
            return
        turn = self._turns.get(event.turn_id or "")
        if turn is None:
            return
        turn.pressed = turn.pressed or event.event_type in _PRESSED
        if turn.pressed:
            self._after_a_press(event, told)
        elif event.event_type is AuditEventType.ASSISTANT_MESSAGE:
            self._shown(turn, told)
        elif event.event_type in (AuditEventType.SESSION_ROUTED, AuditEventType.HANDOFF_REQUESTED):
            self._routed(turn, told)
        elif event.event_type in _CUTS:
            self._cut(turn, event)
        else:
            self._tool(turn, event, told)

    def _message(self, event: AuditEvent, text: str) -> None:
        self.messages += 1
        # The answer to the question which agent is meant: the model got the message that waited for it.
        if self._questioned is not None and profile_for_domain(text) is not None:
            text = self._questioned
        self._questioned = None
        turn_id = event.turn_id or ""
        history = tuple(_whole(self._history))
        self._turns[turn_id] = _OpenTurn(self.messages, turn_id, event.request_id or "", text, history)
        self._holders[turn_id] = self._holder

    def _begin(self, turn: _OpenTurn) -> None:
        """The first sign of a model in this turn: its message is in the history from here on."""
        if turn.first is None:
            self._history.append({"role": "user", "content": turn.text})

    def _shown(self, turn: _OpenTurn, told: Mapping[str, Any]) -> None:
        text = str(told.get("text", ""))
        if told.get("kind") == "question":
            self._questioned = turn.text
        if told.get("kind", "answer") != "answer":
            return
        self._begin(turn)
        turn.asked(told.get("agent"))
        self._history.append({"role": "assistant", "content": text})

    def _routed(self, turn: _OpenTurn, told: Mapping[str, Any]) -> None:
        agent = told.get("agent") or told.get("target")
        if agent == _PERSON or not isinstance(agent, str):
            return
        self._holder = agent
        # A hand-over that a model has asked for comes after its call, and does not move the turn's beginning.
        if turn.first is None:
            turn.agent = agent

    def _cut(self, turn: _OpenTurn, event: AuditEvent) -> None:
        turn.cut = _CUTS[event.event_type]
        # A model that failed was asked all the same: the next turn's model knows the message.
        if event.event_type is AuditEventType.TURN_FAILED:
            self._begin(turn)

    def _tool(self, turn: _OpenTurn, event: AuditEvent, told: Mapping[str, Any]) -> None:
        if event.event_type is AuditEventType.TOOL_REQUESTED:
            self._begin(turn)
            turn.asked(told.get("agent"))
            turn.calls.append(_OpenCall.requested(told))
            return
        if not turn.calls:
            return
        call = turn.calls[-1]
        if event.event_type is AuditEventType.TOOL_DECIDED:
            call.decided(event, told)
            # What was allowed is told when it has run.
            if call.result != "allowed":
                self._told(turn, call)
        elif event.event_type is AuditEventType.TOOL_EXECUTED:
            call.executed(event, told)
            self._told(turn, call)

    def _told(self, turn: _OpenTurn, call: _OpenCall) -> None:
        arguments = call.arguments if isinstance(call.arguments, str) else _json(call.arguments)
        function = {"name": call.tool, "arguments": arguments}
        asked = {"id": call.call_id, "type": "function", "function": function}
        said = ""
        # What was said before the call belongs to it, as it did in the model's own answer.
        if self._history and _is_words(self._history[-1]):
            said = str(self._history.pop()["content"])
        self._history += [
            {"role": "assistant", "content": said, "tool_calls": [asked]},
            {"role": "tool", "tool_call_id": call.call_id, "content": _json(brief(call.content or {}))},
        ]
        if call.result == "needs_approval":
            self._history.append({"role": "assistant", "name": BANK, "content": CARD_SHOWN})

    def _after_a_press(self, event: AuditEvent, told: Mapping[str, Any]) -> None:
        """The model learns how a card ended from the sentence that the person was shown."""
        if event.event_type is AuditEventType.ASSISTANT_MESSAGE and told.get("kind") in ("receipt", "notice"):
            self._history.append({"role": "assistant", "name": BANK, "content": str(told.get("text", ""))})


def turns_of(events: Sequence[AuditEvent]) -> tuple[int, tuple[RecordedTurn, ...]]:
    """How many messages the person wrote, and the turns that a model had a part in, in order."""
    reader = _TurnReader()
    for event in events:
        reader.read(event)
    return reader.messages, tuple(reader.turns())


def brief(content: Mapping[str, Any]) -> dict[str, Any]:
    """A result as a model gets it: whose it is goes without saying."""
    return {name: value for name, value in content.items() if name not in ("tenant_id", "customer_id")}


def _whole(history: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The newest messages, as many as a conversation keeps; never beginning with a result without its call."""
    kept = list(history[-HISTORY_LENGTH:])
    while kept and kept[0]["role"] == "tool":
        kept.pop(0)
    return kept


def _is_words(message: Mapping[str, Any]) -> bool:
    return message["role"] == "assistant" and "tool_calls" not in message and "name" not in message


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":"))


def _error(reason: object, told: Mapping[str, Any]) -> dict[str, Any]:
    """A refusal as far as the record has it: its code, and the sentence that the person read."""
    shown = told.get("shown")
    sentence = shown.get("summary") if isinstance(shown, Mapping) else None
    return {"error": {"code": reason, "message": sentence or "This was refused."}}
