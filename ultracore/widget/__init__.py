"""The widget on the bank's own pages: which sites may show it, and whom their signatures sign in."""

from ultracore.widget.codes import AUDIENCE, TokenReader, challenge_of
from ultracore.widget.errors import LaunchRefused
from ultracore.widget.hosts import WidgetHosts, read_hosts
from ultracore.widget.service import IDLE_SECONDS, Launch, Widget
from ultracore.widget.sessions import WidgetSessions
from ultracore.widget.tickets import GOOD_FOR, ApprovalTicket, ApprovalTickets, TicketRefused, TicketStep

__all__ = [
    "AUDIENCE",
    "GOOD_FOR",
    "IDLE_SECONDS",
    "ApprovalTicket",
    "ApprovalTickets",
    "Launch",
    "LaunchRefused",
    "TicketRefused",
    "TicketStep",
    "TokenReader",
    "Widget",
    "WidgetHosts",
    "WidgetSessions",
    "challenge_of",
    "read_hosts",
]
