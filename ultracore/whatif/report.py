"""What a run found: a table of changed decisions with a diff each, or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ultracore.whatif.values import ComparedConversation, ComparedTurn, Decision, DecisionChange


@dataclass(frozen=True, slots=True)
class WhatIfReport:
    """The conversations of a run, in the order in which they were played. `instead` says what was in place."""

    instead: Mapping[str, str | None]
    conversations: Sequence[ComparedConversation]

    @property
    def changes(self) -> int:
        """How many decisions are others now."""
        return sum(len(turn.changes) for turn in self._turns())

    def summary(self) -> dict[str, int]:
        """The figures of the run."""
        turns = list(self._turns())
        usable = [one for one in self.conversations if one.unusable is None]
        return {
            "conversations": len(usable),
            "conversations_not_played": len(self.conversations) - len(usable),
            "turns": len(turns),
            "turns_without_model": sum(one.messages for one in usable) - len(turns),
            "turns_changed": sum(bool(turn.changes) for turn in turns),
            "turns_not_comparable": sum(turn.not_comparable is not None for turn in turns),
            "decisions_changed": self.changes,
        }

    def as_json(self) -> dict[str, Any]:
        """The whole as JSON-able values."""
        played = [_conversation(one) for one in self.conversations]
        found: dict[str, Any] = _plain({**self.summary(), "conversations_played": played})
        return {"instead": dict(self.instead), **found}

    def as_text(self) -> str:
        """A line a changed decision, its diff below; then what could not be compared, and the figures."""
        lines = [line for one in self.conversations for turn in one.turns for line in _rows(one, turn)]
        told = self.summary()
        lines += [
            f"{told['conversations']} conversations with {told['turns']} turns of a model were played again: "
            f"{told['decisions_changed']} changed decisions in {told['turns_changed']} turns, "
            f"{told['turns_not_comparable']} turns not comparable to their end.",
            f"Not played: {told['turns_without_model']} turns that no model answered, "
            f"{told['conversations_not_played']} conversations.",
        ]
        for one in self.conversations:
            if one.unusable is not None:
                lines.append(f"  {one.conversation_id}: {printable(one.unusable)}")
        return "\n".join(lines)

    def _turns(self) -> Iterator[ComparedTurn]:
        return (turn for one in self.conversations for turn in one.turns)


def _rows(conversation: ComparedConversation, compared: ComparedTurn) -> Iterator[str]:
    turn = compared.turn
    place = f"{conversation.conversation_id}  message {turn.number}  Ref {turn.reference}"
    for change in compared.changes:
        yield f"{place}  {change.kind}: {_short(change.before)} → {_short(change.after)}"
        yield from _diff(change)
    if compared.not_comparable is not None:
        yield f"{place}  not comparable: {compared.not_comparable}"


def _short(decision: Decision | None) -> str:
    if decision is None:
        return "no call"
    told = decision.told()
    return printable(f"{told['agent']} {told['tool'] or 'agent'} ({told['decision']})")


def _diff(change: DecisionChange) -> Iterator[str]:
    """What differs, a line a value: as before with a minus, as now with a plus."""
    before, after = _values(change.before), _values(change.after)
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield from (f"    - {name}: {before[name]}" for _ in range(name in before))
            yield from (f"    + {name}: {after[name]}" for _ in range(name in after))


def _values(decision: Decision | None) -> dict[str, str]:
    """A decision as named texts, each argument one of them."""
    if decision is None:
        return {}
    told = decision.told()
    arguments = told.pop("arguments")
    named = arguments if isinstance(arguments, Mapping) else {"": arguments}
    shown = {f"arguments.{name}".rstrip("."): value for name, value in named.items()}
    return {
        printable(name): printable(json.dumps(_plain(value), ensure_ascii=False))
        for name, value in {**told, **shown}.items()
        if value not in ("", None)
    }


def _conversation(one: ComparedConversation) -> dict[str, Any]:
    turns = [
        {
            "message": compared.turn.number,
            "turn_id": compared.turn.turn_id,
            "reference": compared.turn.reference,
            "not_comparable": compared.not_comparable,
            "changes": [
                {
                    "kind": change.kind,
                    "before": None if change.before is None else change.before.told(),
                    "after": None if change.after is None else change.after.told(),
                }
                for change in compared.changes
            ],
        }
        for compared in one.turns
    ]
    return {"conversation_id": one.conversation_id, "not_played": one.unusable, "turns": turns}


def _plain(value: Any) -> Any:
    """`value` for JSON: an amount as its text, without the zeros at its end."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value if isinstance(value, str | int | bool | None) else str(value)


def printable(text: str) -> str:
    """A text of a model on a terminal: on one line, and nothing in it that a terminal would carry out."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
