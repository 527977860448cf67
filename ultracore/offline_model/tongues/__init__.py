"""What the demo model says in languages other than English: little, and that it is little."""

from ultracore.offline_model.tongues.dialogue import answer_foreign
from ultracore.offline_model.tongues.phrasebook import phrasebook

__all__ = ["answer_foreign", "phrasebook"]
