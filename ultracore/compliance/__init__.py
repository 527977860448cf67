"""Checks of the bank's own rules over books and record, every day and on the command line."""

from ultracore.compliance.daily import DailyChecks
from ultracore.compliance.service import CHECKS, CheckOutcome, ComplianceChecks
from ultracore.compliance.values import RuleViolation

__all__ = ["CHECKS", "CheckOutcome", "ComplianceChecks", "DailyChecks", "RuleViolation"]
