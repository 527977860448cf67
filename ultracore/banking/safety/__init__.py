"""Cards, incidents and the signs of a scam."""

from ultracore.banking.safety.cards import CardsService
from ultracore.banking.safety.incidents import IncidentsService

__all__ = [
    "CardsService",
    "IncidentsService",
]
