"""What a customer may want next after an answer: the questions that its tools suggest."""

from __future__ import annotations

from collections.abc import Sequence

from ultracore.ai.tools import Suggestion, ToolOutcome

MOST = 2


def follow_ups(outcomes: Sequence[ToolOutcome], answer: str) -> tuple[Suggestion, ...]:
    """At most two, best first, after the last tool of a turn that did what it was asked for; none after an answer
    that asks something itself.
    """
    if not outcomes or outcomes[-1].status != "done" or "?" in answer:
        return ()
    ran = {outcome.tool for outcome in outcomes}
    return tuple(one for one in outcomes[-1].suggestions if one.tool not in ran)[:MOST]
