"""What to expect of a customer's accounts: payments that come again, and what is left until the next pay."""

from ultracore.banking.outlook.facts_service import PaymentFactsService
from ultracore.banking.outlook.payment_facts import ADDED, HISTORY, UNTIL_PAY
from ultracore.banking.outlook.regular import Regular, regular_of
from ultracore.banking.outlook.service import MONTHS, Affordability, OutlookService

__all__ = [
    "ADDED",
    "HISTORY",
    "MONTHS",
    "UNTIL_PAY",
    "Affordability",
    "OutlookService",
    "PaymentFactsService",
    "Regular",
    "regular_of",
]
