"""Payees of customers: finding them, adding them, their cooling-off."""

from ultracore.banking.payees import cooling_off
from ultracore.banking.payees.adding import PayeeProposals
from ultracore.banking.payees.adding import effects as payee_effects
from ultracore.banking.payees.lookalikes import look_alike, shapes
from ultracore.banking.payees.reading import read_name
from ultracore.banking.payees.service import PayeesService, fold_name, resolve

__all__ = [
    "PayeeProposals",
    "PayeesService",
    "cooling_off",
    "fold_name",
    "look_alike",
    "payee_effects",
    "read_name",
    "resolve",
    "shapes",
]
