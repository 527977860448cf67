"""The revision of the audit database's schema that this code needs, and the migration to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from ultracore.errors import OperatorError

if TYPE_CHECKING:
    from sqlalchemy import Connection

HEAD_REVISION: Final = "0005"


def require_known(revision: str | None) -> None:
    """Raise `OperatorError` for a record that a newer version of the program has written.

    What an older version would read of it could be wrong, and what it would write could not be verified.
    """
    # Revisions are numbers of four digits, so that they compare as text.
    if revision is not None and revision > HEAD_REVISION:
        raise OperatorError(
            f"The record was written by a newer version of this program (its schema is {revision}, and this one "
            f"knows {HEAD_REVISION}); start that version, or bring back the copy from before the upgrade.",
            code="audit.too_new",
        )


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
