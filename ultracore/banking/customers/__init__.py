"""Customers and the products that hang on their accounts."""

from ultracore.banking.customers.service import CustomersService

__all__ = [
    "CustomersService",
]
