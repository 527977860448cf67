"""A look at a customer's data, worded."""

from __future__ import annotations

from typing import TypedDict

from ultracore.audit.reports import Viewing
from ultracore.wording import when_text


class ViewingResult(TypedDict):
    """One look. `what` is a sentence; `reason` is what the member of staff stated, or null."""

    time: str
    when: str
    who: str
    what: str
    reason: str | None


def viewing_result(viewing: Viewing) -> ViewingResult:
    """One look, worded."""
    return ViewingResult(
        time=viewing.time.isoformat(),
        when=when_text(viewing.time),
        who=f"{viewing.who} (at the bank's servers)" if viewing.at_server else f"{viewing.who} (staff)",
        what=what(viewing),
        reason=viewing.reason,
    )


def what(viewing: Viewing) -> str:
    if viewing.everything:
        return "Exported all recorded conversations of the bank"
    match viewing.kind:
        case "read":
            return f"Read your data ({viewing.action.replace('_', ' ')})"
        case "conversation":
            return "Opened a recorded conversation about you"
        case "export":
            return "Exported a recorded conversation about you"
