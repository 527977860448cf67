"""Cards, incidents and the signs of a scam."""

from ultracore.banking.safety import scam
from ultracore.banking.safety.cards import CardsService
from ultracore.banking.safety.cards import effects as card_effects
from ultracore.banking.safety.incident_desk import (
    IncidentChange,
    IncidentChanged,
    IncidentDesk,
    IncidentFile,
    IncidentLink,
    LinkKind,
)
from ultracore.banking.safety.incidents import IncidentsService
from ultracore.banking.safety.incidents import effects as incident_effects
from ultracore.banking.safety.protection import effects as protection_effects
from ultracore.banking.safety.protection import protection_terms

__all__ = [
    "CardsService",
    "IncidentChange",
    "IncidentChanged",
    "IncidentDesk",
    "IncidentFile",
    "IncidentLink",
    "IncidentsService",
    "LinkKind",
    "card_effects",
    "incident_effects",
    "protection_effects",
    "protection_terms",
    "scam",
]
