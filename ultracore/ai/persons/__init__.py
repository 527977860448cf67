"""The bank's own people in a conversation: the line of customers who wait, and who talks in Anya's place."""

from ultracore.ai.persons.hours import Hours

__all__ = ["Hours"]
