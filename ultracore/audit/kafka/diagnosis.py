"""Why no connection comes about: aiokafka keeps that to its log, so each bootstrap server is asked once more."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, Final

from aiokafka.conn import collect_hosts, create_conn  # type: ignore[import-untyped]
from aiokafka.errors import (  # type: ignore[import-untyped]
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest  # type: ignore[import-untyped]

from ultracore.audit.kafka.config import KafkaConfig, connection_arguments
from ultracore.errors import AuditUnavailable, OperatorError, UltracoreError

_ASK_SECONDS: Final = 3.0
_REQUEST_MS: Final = 2_000
_WRONG_HOST: Final = frozenset({62, 64})
"""OpenSSL's verification codes for a host name and an address that the certificate does not name."""


async def why_unreachable(config: KafkaConfig) -> UltracoreError:
    """The reason as one sentence: `OperatorError` if a setting is wrong, else `AuditUnavailable`.

    The latter has the code `kafka.unreachable`. Takes 3 s at most, and connects to nothing but bootstrap servers.
    """
    arguments = connection_arguments(config)
    servers = ", ".join(arguments.pop("bootstrap_servers"))
    unreachable = AuditUnavailable(f"No Kafka broker answers at {servers}.", code="kafka.unreachable")
    try:
        async with asyncio.timeout(_ASK_SECONDS):
            # In the order in which they were written, so that one mistake always has the same sentence.
            for host, port, _ in collect_hosts(list(config.servers), randomize=False):
                reason = await _ask(host, port, arguments)
                if reason is not None:
                    return reason
    except TimeoutError:
        return unreachable
    return unreachable


async def _ask(host: str, port: int, arguments: dict[str, Any]) -> OperatorError | None:
    try:
        connection = await create_conn(host, port, request_timeout_ms=_REQUEST_MS, **arguments)
    except (KafkaError, OSError, TimeoutError) as error:
        return _reason(f"{host}:{port}", error)
    try:
        await connection.send(MetadataRequest([]))
    except (KafkaError, OSError, TimeoutError) as error:
        return _reason(f"{host}:{port}", error)
    finally:
        connection.close()
    return None


def _reason(place: str, error: Exception) -> OperatorError | None:
    """The setting that the operator can put right; `None` if the broker is just not there."""
    match error:
        case SaslAuthenticationFailed() | AuthenticationFailedError():
            return OperatorError(
                f"Kafka at {place} refused the user name or the password; check KAFKA_SASL_USERNAME, "
                "KAFKA_SASL_PASSWORD and KAFKA_SASL_MECHANISM.",
                code="kafka.credentials",
            )
        case UnsupportedSaslMechanismError() | IllegalSaslStateError():
            return OperatorError(
                f"Kafka at {place} does not offer this sign-in; check KAFKA_SECURITY_PROTOCOL and "
                "KAFKA_SASL_MECHANISM.",
                code="kafka.sasl_mechanism",
            )
        # Errors of certificates come first, since they are SSL errors too.
        case ssl.SSLCertVerificationError(verify_code=code) if code in _WRONG_HOST:
            return OperatorError(
                f"The certificate of Kafka at {place} is for another host name; use the name that it was made for "
                "in KAFKA_BOOTSTRAP_SERVERS.",
                code="kafka.certificates",
            )
        case ssl.SSLCertVerificationError(verify_message=message):
            return OperatorError(
                f"The certificate of Kafka at {place} is not trusted ({message}); name its authority in "
                "KAFKA_SSL_CAFILE.",
                code="kafka.certificates",
            )
        case ssl.SSLError() | ConnectionResetError() | KafkaError():
            return OperatorError(
                f"Kafka at {place} ended the connection before it answered; if that stays so, check "
                "KAFKA_SECURITY_PROTOCOL and, if the broker asks for one, KAFKA_SSL_CERTFILE.",
                code="kafka.security_protocol",
            )
    return None


def refusal(config: KafkaConfig, error: Exception) -> Exception:
    """`OperatorError` if Kafka lets this client in but does not let it publish, else `error` itself."""
    if isinstance(error, TopicAuthorizationFailedError | ClusterAuthorizationFailedError):
        who = "everybody" if config.sasl_username is None else config.sasl_username
        return OperatorError(
            f"Kafka does not let this client ({who}) publish; allow WRITE, DESCRIBE and DESCRIBE_CONFIGS on the "
            f"topics {config.topic} and {config.heads_topic}.",
            code="kafka.not_authorised",
        )
    return error
