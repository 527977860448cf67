"""The record as the settings describe it: for no-argument constructors, the command line, the container."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ultracore.audit.keys import MasterKey, SigningKey
from ultracore.audit.reader import RecordReader
from ultracore.audit.sqlite_store import SqliteAuditStore
from ultracore.errors import AuditUnavailable, OperatorError
from ultracore.settings import Settings, load_settings

__all__ = [
    "RecordReader",
    "default_master_key",
    "default_store",
    "heads_path",
    "heads_topic",
    "master_key",
    "open_reader",
    "open_store",
    "signing_key",
    "store_path",
]

_SQLITE: Final = ("sqlite:///", "sqlite+aiosqlite:///")


def store_path(settings: Settings) -> Path:
    """Where the record lies. Raises `OperatorError` for a database that this version does not serve."""
    if settings.audit_database_url is None:
        return settings.data_path / "audit.db"
    url = settings.audit_database_url.get_secret_value()
    for prefix in _SQLITE:
        if url.startswith(prefix):
            return Path(url.removeprefix(prefix)).expanduser().resolve()
    raise OperatorError(
        "ULTRACORE_AUDIT_DATABASE_URL must be a sqlite:/// address; other databases are not served yet.",
        code="audit.database_url",
    )


def heads_path(settings: Settings) -> Path:
    """The file of signed head lists."""
    return settings.data_path / "heads.jsonl"


def heads_topic(settings: Settings) -> str:
    """The topic of signed head lists."""
    return f"{settings.audit_topic}.heads"


def master_key(settings: Settings, *, create: bool | None = None) -> MasterKey:
    """The master key; made where it is missing, but never in production. Raises `OperatorError`."""
    return MasterKey.load(settings.wrapping_key_file, create=_may_make(settings, create))


def signing_key(settings: Settings, *, create: bool | None = None) -> SigningKey:
    """The key that signs head lists; made where it is missing, but never in production."""
    return SigningKey.load(settings.signing_key_file, create=_may_make(settings, create))


@contextmanager
def open_reader(settings: Settings, *, keys: bool = False) -> Iterator[RecordReader]:
    """The record for reading, with `keys` also what is sealed; nothing is made where nothing is.

    Raises `AuditUnavailable` or `OperatorError`.
    """
    path = store_path(settings)
    if not path.exists():
        raise AuditUnavailable(
            f"There is no record at {path} yet: start the app once (make run), or name its directory in "
            "ULTRACORE_DATA_DIR."
        )
    reader = RecordReader(path, master_key(settings, create=False) if keys else None)
    try:
        yield reader
    finally:
        reader.close()


async def open_store(settings: Settings) -> SqliteAuditStore:
    """The record, opened for writing. Raises `AuditUnavailable` or `OperatorError`."""
    return await SqliteAuditStore.open(store_path(settings), master_key(settings))


async def default_store() -> SqliteAuditStore:
    """The record that the environment describes."""
    return await open_store(load_settings())


def default_master_key() -> MasterKey:
    """The master key that the environment describes."""
    return master_key(load_settings())


def _may_make(settings: Settings, create: bool | None) -> bool:
    return settings.env == "demo" if create is None else create
