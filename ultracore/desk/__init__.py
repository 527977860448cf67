"""The desk of supervisors and auditors: what needs a person, as pages."""

from ultracore.desk.judgements import read_scorecard
from ultracore.desk.opening import open_desk, waiting_room
from ultracore.desk.pages import desk_pages
from ultracore.desk.parts import DeskParts, DeskServer
from ultracore.desk.rules import read_queue_rules
from ultracore.desk.watching import QueueWatch

__all__ = [
    "DeskParts",
    "DeskServer",
    "QueueWatch",
    "desk_pages",
    "open_desk",
    "read_queue_rules",
    "read_scorecard",
    "waiting_room",
]
