"""What to expect of a customer's accounts: payments that come again, and what is left until the next pay."""

from ultracore.banking.outlook.regular import Regular, regular_of
from ultracore.banking.outlook.service import MONTHS, Affordability, OutlookService

__all__ = ["MONTHS", "Affordability", "OutlookService", "Regular", "regular_of"]
