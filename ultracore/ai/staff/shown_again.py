"""A recorded conversation as lines that a page can draw: what was shown, and beside it what was decided."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ultracore.audit import StreamInfo
from ultracore.audit.replay import Shown
from ultracore.wording import when_text

LINES_A_MESSAGE = 20
MAX_MESSAGE = 6_000

# What could open Markdown: somebody else's words must not become a link, a picture or a table on this page.
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~#!])")
_BOLD = re.compile(r"\\\*\\\*(.+?)\\\*\\\*")


def quoted(text: str) -> str:
    """`text` so that Markdown shows it as it is; its lines stay lines."""
    return "\n".join(_SPECIAL.sub(r"\\\1", line) for line in text.splitlines())


def line_of(shown: Shown) -> str:
    """One thing on the screen, or one decision. Bold in an answer is bold again, as the customer saw it."""
    if shown.author == "record":
        codes = shown.text.removeprefix(shown.kind).strip()
        return f"> *{quoted(shown.kind)}*: {quoted(codes)}"
    words = quoted(shown.text)
    if shown.kind != "message":
        words = _BOLD.sub(r"**\1**", words)
    kind = "" if shown.kind in ("message", "answer") else f" ({quoted(shown.kind)})"
    return f"**{quoted(shown.author)}**{kind}: {words}"


def gathered(told: Iterable[str]) -> Iterator[str]:
    """Lines in messages of a bounded size, so that a long conversation does not freeze the page."""
    lines: list[str] = []
    for line in told:
        if lines and (len(lines) == LINES_A_MESSAGE or sum(map(len, lines)) + len(line) > MAX_MESSAGE):
            yield "\n\n".join(lines)
            lines = []
        lines.append(line)
    if lines:
        yield "\n\n".join(lines)


def list_of(streams: Sequence[StreamInfo]) -> str:
    """Conversations as a table, in the order given."""
    head = "| Last message | Who | Customer | Events | Conversation |\n| --- | --- | --- | --- | --- |"
    rows = (
        f"| {when_text(one.last_at)} | {quoted(one.user_id or '-')} | {quoted(one.customer_id or '-')} "
        f"| {one.events} | {quoted(one.stream_id)} |"
        for one in streams
    )
    return "\n".join([head, *rows])


def label_of(stream: StreamInfo) -> str:
    """A conversation's button."""
    return f"{when_text(stream.last_at)} · {stream.user_id or stream.customer_id or '-'}"
