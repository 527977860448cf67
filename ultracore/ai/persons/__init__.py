"""The bank's own people in a conversation: the line of customers who wait, and who talks in Anya's place."""

from ultracore.ai.persons.hours import Hours
from ultracore.ai.persons.service import IDLE, Persons
from ultracore.ai.persons.waiting import WaitingRoom

__all__ = ["IDLE", "Hours", "Persons", "WaitingRoom"]
