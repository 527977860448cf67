"""The index as the settings describe it: for the command line and the container."""

from __future__ import annotations

from typing import Final

from ultracore.audit.defaults import master_key
from ultracore.audit.index.consumer import IndexConsumer
from ultracore.audit.index.database import address, sqlite_url
from ultracore.audit.index.service import AuditIndex
from ultracore.audit.index.store_source import StoreKeys, StoreSource
from ultracore.audit.index.values import Source
from ultracore.audit.kafka import KafkaConfig
from ultracore.audit.store import AuditStore
from ultracore.audit.trail import AuditTrail
from ultracore.settings import Settings

_POSTGRES: Final = ("postgresql:", "postgresql+", "postgres:")


def index_url(settings: Settings) -> str:
    """The address of the index: what was set, else the ledger's PostgreSQL, else a file in the data directory.

    Raises `OperatorError` for an address that it cannot lie at.
    """
    if settings.index_database_url is not None:
        url = settings.index_database_url.get_secret_value()
    elif settings.database_url is not None and settings.database_url.get_secret_value().startswith(_POSTGRES):
        url = settings.database_url.get_secret_value()
    else:
        url = sqlite_url(settings.data_path / "index.db")
    address(url)
    return url


async def open_index(settings: Settings, store: AuditStore) -> AuditIndex:
    """The index over the keys of `store`. Raises `IndexUnavailable` or `OperatorError`."""
    return await AuditIndex.open(index_url(settings), master_key(settings, create=False), StoreKeys(store))


def source_of(store: AuditStore, kafka: KafkaConfig | None) -> Source:
    """Kafka's topic if there is one, else the store."""
    if kafka is None:
        return StoreSource(store)
    # Imported here: a start without Kafka does not pay for its client.
    from ultracore.audit.index.kafka_source import KafkaSource

    return KafkaSource(kafka, store)


async def open_consumer(settings: Settings, store: AuditStore, kafka: KafkaConfig | None) -> IndexConsumer:
    """The index with its source. Raises `IndexUnavailable` or `OperatorError`."""
    return IndexConsumer(await open_index(settings, store), source_of(store, kafka), AuditTrail(store=store))
