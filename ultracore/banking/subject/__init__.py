"""One customer in the ledger's database: the copy for them, and forgetting their words."""

from ultracore.banking.subject.data import data_of_customer
from ultracore.banking.subject.forgetting import forget_words, known_by, tenants_of

__all__ = [
    "data_of_customer",
    "forget_words",
    "known_by",
    "tenants_of",
]
