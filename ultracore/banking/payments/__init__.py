"""How a payment would travel, what it costs and when it arrives."""

from ultracore.banking.payments.service import PaymentQuote, PaymentWish, RoutesService
from ultracore.banking.payments.table import DEFAULT_TABLE, RouteTable

__all__ = [
    "DEFAULT_TABLE",
    "PaymentQuote",
    "PaymentWish",
    "RouteTable",
    "RoutesService",
]
