"""The topics of the record: made if they are missing and may be, refused if they would lose events.

A compacted topic forgets every event of a stream but the last, so nothing is ever published to one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]
from aiokafka.admin import AIOKafkaAdminClient, NewTopic  # type: ignore[import-untyped]
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType  # type: ignore[import-untyped]
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError, for_code  # type: ignore[import-untyped]
from aiokafka.errors import TopicAlreadyExistsError as AlreadyThere

from ultracore.audit.kafka.config import KafkaConfig, connection_arguments
from ultracore.audit.kafka.diagnosis import why_unreachable
from ultracore.audit.kafka.producer import LARGEST_MESSAGE
from ultracore.errors import OperatorError, UltracoreError

_ALL_SECONDS: Final = 8.0
_REQUEST_MS: Final = 5_000
_CLOSE_SECONDS: Final = 1.0
_AGAIN_SECONDS: Final = 0.05
_READ: Final = ("cleanup.policy", "retention.ms", "retention.bytes", "max.message.bytes")
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics as found. `warnings` are for the operator; `largest_batch` is in bytes, over all topics."""

    warnings: tuple[str, ...]
    largest_batch: int


@dataclass(frozen=True, slots=True)
class _Found:
    """One topic: its settings, `None` if it is missing; `hidden` if we may not look."""

    settings: Mapping[str, str] | None
    hidden: bool = False


async def prepare_topics(config: KafkaConfig, *, create: bool | None = None) -> Topics:
    """Make what is missing (with `create=False` only ask whether it could be made), and look at what is there.

    Raises `OperatorError` if a topic cannot be used or made, `AuditUnavailable` (`kafka.unreachable`),
    `KafkaError` or `TimeoutError` if no broker answers. Takes 8 s at most, and 1 s for the end.
    """
    async with _admin(config) as admin, asyncio.timeout(_ALL_SECONDS):
        # One partition for the head lists, because they are one chain and must keep their order.
        wanted = {config.topic: config.partitions, config.heads_topic: 1}
        found = await _look(admin, tuple(wanted))
        missing = {name: count for name, count in wanted.items() if found[name].settings is None}
        for name, count in missing.items():
            await _make(admin, config, name, count, only_ask=create is False)
        # A topic that was made a moment ago, by us or by another process, is not known to every broker at once.
        while create is not False and any(topic.settings is None for topic in found.values()):
            await asyncio.sleep(_AGAIN_SECONDS)
            found = await _look(admin, tuple(wanted))
    return Topics(
        warnings=tuple(sentence for name, topic in found.items() for sentence in _judge(config, name, topic)),
        largest_batch=min(_largest(topic) for topic in found.values()),
    )


async def examine_kafka(config: KafkaConfig) -> str:
    """The finding of `ultracore doctor`: `ok`, with warnings if there are any, or what is wrong. Makes nothing."""
    try:
        found = await prepare_topics(config, create=False)
    except UltracoreError as error:
        return error.message
    except TimeoutError:
        return f"Kafka at {config.bootstrap_servers} does not answer in time."
    except (KafkaError, OSError) as error:
        return f"Kafka at {config.bootstrap_servers} cannot be used ({error!r}); check its advertised listeners."
    return f"ok ({' '.join(found.warnings)})" if found.warnings else "ok"


async def empty_topics(config: KafkaConfig) -> frozenset[str]:
    """Those of the two topics into which nothing was ever written: retention does not set offsets back.

    Raises `KafkaError`, `OSError` or `TimeoutError` if no broker answers. Takes 8 s at most, and 1 s for the end.
    """
    consumer = AIOKafkaConsumer(request_timeout_ms=_REQUEST_MS, **connection_arguments(config))
    try:
        async with asyncio.timeout(_ALL_SECONDS):
            await consumer.start()
            return frozenset(
                [topic for topic in (config.topic, config.heads_topic) if await _is_empty(consumer, topic)]
            )
    finally:
        with contextlib.suppress(TimeoutError, KafkaError, OSError):
            await asyncio.wait_for(consumer.stop(), _CLOSE_SECONDS)


async def _is_empty(consumer: AIOKafkaConsumer, topic: str) -> bool:
    metadata = await consumer._client.fetch_all_metadata()
    partitions = [TopicPartition(topic, number) for number in metadata.partitions_for_topic(topic) or ()]
    return bool(partitions) and not any((await consumer.end_offsets(partitions)).values())


