"""The widget's frame: the same page below `/widget`, with a cookie, a socket and a policy of its own."""

from ultracore.chat.frame.approving import APPROVE, ApprovalPages, ApprovalParts
from ultracore.chat.frame.doors import WIDGET_ROOT, Doors
from ultracore.chat.frame.launches import Launches
from ultracore.chat.frame.pages import FramePages, WidgetFiles, loader_version
from ultracore.chat.frame.visits import Visits

__all__ = [
    "APPROVE",
    "WIDGET_ROOT",
    "ApprovalPages",
    "ApprovalParts",
    "Doors",
    "FramePages",
    "Launches",
    "Visits",
    "WidgetFiles",
    "loader_version",
]
