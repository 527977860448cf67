"""Reports over the record, and who looked at a customer."""

from ultracore.audit.reports.conversations import AnswerFigures, ConversationFigures, ConversationReporter, as_json
from ultracore.audit.reports.service import ComplianceReporter
from ultracore.audit.reports.viewings import DOWNLOAD, Viewing, Viewings

__all__ = [
    "DOWNLOAD",
    "AnswerFigures",
    "ComplianceReporter",
    "ConversationFigures",
    "ConversationReporter",
    "Viewing",
    "Viewings",
    "as_json",
]
