"""What the bank's record knows of people's conversations, for when Redis has lost it."""

from ultracore.ai.recall.service import Recall

__all__ = ["Recall"]
