"""Which agent a message belongs to: a local classifier, no network."""

from ultracore.ai.routing.features import features, words
from ultracore.ai.routing.service import Route, Router

__all__ = [
    "Route",
    "Router",
    "features",
    "words",
]
