"""What the bank's record knows of people's conversations, for when Redis has lost it, and for searches."""

from ultracore.ai.recall.own_words import OwnWords
from ultracore.ai.recall.service import Recall

__all__ = ["OwnWords", "Recall"]
