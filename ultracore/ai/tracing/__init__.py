"""The origin of each figure of an answer: the tool call, the place in its result, or the person's own words."""

from ultracore.ai.tracing.record import Answer, answers_in, sources_before
from ultracore.ai.tracing.tracing import traced
from ultracore.ai.tracing.values import FigureOrigin, LookUp, OwnMessage, ResultPlace, TracedFigure

__all__ = [
    "Answer",
    "FigureOrigin",
    "LookUp",
    "OwnMessage",
    "ResultPlace",
    "TracedFigure",
    "answers_in",
    "sources_before",
    "traced",
]
