"""Erasing a customer and giving them a copy of their data, over every part that holds some of it."""

from ultracore.privacy.erasing import OpenErasure, finish_erasures, open_erasure
from ultracore.privacy.subject_access import SubjectAccess

__all__ = [
    "OpenErasure",
    "SubjectAccess",
    "finish_erasures",
    "open_erasure",
]
