"""A question whose turn failed, or whose card ran out, asked once more by a button instead of by typing it."""

from __future__ import annotations

import uuid

from ultracore.ai.tools import ToolClass
from ultracore.ai.tools.toolset import TOOLS
from ultracore.chat.page import wire
from ultracore.chat.page.stage import Stage
from ultracore.chat.page.wire import Wire

TRY_AGAIN = "Try again"
ASK_AGAIN = "Ask again"
"""On a card whose time is over: another card is shown then, and decides as every other."""
ACT_AT_ONCE = frozenset(
    tool.name for tool in TOOLS if tool.tool_class is not ToolClass.READ and not tool.tool_class.needs_approval
)
"""The tools that change something without a card."""
NOT_AGAIN = (
    "That question was asked again already, or the conversation has gone on since. Please type it if you still "
    "need an answer."
)
_PREFIX = "again:"
_SENT_AGAIN = uuid.UUID("6f0f6f5c-5a2e-4d8f-9a55-6d6b6f4c9d11")


def again_button(message_id: str, label: str, *, on: Wire) -> Wire:
    """The button that asks the question of this message again."""
    return wire.action("choose", label, {"key": f"{_PREFIX}{message_id}"}, on=on)


def is_again(key: str) -> bool:
    """True for the key of such a button."""
    return key.startswith(_PREFIX)


def question_of(stage: Stage, key: str) -> tuple[str, str] | None:
    """The question as the page shows it, masked, with the id that it is sent under; None if it is not there.

    The id follows from the message, so that the same question sent by two processes is taken up by one of them.
    """
    message_id = key.removeprefix(_PREFIX)
    said = stage.get(message_id)
    if said is None or said.wire.get("type") != "user_message":
        return None
    return str(uuid.uuid5(_SENT_AGAIN, message_id)), str(said.wire["output"])
