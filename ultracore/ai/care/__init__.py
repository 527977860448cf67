"""People in need: found by code before any model, given a fixed text with numbers from a file of the bank."""

from ultracore.ai.care.helplines import CareBook, read_care_file
from ultracore.ai.care.person import PersonWish, find_wish, person_text
from ultracore.ai.care.service import WITHIN, Care, CareDesk
from ultracore.ai.care.values import CareKind, Language, Need

__all__ = [
    "WITHIN",
    "Care",
    "CareBook",
    "CareDesk",
    "CareKind",
    "Language",
    "Need",
    "PersonWish",
    "find_wish",
    "person_text",
    "read_care_file",
]
