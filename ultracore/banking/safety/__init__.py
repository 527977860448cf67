"""Cards, incidents and the signs of a scam."""

from ultracore.banking.safety import scam
from ultracore.banking.safety.cards import CardsService
from ultracore.banking.safety.cards import effects as card_effects
from ultracore.banking.safety.incidents import IncidentsService
from ultracore.banking.safety.incidents import effects as incident_effects

__all__ = [
    "CardsService",
    "IncidentsService",
    "card_effects",
    "incident_effects",
    "scam",
]
