"""`ultracore audit …`."""

from ultracore.cli.audit import commands

__all__ = [
    "commands",
]
