"""Checks of the bank's own rules over books and record, every day and on the command line."""

from ultracore.compliance.daily import AGAIN_SECONDS, FIRST_SECONDS, DailyChecks
from ultracore.compliance.service import CHECKS, CheckOutcome, ComplianceChecks
from ultracore.compliance.values import RuleViolation

__all__ = [
    "AGAIN_SECONDS",
    "CHECKS",
    "FIRST_SECONDS",
    "CheckOutcome",
    "ComplianceChecks",
    "DailyChecks",
    "RuleViolation",
]
