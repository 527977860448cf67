"""What a model's text becomes before it is shown and recorded."""

from ultracore.ai.answers.citations import EXPLAINED
from ultracore.ai.answers.controls import is_known_to_think_aloud
from ultracore.ai.answers.dates import Durations, utc_today
from ultracore.ai.answers.figures import amounts_said
from ultracore.ai.answers.gate import MOST_CHARACTERS, AnswerGate
from ultracore.ai.answers.sources import BANK, Sources, conversation
from ultracore.ai.answers.subset import Block, Item, Line, Paragraph, Table, read, text_of
from ultracore.ai.answers.writing import WITHHELD, markdown_of

__all__ = [
    "BANK",
    "EXPLAINED",
    "MOST_CHARACTERS",
    "WITHHELD",
    "AnswerGate",
    "Block",
    "Durations",
    "Item",
    "Line",
    "Paragraph",
    "Sources",
    "Table",
    "amounts_said",
    "conversation",
    "is_known_to_think_aloud",
    "markdown_of",
    "read",
    "text_of",
    "utc_today",
]
