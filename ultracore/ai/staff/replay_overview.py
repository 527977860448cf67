"""A replay for the eye: what happened when, and above it who decided what, and how long people waited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ultracore.ai.staff.shown_again import gathered, line_of
from ultracore.audit.replay import RECORD, ConversationReplay, ReplayApproval, ReplayItem, shown_as
from ultracore.markdown import Markdown, inert

MOST_ROWS = 20
CUT = "*(cut off here)*"

Rows = Sequence[Sequence[str]]


def pages_of(items: Iterable[ReplayItem]) -> Iterator[Markdown]:
    """The items with their times, in messages of a bounded size."""
    return gathered(timed_line(item) for item in items)


def timed_line(item: ReplayItem) -> str:
    """One item, and when it was, counted from the conversation's beginning."""
    line = line_of(shown_as(item))
    if item.author == RECORD:
        return f"{line} · +{clock(item.offset)}"
    after = "\n\n" if line.endswith("|") else " "
    return f"+{clock(item.offset)} {line}{after + CUT if item.interrupted else ''}"


def overview_of(replay: ConversationReplay) -> Markdown:
    """Figures, cards and refusals of a conversation, as tables."""
    parts = [_table(("What", "How much"), list(_figures(replay)))]
    if replay.approvals:
        head = ("Asked for", "At", "Ended", "By", "Open for")
        parts.append(_table(head, [_approval(replay, one) for one in replay.approvals[:MOST_ROWS]]))
    if replay.denials:
        denied = [(f"+{clock(one.offset)}", one.tool, one.reason or "-") for one in replay.denials[:MOST_ROWS]]
        parts.append(_table(("Refused at", "Tool", "Reason"), denied))
    return Markdown("\n\n".join(parts))


def clock(seconds: float) -> str:
    """`0:07.5`, `12:03.0`, `1:02:03.0`."""
    # Rounded first: otherwise 59.97 seconds would be shown as `0:60.0`.
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    ending = f"{rest // 10:02d}.{rest % 10}"
    return f"{hours}:{minutes:02d}:{ending}" if hours else f"{minutes}:{ending}"


def _figures(replay: ConversationReplay) -> Iterator[tuple[str, str]]:
    found = replay.summary()
    yield (
        "Lasted",
        f"{clock(found['seconds'])}, {found['turns']} turns, longest pause {clock(found['longest_pause'])}",
    )
    if found["median_first_piece"] is not None:
        first, longest = clock(found["median_first_piece"]), clock(found["longest_first_piece"])
        yield "First words of an answer", f"after {first} (median), {longest} at most"
    yield "Tool decisions", f"{found['decisions']}, of which {found['denials']} refused"
    yield "Cards", f"{found['approvals']}, of which {found['approvals_given']} approved"
    beside = ("guardrails", "handoffs", "stops", "failures", "interrupted", "feedback")
    yield "Beside it", ", ".join(f"{name} {found[name]}" for name in beside)


def _approval(replay: ConversationReplay, one: ReplayApproval) -> tuple[str, ...]:
    asked = (one.requested_at - replay.began_at).total_seconds()
    ending = one.ending if one.reason is None else f"{one.ending} ({one.reason})"
    still = "-" if one.seconds_open is None else clock(one.seconds_open)
    return one.tool, f"+{clock(asked)}", ending, ", ".join(one.by) or "nobody", still


def _table(head: Sequence[str], rows: Rows) -> str:
    # Every cell is inert: reasons and tool names in a record may have been written by a model.
    lines = [head, ["---"] * len(head), *([inert(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
