"""Revisions of the index's schema."""
