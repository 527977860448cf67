"""Alembic's environment. The connection is handed in; its transaction belongs to the caller."""

from __future__ import annotations

from alembic import context

from ultracore.audit.index.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    version_table=VERSION_TABLE,
)
context.run_migrations()
