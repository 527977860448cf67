"""People whom a host's page does not know: product information and opening hours, and nothing of anybody's."""

from ultracore.widget.visitors.service import GREETING, LONGEST, NOTICE, TOPICS, VisitorAnswer, VisitorDesk
from ultracore.widget.visitors.tokens import WidgetVisit

__all__ = ["GREETING", "LONGEST", "NOTICE", "TOPICS", "VisitorAnswer", "VisitorDesk", "WidgetVisit"]
