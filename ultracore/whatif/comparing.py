"""Which decisions of a turn are other ones now. Wording is never compared, and neither is the order of calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from ultracore.ai.tools import Tool
from ultracore.ai.tools.toolset import TOOLS, hand_over
from ultracore.principal import Principal
from ultracore.whatif.values import Arguments, ChangeKind, Decision, DecisionChange

_TOOLS: Final[Mapping[str, Tool]] = {tool.name: tool for tool in TOOLS}
_WORDS: Final[Mapping[str, frozenset[str]]] = {hand_over.name: frozenset({"reason"})}
"""Arguments that only explain a call in the model's own words."""

_Fits = Callable[[Decision, Decision], bool]


def compared_arguments(name: str, arguments: Arguments, who: Principal) -> Arguments:
    """Arguments by what they mean: defaults filled in, amounts as numbers, without whom the call is about.

    An identity that is not the principal's stays: such a call is another one, and was refused.
    """
    tool = _TOOLS.get(name)
    if tool is None or isinstance(arguments, str):
        return arguments
    given = {key: value for key, value in arguments.items() if not _is_own(tool, key, value, who)}
    try:
        read = tool.arguments.model_validate(given)
    except ValidationError:
        return given
    values: dict[str, Any] = read.model_dump()
    left_out = _WORDS.get(name, frozenset()) | {key for key in tool.identity if values.get(key) is None}
    return {key: value for key, value in values.items() if key not in left_out}


def _is_own(tool: Tool, key: str, value: Any, who: Principal) -> bool:
    marker = tool.identity.get(key)
    return marker is not None and value in (None, getattr(who, marker.field))


def changes_of(
    before: Sequence[Decision], after: Sequence[Decision], *, whole: bool
) -> tuple[DecisionChange, ...]:
    """The decisions that are others now, each beside the one that it most likely stands for.

    Without `whole` the turn has ended early, and what was not reached is no change.
    """
    old, new = list(before), list(after)
    _paired(old, new, lambda one, other: one == other)
    found = [
        *((_kind(one, other), one, other) for one, other in _paired(old, new, _is_same_call)),
        *((_kind(one, other), one, other) for one, other in _paired(old, new, _is_same_tool)),
        *((_kind(one, other), one, other) for one, other in _paired(old, new, lambda *_: True)),
    ]
    changes = [DecisionChange(kind, one, other) for kind, one, other in found]
    changes += [DecisionChange("made now", None, other) for other in new]
    if whole:
        changes += [DecisionChange("not made now", one, None) for one in old]
    return tuple(changes)


def _is_same_call(one: Decision, other: Decision) -> bool:
    return (one.tool, one.arguments) == (other.tool, other.arguments)


def _is_same_tool(one: Decision, other: Decision) -> bool:
    return one.tool == other.tool


def _paired(old: list[Decision], new: list[Decision], fits: _Fits) -> list[tuple[Decision, Decision]]:
    """Take the pairs that fit out of both lists, in the order of the old one."""
    pairs = []
    for one in list(old):
        other = next((candidate for candidate in new if fits(one, candidate)), None)
        if other is not None:
            old.remove(one)
            new.remove(other)
            pairs.append((one, other))
    return pairs


def _kind(one: Decision, other: Decision) -> ChangeKind:
    """The first difference, in the order in which a call comes about."""
    if one.tool != other.tool:
        return "tool"
    if one.arguments != other.arguments:
        return "arguments"
    return "agent" if one.agent != other.agent else "decision"
