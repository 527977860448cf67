"""A conversation as the bank's record has it, drawn again when Redis has nothing of it any more."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from ultracore.ai.profiles import picture_of
from ultracore.audit import ReplayItem
from ultracore.chat.page import wire
from ultracore.chat.page.markdown import receipt_link, table
from ultracore.chat.page.wire import Wire
from ultracore.markdown import BANK_MARK, as_markdown, inert

MARKED = frozenset({"receipt", "handoff", "card"})


def steps_of(conversation_id: str, items: Iterable[ReplayItem]) -> list[Wire]:
    """What was shown, as steps. Two processes that draw the same record give the steps the same ids."""
    return [_step(conversation_id, number, item) for number, item in enumerate(items)]


def _step(conversation_id: str, number: int, item: ReplayItem) -> Wire:
    if item.kind == "step":
        step = wire.tool_step(item.author, _text_of_call(item))
    elif item.kind == "message":
        step = wire.message(item.text, author=item.author, kind="user_message")
    else:
        step = wire.message(_text(item), author=item.author)
        step["metadata"] |= {"avatarName": picture_of(item.author.split()[0])}
        step["metadata"]["kind"] = "notice" if item.kind == "card" else item.kind
    at = item.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    name = f"{conversation_id}|{item.sequence}|{number}"
    step |= {"id": str(uuid.uuid5(uuid.NAMESPACE_OID, name)), "createdAt": at, "start": at, "end": at}
    step["metadata"] |= wire.figures_link(conversation_id, step) if item.kind == "answer" else {}
    return step | {"isError": item.kind == "error" or item.status == "failed"}


def _text(item: ReplayItem) -> str:
    if item.kind in ("answer", "care"):
        return item.text
    mark = f"{BANK_MARK} " if item.kind in MARKED else ""
    link = receipt_link(item.text) if item.kind == "receipt" else ""
    return mark + "\n\n".join(
        [*(as_markdown(line) for line in item.text.splitlines() if line), *filter(None, [link])]
    )


def _text_of_call(item: ReplayItem) -> str:
    parts: Sequence[str] = [inert(item.text)]
    if item.table:
        parts = [*parts, table(item.table)]
    if item.links:
        parts = [*parts, " · ".join(f"[{inert(label)}]({path})" for label, path in item.links)]
    return "\n\n".join(parts)
