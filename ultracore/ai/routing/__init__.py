"""Which agent a message belongs to: a local classifier, no network."""

from ultracore.ai.routing.service import Route, Router

__all__ = [
    "Route",
    "Router",
]
