"""${message}"""

from __future__ import annotations

from ultracore.audit.store.migrations.portable import execute

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward. There is no way back: the record is append-only."""
