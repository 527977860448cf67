"""Opening and closing accounts, and the interest that closing pays out."""

from ultracore.banking.account_life.effects import effects as lifecycle_effects
from ultracore.banking.account_life.interest import DAY_COUNT, Accrual, InterestService
from ultracore.banking.account_life.service import LifecycleService

__all__ = [
    "DAY_COUNT",
    "Accrual",
    "InterestService",
    "LifecycleService",
    "lifecycle_effects",
]
