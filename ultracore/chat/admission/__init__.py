"""Who is served when many ask at once: a budget a person, and turns between persons."""

from ultracore.chat.admission.budget import Budget
from ultracore.chat.admission.fair_queue import FairQueue, QueueFull

__all__ = ["Budget", "FairQueue", "QueueFull"]
