"""Alembic's entry point. The connection and its transaction are the caller's (see `run.py`)."""

from __future__ import annotations

from alembic import context

from ultracore.banking.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
