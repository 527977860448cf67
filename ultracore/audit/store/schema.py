"""The revision of the audit database's schema that this code needs, and the migration to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlalchemy import Connection

HEAD_REVISION: Final = "0005"


def migrate(connection: Connection) -> None:
    """Bring the schema to `HEAD_REVISION`, inside the transaction that the caller has opened and will commit."""
    # Imported here: alembic takes a while to load, and there is seldom something to do.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
