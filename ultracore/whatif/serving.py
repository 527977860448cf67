"""The tools that a turn is offered again: they can do nothing but repeat what the record says of their calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from ultracore.ai.screen import ApprovalCard, ToolStep
from ultracore.ai.tools import ParsedCall, ToolOutcome
from ultracore.ai.tools.toolset import hand_over
from ultracore.principal import Principal
from ultracore.whatif.comparing import compared_arguments
from ultracore.whatif.policy import DECIDED_BY_POLICY, PolicyInPlace
from ultracore.whatif.values import UNRECORDED, Arguments, Decision, RecordedCall, RecordedTurn

NO_RESULT: Final = "a call without a recorded result"


class NotComparable(Exception):
    """The turn cannot be played on: what it asked for has no recorded end."""


@dataclass(slots=True)
class RecordedTools:
    """A `ToolPort` without bank, record, cache or network: it has the recorded turn and nothing else.

    `decisions` fills as the turn goes on. `agent` is who calls.
    """

    turn: RecordedTurn
    who: Principal
    policy: PolicyInPlace | None
    agent: str
    decisions: list[Decision] = field(default_factory=list)
    _left: list[RecordedCall] = field(init=False)
    _served: list[RecordedCall] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._left = list(self.turn.calls)

    async def call(self, call: ParsedCall) -> ToolOutcome:
        """The recorded end of this call. Raises `NotComparable` if there is none."""
        arguments = compared_arguments(call.name, call.recorded, self.who)
        objection = None if self.policy is None else self.policy.objection(self.agent, call.name, arguments)
        if objection is not None:
            return self._denied(call, arguments, objection)
        recorded = self._recorded(call.name, arguments)
        if recorded is None or recorded.content is None:
            result = UNRECORDED if recorded is None else recorded.result
            self._note(call, arguments, result, None if recorded is None else recorded.reason)
            raise NotComparable(NO_RESULT)
        if self.policy is not None and recorded.reason in DECIDED_BY_POLICY:
            self._note(call, arguments, "not denied")
            raise NotComparable(NO_RESULT)
        self._note(call, arguments, recorded.result, recorded.reason)
        return _outcome(call, recorded, recorded.content)

    async def refuse(self, call: ParsedCall, code: str) -> ToolOutcome:
        """A call beyond those that a turn may make: it is refused without a look at the record."""
        return self._denied(call, compared_arguments(call.name, call.recorded, self.who), code)

    def _recorded(self, tool: str, arguments: Arguments) -> RecordedCall | None:
        """The next recorded call that is this one; of reads also one that was served before.

        The agent may be another one: that is a change, and the result the same.
        """
        for place, one in enumerate(self._left):
            if one.tool == tool and compared_arguments(tool, one.arguments, self.who) == arguments:
                self._served.append(self._left.pop(place))
                return one
        # A hand-over served twice would send two agents round and round.
        if tool == hand_over.name:
            return None
        again = (one for one in self._served if one.tool == tool)
        return next((one for one in again if compared_arguments(tool, one.arguments, self.who) == arguments), None)

    def _denied(self, call: ParsedCall, arguments: Arguments, code: str) -> ToolOutcome:
        self._note(call, arguments, "denied", code)
        error = {"error": {"code": code, "message": "This was refused."}}
        return ToolOutcome("refused", call.name, error, _step(call))

    def _note(self, call: ParsedCall, arguments: Arguments, result: str, reason: str | None = None) -> None:
        self.decisions.append(Decision(self.agent, call.name, arguments, result, reason))


def recorded_decisions(turn: RecordedTurn, who: Principal) -> list[Decision]:
    """The turn's own decisions, in order."""
    return [
        Decision(one.agent, one.tool, compared_arguments(one.tool, one.arguments, who), one.result, one.reason)
        for one in turn.calls
    ]


def _outcome(call: ParsedCall, recorded: RecordedCall, content: Mapping[str, Any]) -> ToolOutcome:
    match recorded.result:
        case "denied":
            return ToolOutcome("refused", call.name, content, _step(call))
        case "needs_approval":
            return ToolOutcome("waiting", call.name, content, _step(call), _CARD)
        case _:
            return ToolOutcome("failed" if recorded.failed else "done", call.name, content, _step(call))


def _step(call: ParsedCall) -> ToolStep:
    return ToolStep(call.call_id, call.name[:64], "done", "")


_CARD: Final = ApprovalCard("", "", (), datetime.fromtimestamp(0, UTC), 0)
"""It ends the turn as the recorded card did; it is on no screen and no button carries its id."""
