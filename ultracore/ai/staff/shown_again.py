"""A recorded conversation as lines that a page can draw: what was shown, and beside it what was decided."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ultracore.ai.answers import markdown_of, read
from ultracore.audit import StreamInfo
from ultracore.audit.replay import Shown
from ultracore.markdown import Markdown, as_markdown, inert, inert_lines
from ultracore.wording import when_text

LINES_A_MESSAGE = 20
MAX_MESSAGE = 6_000

_BOLD = re.compile(r"\\\*\\\*(.+?)\\\*\\\*")
_STANDS_ALONE = re.compile(r"\||- |\d+\. ")
_OF_A_MODEL = "answer"


def line_of(shown: Shown) -> str:
    """One thing on the screen, or one decision. An answer looks again as the customer saw it."""
    if shown.author == "record":
        codes = shown.text.removeprefix(shown.kind).strip()
        return f"> *{inert(shown.kind)}*: {inert(codes)}"
    kind = "" if shown.kind in ("message", _OF_A_MODEL) else f" ({inert(shown.kind)})"
    return f"**{inert(shown.author)}**{kind}:{_words(shown)}"


def _words(shown: Shown) -> str:
    """What was said, reduced once more: a record may be older than the rules of today."""
    if shown.kind == _OF_A_MODEL:
        answer = markdown_of(read(shown.text))
        return f"\n\n{answer}" if _STANDS_ALONE.match(answer) else f" {answer}"
    if shown.kind == "message":
        return f" {inert_lines(shown.text)}"
    bold = _BOLD.sub(r"**\1**", as_markdown(shown.text))
    return f" {bold}"


def gathered(told: Iterable[str]) -> Iterator[Markdown]:
    """Lines in messages of a bounded size, so that a long conversation does not freeze the page."""
    lines: list[str] = []
    for line in told:
        if lines and (len(lines) == LINES_A_MESSAGE or sum(map(len, lines)) + len(line) > MAX_MESSAGE):
            yield Markdown("\n\n".join(lines))
            lines = []
        lines.append(line)
    if lines:
        yield Markdown("\n\n".join(lines))


def list_of(streams: Sequence[StreamInfo]) -> Markdown:
    """Conversations as a table, in the order given."""
    head = "| Last message | Who | Customer | Events | Conversation |\n| --- | --- | --- | --- | --- |"
    rows = (
        f"| {when_text(one.last_at)} | {inert(one.user_id or '-')} | {inert(one.customer_id or '-')} "
        f"| {one.events} | {inert(one.stream_id)} |"
        for one in streams
    )
    return Markdown("\n".join([head, *rows]))


def label_of(stream: StreamInfo) -> str:
    """A conversation's button."""
    return f"{when_text(stream.last_at)} · {stream.user_id or stream.customer_id or '-'}"
