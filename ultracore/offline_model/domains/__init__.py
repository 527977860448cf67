"""One module a domain: what its customers ask for, what has to be known, and how the answer is worded."""

from ultracore.offline_model.domains import (
    accounts,
    lending,
    not_here,
    outlook,
    payments,
    privacy,
    security,
    spending,
    wealth,
)
from ultracore.offline_model.domains.lending import purpose_in

__all__ = [
    "accounts",
    "lending",
    "not_here",
    "outlook",
    "payments",
    "privacy",
    "purpose_in",
    "security",
    "spending",
    "wealth",
]
