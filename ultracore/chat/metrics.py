"""What the chat counts. No label holds anything of a person."""

from __future__ import annotations

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class ChatMetrics:
    """The chat's own numbers, in a registry of their own: Chainlit's hot reload would register them twice."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.turns = Histogram(
            "ultracore_chat_turn_seconds", "Time from a message to the end of its turn", registry=self._registry
        )
        self.failures = Counter(
            "ultracore_chat_failures",
            "What the boundary turned into a sentence",
            ["where"],
            registry=self._registry,
        )
        self.pages = Gauge(
            "ultracore_chat_pages", "Pages that are known, connected or not", registry=self._registry
        )

    def text(self) -> bytes:
        """These and the process's own, as Prometheus reads them."""
        return generate_latest(REGISTRY) + generate_latest(self._registry)
