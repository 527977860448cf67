"""Where the relay publishes, and how it signs in there. Loads no Kafka client."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaConfig:
    """Kafka's own names and meanings. The defaults are a broker on a network that is trusted."""

    bootstrap_servers: str
    topic: str = "ultracore.audit"
    heads_topic: str = "ultracore.audit.heads"
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    ssl_cafile: Path | None = None
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
