"""What follows the record while the app is open: its signed heads, its copy in Kafka, its index."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

from ultracore.audit import AuditStore
from ultracore.audit.defaults import heads_path, kafka_config, signing_key
from ultracore.audit.heads import HeadSealer, HeadsFile
from ultracore.audit.index import IndexService
from ultracore.audit.index.defaults import index_url, open_consumer
from ultracore.observability import Metrics
from ultracore.settings import Settings


def start_publishing(
    stack: AsyncExitStack, settings: Settings, store: AuditStore, metrics: Metrics
) -> tuple[HeadSealer, Callable[[], Awaitable[int]] | None]:
    """The sealer, and the relay if there is a Kafka: that one stops last and takes the last heads along.

    The second answer asks how far the relay is behind.
    """
    lag = None
    kafka = kafka_config(settings)
    if kafka is not None:
        # Imported here: a start without Kafka does not pay for its client.
        from ultracore.audit.kafka.service import KafkaRelay

        relay = KafkaRelay(store, kafka, metrics=metrics)
        relay.start()
        lag = relay.lag
        stack.push_async_callback(relay.stop)
    # After the relay, so that it is stopped first and the relay still publishes its last heads.
    sealer = HeadSealer(store, signing_key(settings), HeadsFile(heads_path(settings)))
    sealer.start()
    stack.push_async_callback(sealer.stop)
    return sealer, lag


def start_index(stack: AsyncExitStack, settings: Settings, store: AuditStore, metrics: Metrics) -> IndexService:
    """The audit index, fed here unless another process does it. Raises `OperatorError` for a wrong address."""
    # Called for its refusal alone: the index is opened later, in a task that has no caller to tell.
    index_url(settings)
    opening = partial(open_consumer, settings, store, kafka_config(settings))
    index = IndexService(opening, metrics, feed=settings.index_in_app)
    index.start()
    stack.push_async_callback(index.stop)
    return index
