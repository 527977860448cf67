"""Portfolios: what is held, how it is spread, how it did."""

from ultracore.banking.wealth.information import GENERAL_ADVICE_WARNING, PAST_PERFORMANCE, about
from ultracore.banking.wealth.service import WealthService
from ultracore.banking.wealth.values import ASSET_CLASSES, Period, Position, Profile, Slice

__all__ = [
    "ASSET_CLASSES",
    "GENERAL_ADVICE_WARNING",
    "PAST_PERFORMANCE",
    "Period",
    "Position",
    "Profile",
    "Slice",
    "WealthService",
    "about",
]
