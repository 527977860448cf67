"""Events by tenant, type and time, as reports and lists of viewings ask for them."""

from __future__ import annotations

from ultracore.audit.store.migrations.portable import execute

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    execute("CREATE INDEX events_type ON events (tenant_id, event_type, timestamp)")
