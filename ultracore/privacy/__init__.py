"""Erasing a customer and giving them a copy of their data, over every part that holds some of it."""

from ultracore.privacy.erasing import Erasing, finish_erasures, open_erasing
from ultracore.privacy.subject_access import SubjectAccess

__all__ = [
    "Erasing",
    "SubjectAccess",
    "finish_erasures",
    "open_erasing",
]
