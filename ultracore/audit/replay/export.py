"""Exports: events exactly as published, with what was sealed laid beside them for those who may see it."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator
from string import Template
from typing import Final

from ultracore.audit.canonical import canonical, escaped, strict_object
from ultracore.audit.events import AuditEvent, wire_time
from ultracore.audit.replay.lines import replay
from ultracore.audit.store import RecordReader, StoredEvent
from ultracore.errors import AuditUnavailable

_REFERENCES: Final = {0x2028: "&#x2028;", 0x2029: "&#x2029;"}
"""The same characters to a browser, and none that ends a line of the file for a program that reads lines."""

_PAGE: Final = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>$title</title><style>
body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
li{margin:.6rem 0;list-style:none;white-space:pre-wrap}
b{display:block;color:#444;font-size:.85rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.75rem;background:#f4f4f4;padding:.6rem}
</style></head><body><h1>$title</h1><h2>Conversation</h2><ul>
$conversation
</ul><h2>Events</h2>
$events
</body></html>
""")


def export_lines(reader: RecordReader, stored: Iterable[StoredEvent], *, reveal: bool = True) -> Iterator[bytes]:
    """Events as published, one JSON object a line; with `reveal` what the keys here open lies beside.

    A line is the canonical JSON but for U+0085, U+2028 and U+2029: they are escaped, so that no text ends a line.
    """
    for event in stored:
        # From the stored bytes and not from the parsed event, because those are what the hash was made of.
        published = event.published()
        if reveal:
            try:
                wire = strict_object(published)
                opened = reader.revealed(wire)
            except (ValueError, KeyError) as exc:
                place = f"{event.stream_id} {event.sequence}"
                raise AuditUnavailable(
                    f"event {place} was altered and cannot be read", code="audit.altered"
                ) from exc
            if opened is not None:
                published = canonical({**wire, "revealed": opened.to_dict()})
        yield escaped(published) + b"\n"


def json_line(value: object) -> str:
    """JSON that is one line for every reader, with any text in it."""
    return escaped(json.dumps(value, ensure_ascii=False).encode()).decode()


def export_page(title: str, events: list[AuditEvent], lines: Iterable[bytes]) -> str:
    """One conversation as a self-contained page: as staff see it, then the events themselves."""
    shown = "\n".join(
        f"<li><b>{html.escape(item.author)} · {html.escape(item.kind)}</b>{html.escape(item.text)}</li>"
        for item in replay(events, "staff")
    )
    times = (f"<h3>{event.sequence} · {wire_time(event.timestamp)} · {event.event_type}</h3>" for event in events)
    raw = (f"<pre>{html.escape(line.decode())}</pre>" for line in lines)
    pairs = "\n".join(f"{time}{body}" for time, body in zip(times, raw, strict=True))
    page = _PAGE.substitute(title=html.escape(title), conversation=shown, events=pairs)
    return page.translate(_REFERENCES)
