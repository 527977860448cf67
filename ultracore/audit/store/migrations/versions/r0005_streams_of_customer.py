"""Streams by tenant and customer, as lists of a customer's conversations ask for them."""

from __future__ import annotations

from ultracore.audit.store.migrations.portable import execute

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    execute("CREATE INDEX streams_customer ON streams (tenant_id, customer_id) WHERE customer_id IS NOT NULL")
