"""The fraud rules and the checks that use them."""

from ultracore.banking.fraud.activity import DAYS, Activity, ActivityService
from ultracore.banking.fraud.detection import Asked, Examination, FraudService
from ultracore.banking.fraud.service import RiskService

__all__ = [
    "DAYS",
    "Activity",
    "ActivityService",
    "Asked",
    "Examination",
    "FraudService",
    "RiskService",
]