@asynccontextmanager
async def _admin(config: KafkaConfig) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(request_timeout_ms=_REQUEST_MS, **connection_arguments(config))
    try:
        try:
            await asyncio.wait_for(admin.start(), _ALL_SECONDS)
        except (KafkaError, OSError) as error:
            raise await why_unreachable(config) from error
        yield admin
    finally:
        with contextlib.suppress(TimeoutError, KafkaError, OSError):
            await asyncio.wait_for(admin.close(), _CLOSE_SECONDS)


async def _look(admin: AIOKafkaAdminClient, names: tuple[str, ...]) -> dict[str, _Found]:
    """Asks for settings, not for metadata: that would make the broker create a topic by its own defaults."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, dict.fromkeys(_READ, "")) for name in names]
    (answer,) = await admin.describe_configs(asked)
    return {resource[3]: _found(resource) for resource in answer.resources}


def _found(resource: tuple[Any, ...]) -> _Found:
    error = for_code(resource[0])
    if error is UnknownTopicOrPartitionError:
        return _Found(None)
    if resource[0]:
        return _Found({}, hidden=True)
    return _Found({entry[0]: entry[1] for entry in resource[4]})


async def _make(
    admin: AIOKafkaAdminClient, config: KafkaConfig, name: str, partitions: int, *, only_ask: bool
) -> None:
    brokers = len((await admin.describe_cluster())["brokers"])
    replication = config.replication or min(3, brokers)
    topic = NewTopic(name, partitions, replication, topic_configs=_settings(config, replication))
    if not config.create_topics:
        raise _please_create(topic, "ULTRACORE_AUDIT_TOPIC_CREATE forbids it")
    answer = await admin.create_topics([topic], timeout_ms=_REQUEST_MS, validate_only=only_ask)
    for _, code, *detail in answer.topic_errors:
        error = for_code(code)
        # Another process may have made it in between, which is not a failure.
        if code == 0 or error is AlreadyThere:
            continue
        if error.retriable:
            raise error
        raise _please_create(topic, str(detail[0] if detail and detail[0] else error.description))


def _settings(config: KafkaConfig, replication: int) -> dict[str, str]:
    days = config.retention_days
    return {
        "cleanup.policy": "delete",
        "retention.ms": "-1" if days is None else str(days * _DAY_MS),
        "retention.bytes": "-1",
        # One replica may be down without stopping the relay, and what is acknowledged still lies on two of three.
        "min.insync.replicas": str(max(1, replication - 1)),
    }


def _please_create(topic: NewTopic, reason: str) -> OperatorError:
    settings = " ".join(f"--config {key}={value}" for key, value in topic.topic_configs.items())
    return OperatorError(
        f"The topic {topic.name} is missing and was not created ({reason.rstrip('.')}); create it: "
        f"kafka-topics.sh --create --topic {topic.name} --partitions {topic.num_partitions} "
        f"--replication-factor {topic.replication_factor} {settings}",
        code="kafka.topic_missing",
    )


def _judge(config: KafkaConfig, name: str, topic: _Found) -> list[str]:
    """Sentences about a topic that may be used. Raises `OperatorError` for one that may not."""
    if topic.hidden:
        return [f"The settings of the topic {name} cannot be checked; allow DESCRIBE_CONFIGS on it."]
    settings = topic.settings or {}
    if "compact" in settings.get("cleanup.policy", ""):
        raise OperatorError(
            f"The topic {name} is compacted and would lose events; set cleanup.policy=delete on it, or name "
            "another topic in ULTRACORE_AUDIT_TOPIC.",
            code="kafka.topic_compacted",
        )
    found = [
        f"The topic {name} forgets events ({setting}={settings[setting]}); {advice}"
        for setting, advice in _short_lived(config, settings)
    ]
    if _largest(topic) < LARGEST_MESSAGE:
        found.append(
            f"The topic {name} takes messages of {_largest(topic)} bytes at most, and events or head lists may be "
            f"larger; set max.message.bytes={LARGEST_MESSAGE} on it."
        )
    return found


def _short_lived(config: KafkaConfig, settings: Mapping[str, str]) -> list[tuple[str, str]]:
    wanted = -1 if config.retention_days is None else config.retention_days * _DAY_MS
    kept = int(settings.get("retention.ms", "-1"))
    found = []
    if kept != -1 and (wanted == -1 or kept < wanted):
        found.append(
            (
                "retention.ms",
                f"set retention.ms={wanted} on it, or say in ULTRACORE_AUDIT_RETENTION_DAYS what is meant.",
            )
        )
    if int(settings.get("retention.bytes", "-1")) != -1:
        found.append(("retention.bytes", "set retention.bytes=-1 on it."))
    return found


def _largest(topic: _Found) -> int:
    return int((topic.settings or {}).get("max.message.bytes", LARGEST_MESSAGE))
