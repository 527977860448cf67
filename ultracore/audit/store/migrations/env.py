"""Alembic's environment. The connection is handed in; its transaction belongs to the caller."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=True,
    version_table="audit_alembic_version",
)
context.run_migrations()
