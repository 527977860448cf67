"""Runs the migrations on a connection that holds the write lock. Imported only when there is work to do."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.engine import Connection

from ultracore.errors import OperatorError


def upgrade(connection: Connection) -> None:
    """Bring the schema to its newest revision within the caller's transaction. Does nothing if it is there.

    Raises `OperatorError` for a ledger that a newer version of the program has written.
    """
    config = Config()
    # Doubled, because Alembic's configuration takes `%` for the beginning of a variable.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    # A folder holds twenty modules at most; what does not fit lies in folders below it.
    config.set_main_option("recursive_version_locations", "true")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise OperatorError(
            "The ledger was written by a newer version of this program; start that version, or give another file.",
            code="ledger.too_new",
        ) from error
