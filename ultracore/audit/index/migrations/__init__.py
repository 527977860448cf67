"""Revisions of the index's schema."""

from ultracore.audit.index.migrations.run import upgrade

__all__ = [
    "upgrade",
]
