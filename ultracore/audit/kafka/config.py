"""Kafka as the record uses it: servers, sign-in, and what its topics must be. Loads no Kafka client.

Any aiokafka client (producer, consumer, admin) takes `**connection_arguments(config)`; a consumer of the record
uses the same call as the relay.
"""

from __future__ import annotations

import logging
import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ultracore.errors import OperatorError

_PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_SERVER: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:,\[\]/@]+)(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaConfig:
    """Kafka's own names and meanings. The defaults are a broker on a network that is trusted.

    `partitions`, `replication` (`None`: three, or as many as there are brokers) and `retention_days` (`None`: for
    ever) are for topics that are made; `create_topics` says whether a missing one may be.
    """

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
    create_topics: bool = True
    partitions: int = 6
    replication: int | None = None
    retention_days: int | None = None

    @property
    def servers(self) -> tuple[str, ...]:
        """The bootstrap servers one by one, as they were written."""
        return tuple(part.strip() for part in self.bootstrap_servers.split(",") if part.strip())


def connection_arguments(config: KafkaConfig) -> dict[str, Any]:
    """The arguments with which each aiokafka client connects and signs in.

    Reads the certificates now. Raises `OperatorError` with the variable to correct, and never quotes a secret.
    From then on aiokafka's connections log nothing below INFO: at DEBUG they write sign-ins out.
    """
    logging.getLogger("aiokafka.conn").setLevel(logging.INFO)
    _check_servers(config)
    return {
        "bootstrap_servers": list(config.servers),
        "security_protocol": _protocol(config),
        "ssl_context": _ssl_context(config),
        **_sasl(config),
    }


def _check_servers(config: KafkaConfig) -> None:
    if not config.servers or not all(_SERVER.fullmatch(server) for server in config.servers):
        raise OperatorError(
            "KAFKA_BOOTSTRAP_SERVERS must be host:port, several of them separated by commas.",
            code="kafka.bootstrap_servers",
        )


def _protocol(config: KafkaConfig) -> str:
    if config.security_protocol not in _PROTOCOLS:
        raise OperatorError(
            f"KAFKA_SECURITY_PROTOCOL must be one of {', '.join(_PROTOCOLS)}.", code="kafka.security_protocol"
        )
    return config.security_protocol


def _sasl(config: KafkaConfig) -> dict[str, Any]:
    """The sign-in. A name or password that the protocol would leave unused is refused, not dropped."""
    given = config.sasl_username is not None or config.sasl_password is not None
    if not config.security_protocol.startswith("SASL"):
        if given:
            raise OperatorError(
                f"KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD is set, but KAFKA_SECURITY_PROTOCOL is "
                f"{config.security_protocol}; set it to SASL_SSL (or SASL_PLAINTEXT), or leave them out.",
                code="kafka.sasl",
            )
        return {}
    mechanism = config.sasl_mechanism or "PLAIN"
    if mechanism not in _MECHANISMS:
        raise OperatorError(
            f"KAFKA_SASL_MECHANISM must be one of {', '.join(_MECHANISMS)}.", code="kafka.sasl_mechanism"
        )
    if not config.sasl_username or not config.sasl_password:
        raise OperatorError(
            f"KAFKA_SECURITY_PROTOCOL={config.security_protocol} needs KAFKA_SASL_USERNAME and "
            "KAFKA_SASL_PASSWORD.",
            code="kafka.sasl",
        )
    return {
        "sasl_mechanism": mechanism,
        "sasl_plain_username": config.sasl_username,
        "sasl_plain_password": config.sasl_password,
    }


def _ssl_context(config: KafkaConfig) -> ssl.SSLContext | None:
    if "SSL" not in config.security_protocol:
        return None
    _check_files(config)
    context = _trusting(config)
    if config.ssl_certfile is not None:
        try:
            # Without a password of our own OpenSSL would ask for one at the terminal.
            context.load_cert_chain(config.ssl_certfile, config.ssl_keyfile, password=lambda: "")
        except (ssl.SSLError, ValueError) as exc:
            raise OperatorError(
                f"KAFKA_SSL_CERTFILE ({config.ssl_certfile}) and KAFKA_SSL_KEYFILE ({config.ssl_keyfile}) must "
                "be a PEM certificate and its key without a password.",
                code="kafka.certificates",
            ) from exc
    return context


def _trusting(config: KafkaConfig) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=config.ssl_cafile)
    except (ssl.SSLError, ValueError) as exc:
        raise OperatorError(
            f"KAFKA_SSL_CAFILE ({config.ssl_cafile}) holds no certificate in PEM form.", code="kafka.certificates"
        ) from exc


def _check_files(config: KafkaConfig) -> None:
    if config.ssl_keyfile is not None and config.ssl_certfile is None:
        raise OperatorError(
            "KAFKA_SSL_KEYFILE is set without KAFKA_SSL_CERTFILE; set both or none.", code="kafka.certificates"
        )
    named = {
        "KAFKA_SSL_CAFILE": config.ssl_cafile,
        "KAFKA_SSL_CERTFILE": config.ssl_certfile,
        "KAFKA_SSL_KEYFILE": config.ssl_keyfile,
    }
    for name, path in named.items():
        try:
            # Read here, because OpenSSL's own error names neither the file nor the variable.
            if path is not None:
                path.read_bytes()
        except OSError as exc:
            raise OperatorError(
                f"{name} names {path}, which cannot be read ({exc.strerror}).", code="kafka.certificates"
            ) from exc
