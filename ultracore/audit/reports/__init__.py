"""Reports over the record, and who looked at a customer."""

from ultracore.audit.reports.service import ComplianceReporter
from ultracore.audit.reports.viewings import DOWNLOAD, Viewing, Viewings

__all__ = [
    "DOWNLOAD",
    "ComplianceReporter",
    "Viewing",
    "Viewings",
]
