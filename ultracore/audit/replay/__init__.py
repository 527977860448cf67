"""A recorded conversation as items, as lines and as an export."""

from ultracore.audit.replay.export import export_lines, export_page, json_line
from ultracore.audit.replay.items import ReplayItem, items_of
from ultracore.audit.replay.lines import ASSISTANT, RECORD, Shown, replay, shown_as
from ultracore.audit.replay.service import ConversationReplay, ReplayApproval, in_order

__all__ = [
    "ASSISTANT",
    "RECORD",
    "ConversationReplay",
    "ReplayApproval",
    "ReplayItem",
    "Shown",
    "export_lines",
    "export_page",
    "in_order",
    "items_of",
    "json_line",
    "replay",
    "shown_as",
]
