"""What a model's text becomes before it is shown and recorded."""

from ultracore.ai.answers.citations import EXPLAINED
from ultracore.ai.answers.controls import is_known_to_think_aloud
from ultracore.ai.answers.dates import Durations, utc_today
from ultracore.ai.answers.figures import Figure, amounts_said, figures_in
from ultracore.ai.answers.gate import MOST_CHARACTERS, AnswerGate
from ultracore.ai.answers.sentences import sentences_in
from ultracore.ai.answers.sources import BANK, SENTENCES, Sources, conversation, kind_of
from ultracore.ai.answers.subset import Block, Item, Line, Paragraph, Table, read, text_of
from ultracore.ai.answers.writing import WITHHELD, markdown_of

__all__ = [
    "BANK",
    "EXPLAINED",
    "MOST_CHARACTERS",
    "SENTENCES",
    "WITHHELD",
    "AnswerGate",
    "Block",
    "Durations",
    "Figure",
    "Item",
    "Line",
    "Paragraph",
    "Sources",
    "Table",
    "amounts_said",
    "conversation",
    "figures_in",
    "is_known_to_think_aloud",
    "kind_of",
    "markdown_of",
    "read",
    "sentences_in",
    "text_of",
    "utc_today",
]
