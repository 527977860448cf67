"""The record as the settings describe it: for no-argument constructors, the command line, the container."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from ultracore.audit.database import RecordDatabase
from ultracore.audit.erasure import ErasedList, apply_list
from ultracore.audit.kafka import KafkaConfig
from ultracore.audit.sealing import MasterKey, SigningKey
from ultracore.audit.store import AuditStore, RecordReader
from ultracore.audit.store.sqlite import SqliteAuditStore
from ultracore.audit.store.sqlite_schema import SqliteDatabase, require_known_schema
from ultracore.errors import AuditUnavailable, OperatorError
from ultracore.settings import Settings, load_settings

__all__ = [
    "RecordReader",
    "audit_database",
    "default_master_key",
    "default_store",
    "erased_list",
    "heads_path",
    "heads_topic",
    "kafka_config",
    "master_key",
    "open_reader",
    "open_store",
    "signing_key",
]

_SQLITE: Final = ("sqlite:///", "sqlite+aiosqlite:///")
_POSTGRES: Final = ("postgresql://", "postgresql+asyncpg://", "postgres://")


def audit_database(settings: Settings) -> RecordDatabase:
    """The record's database. Raises `OperatorError` for an address that is neither SQLite's nor PostgreSQL's."""
    if settings.audit_database_url is None:
        return SqliteDatabase(settings.data_path / "audit.db")
    url = settings.audit_database_url.get_secret_value()
    for prefix in _SQLITE:
        if url.startswith(prefix):
            return SqliteDatabase(Path(url.removeprefix(prefix)).expanduser().resolve())
    if url.startswith(_POSTGRES):
        # Imported here: a start on SQLite does not pay for the client.
        from ultracore.audit.store.postgres import postgres_database

        return postgres_database(url)
    raise OperatorError(
        "ULTRACORE_AUDIT_DATABASE_URL must be sqlite:///path or postgresql://user:password@host/database.",
        code="audit.database_url",
    )


def heads_path(settings: Settings) -> Path:
    """The file of signed head lists."""
    return settings.data_path / "heads.jsonl"


def heads_topic(settings: Settings) -> str:
    """The topic of signed head lists."""
    return f"{settings.audit_topic}.heads"


def kafka_config(settings: Settings) -> KafkaConfig | None:
    """The Kafka that events are published to; `None` if none is configured."""
    if settings.kafka_bootstrap_servers is None:
        return None
    password = settings.kafka_sasl_password
    return KafkaConfig(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        topic=settings.audit_topic,
        heads_topic=heads_topic(settings),
        security_protocol=settings.kafka_security_protocol,
        sasl_mechanism=settings.kafka_sasl_mechanism,
        sasl_username=settings.kafka_sasl_username,
        sasl_password=None if password is None else password.get_secret_value(),
        ssl_cafile=settings.kafka_ssl_cafile,
        ssl_certfile=settings.kafka_ssl_certfile,
        ssl_keyfile=settings.kafka_ssl_keyfile,
        create_topics=settings.audit_topic_create,
        partitions=settings.audit_topic_partitions,
        replication=settings.audit_topic_replication,
        retention_days=settings.audit_retention_days,
    )


def master_key(settings: Settings, *, create: bool | None = None) -> MasterKey:
    """The master key; made if it is missing, but never in production. Raises `OperatorError`."""
    return MasterKey.load(settings.wrapping_key_file, create=_may_make(settings, create))


def signing_key(settings: Settings, *, create: bool | None = None) -> SigningKey:
    """The key that signs head lists; made if it is missing, but never in production, nor beside signed lists.

    Raises `OperatorError`.
    """
    may_make = _may_make(settings, create)
    if may_make:
        _require_signer(settings)
    return SigningKey.load(settings.signing_key_file, create=may_make)


@contextmanager
def open_reader(settings: Settings, *, keys: bool = False) -> Iterator[RecordReader]:
    """The record for reading, with `keys` also what is sealed; nothing is made if nothing is.

    Raises `AuditUnavailable` or `OperatorError`.
    """
    database = audit_database(settings)
    _require_record(database)
    reader = RecordReader(database, master_key(settings, create=False) if keys else None)
    try:
        yield reader
    finally:
        reader.close()


def _require_record(database: RecordDatabase) -> None:
    if not isinstance(database, SqliteDatabase):
        from ultracore.audit.store.postgres_connection import PostgresDatabase
        from ultracore.audit.store.postgres_schema import require_record

        assert isinstance(database, PostgresDatabase)  # noqa: S101 - there is no third one
        require_record(database)
    elif not database.path.exists():
        raise AuditUnavailable(
            f"There is no record at {database.path} yet: start the app once (make run), or name its directory in "
            "ULTRACORE_DATA_DIR."
        )
    else:
        require_known_schema(database.path)


async def open_store(settings: Settings) -> AuditStore:
    """The record, opened for writing; what was erased is erased again if a restore has brought it back.

    Raises `AuditUnavailable` or `OperatorError`.
    """
    store = await _opened(settings)
    try:
        await apply_list(store, erased_list(settings))
    except BaseException:
        await store.close()
        raise
    return store


def erased_list(settings: Settings) -> ErasedList:
    """The list of erased keys."""
    return ErasedList(settings.erased_list_file, partial(signing_key, settings))


async def _opened(settings: Settings) -> AuditStore:
    database = audit_database(settings)
    if isinstance(database, SqliteDatabase):
        _require_its_key(settings, database.path)
        return await SqliteAuditStore.open(database.path, master_key(settings))
    from ultracore.audit.store.postgres import PostgresAuditStore
    from ultracore.audit.store.postgres_connection import PostgresDatabase

    assert isinstance(database, PostgresDatabase)  # noqa: S101 - there is no third one
    return await PostgresAuditStore.open(database.url, master_key(settings))


def _require_its_key(settings: Settings, record: Path) -> None:
    """A new master key beside an old record would seal what the old one cannot open. Raises `OperatorError`."""
    key = settings.wrapping_key_file
    try:
        missing = record.exists() and not key.exists()
    except OSError:  # opening the store says why
        return
    if missing:
        raise OperatorError(
            f"The master key {key} is missing, and the record {record} was sealed with it: bring the key file "
            "back from where it is kept.",
            code="audit.master_key",
        )


def _require_signer(settings: Settings) -> None:
    """A new signing key beside old head lists would make the whole list look forged. Raises `OperatorError`."""
    key, heads = settings.signing_key_file, heads_path(settings)
    if heads.is_file() and heads.stat().st_size > 0 and not key.exists():
        raise OperatorError(
            f"The signing key {key} is missing, and the head lists in {heads} were signed with it: bring the key "
            "file back from where it is kept.",
            code="audit.signing_key",
        )


async def default_store() -> AuditStore:
    """The record that the environment describes."""
    return await open_store(load_settings())


def default_master_key() -> MasterKey:
    """The master key that the environment describes."""
    return master_key(load_settings())


def _may_make(settings: Settings, create: bool | None) -> bool:
    # A key that production made for itself would lie in no backup.
    return settings.env == "demo" if create is None else create
