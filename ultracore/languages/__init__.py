"""The six languages that customers are answered in: which one a message is in, and our own sentences in each."""

from ultracore.languages.catalogue import told
from ultracore.languages.dates import date_time
from ultracore.languages.detection import language_of
from ultracore.languages.retelling import original, retold
from ultracore.languages.values import ANSWER_IN, LANGUAGES, Language, answered_in, browser_language

__all__ = [
    "ANSWER_IN",
    "LANGUAGES",
    "Language",
    "answered_in",
    "browser_language",
    "date_time",
    "language_of",
    "original",
    "retold",
    "told",
]
