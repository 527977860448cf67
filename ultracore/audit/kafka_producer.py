"""An idempotent producer with deadlines of our own: aiokafka's wait for ever when the broker is dead."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from aiokafka.errors import KafkaConnectionError, KafkaError  # type: ignore[import-untyped]
from aiokafka.helpers import create_ssl_context  # type: ignore[import-untyped]

from ultracore.audit.kafka_config import KafkaConfig
from ultracore.errors import AuditUnavailable, OperatorError

_START_SECONDS: Final = 8.0
_CLOSE_SECONDS: Final = 1.25
_REQUEST_MS: Final = 5_000
_BATCH_BYTES: Final = 131_072


@dataclass(frozen=True, slots=True)
class Message:
    """One message. Messages with the same key keep their order."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


@asynccontextmanager
async def connected(config: KafkaConfig) -> AsyncIterator[AIOKafkaProducer]:
    """A started producer; afterwards it is closed within `4 * _CLOSE_SECONDS`, whatever the broker does.

    Raises `KafkaError`, `OSError` or `TimeoutError` where no broker answers.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=config.bootstrap_servers,
        enable_idempotence=True,
        acks="all",
        request_timeout_ms=_REQUEST_MS,
        retry_backoff_ms=100,
        linger_ms=2,
        max_batch_size=_BATCH_BYTES,
        security_protocol=config.security_protocol,
        ssl_context=_ssl_context(config),
        sasl_mechanism=config.sasl_mechanism or "PLAIN",
        sasl_plain_username=config.sasl_username,
        sasl_plain_password=config.sasl_password,
    )
    try:
        await asyncio.wait_for(producer.start(), _START_SECONDS)
        yield producer
    finally:
        await _end(producer)


async def send(producer: AIOKafkaProducer, messages: Sequence[Message], *, seconds: float) -> int:
    """Send a batch; how many, from the first on, the broker acknowledged within `seconds`."""
    futures: list[asyncio.Future[Any]] = []
    with contextlib.suppress(TimeoutError, KafkaError):
        async with asyncio.timeout(seconds):
            for message in messages:
                sent = await producer.send(
                    message.topic, message.value, key=message.key, headers=list(message.headers)
                )
                sent.add_done_callback(_seen)
                futures.append(sent)
            await asyncio.wait(futures)
    acknowledged = 0
    for future in futures:
        if not future.done() or future.cancelled() or future.exception() is not None:
            break
        acknowledged += 1
    return acknowledged


def _seen(future: asyncio.Future[Any]) -> None:
    """Nobody else asks a future that was given up; what it ended with is not news."""
    if not future.cancelled():
        future.exception()


async def _end(producer: AIOKafkaProducer) -> None:
    """Close, and give up what was not acknowledged: with a dead broker `stop` alone would wait for it for ever.

    Requests in flight fail once their connections are closed; only then can the sender end, and only without it
    can the batches be given up.
    """
    for step in (producer.client.close, producer._sender.close, partial(_give_up, producer), producer.stop):
        with contextlib.suppress(TimeoutError, KafkaError, OSError):
            await asyncio.wait_for(step(), _CLOSE_SECONDS)


async def _give_up(producer: AIOKafkaProducer) -> None:
    """Fail every batch, and hear each failure, or the event loop reports it as an error that nobody asked for."""
    waiting = producer._message_accumulator
    waiting.fail_all(KafkaConnectionError("the relay gave up this connection"))
    for batches in (*waiting._batches.values(), waiting._pending_batches):
        for batch in batches:
            _seen(batch._drain_waiter)


def _ssl_context(config: KafkaConfig) -> ssl.SSLContext | None:
    if "SSL" not in config.security_protocol:
        return None
    try:
        made: ssl.SSLContext = create_ssl_context(
            cafile=config.ssl_cafile, certfile=config.ssl_certfile, keyfile=config.ssl_keyfile
        )
    except (OSError, ssl.SSLError) as exc:
        raise OperatorError(
            f"The certificates for Kafka cannot be used: {exc}.", code="audit.kafka_certificates"
        ) from exc
    return made


async def reachable(config: KafkaConfig) -> None:
    """Return when a broker answers. Raises `AuditUnavailable` (`kafka.unreachable`)."""
    try:
        async with connected(config):
            return
    except (KafkaError, OSError, TimeoutError) as error:
        raise AuditUnavailable("no Kafka broker answers", code="kafka.unreachable") from error
