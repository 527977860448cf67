"""Publishing the record to Kafka. The face has the configuration; what speaks to a broker is imported by path."""

from ultracore.audit.kafka.config import KafkaConfig, connection_arguments

__all__ = [
    "KafkaConfig",
    "connection_arguments",
]
