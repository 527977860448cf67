"""What is compared: the decisions of a recorded turn, and those of the same turn played again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Arguments = Mapping[str, Any] | str
ChangeKind = Literal["agent", "tool", "arguments", "decision", "made now", "not made now"]

UNRECORDED: Final = "no recorded result"
"""In place of a decision, for a call of which the record does not say how it would have ended."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One call and what was decided about it: `allowed`, `needs_approval`, `denied` with a `reason`.

    `arguments` are as they are compared. Without a `tool` it is the agent's turn to answer itself.
    """

    agent: str
    tool: str
    arguments: Arguments
    result: str
    reason: str | None = None

    def told(self) -> dict[str, Any]:
        """As JSON-able values, but for the values of the arguments."""
        arguments = self.arguments if isinstance(self.arguments, str) else dict(self.arguments)
        decision = self.result if self.reason is None else f"{self.result}: {self.reason}"
        return {"agent": self.agent, "tool": self.tool, "arguments": arguments, "decision": decision}


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A call on the record. `arguments` are as the model wrote them, masked.

    `content` is what the model was told of its end; None if the record does not say.
    """

    call_id: str
    agent: str
    tool: str
    arguments: Arguments
    result: str
    reason: str | None
    content: Mapping[str, Any] | None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class RecordedTurn:
    """A turn that a model answered: what it started from, who was asked first, and the calls that were made.

    `number` counts the person's messages from 1. `cut` names what ended the turn before its own end, if anything.
    """

    number: int
    turn_id: str
    reference: str
    text: str
    agent: str
    history: tuple[Mapping[str, Any], ...]
    calls: tuple[RecordedCall, ...]
    cut: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedConversation:
    """A customer's conversation. `messages` counts all of the person's, also those that no model answered."""

    conversation_id: str
    tenant_id: str
    user_id: str
    customer_id: str
    messages: int
    turns: tuple[RecordedTurn, ...]


@dataclass(frozen=True, slots=True)
class DecisionChange:
    """A decision that is another one now; `before` or `after` is None for one that was not made."""

    kind: ChangeKind
    before: Decision | None
    after: Decision | None


@dataclass(frozen=True, slots=True)
class ComparedTurn:
    """`not_comparable` is why the turn could not be played to its end, if it could not."""

    turn: RecordedTurn
    changes: tuple[DecisionChange, ...]
    not_comparable: str | None = None


@dataclass(frozen=True, slots=True)
class ComparedConversation:
    """`unusable` says why, and at which place of the record, a conversation could not be played at all."""

    conversation_id: str
    messages: int
    turns: tuple[ComparedTurn, ...] = ()
    unusable: str | None = None
