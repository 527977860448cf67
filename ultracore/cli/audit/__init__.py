"""`ultracore audit …`, and times as all commands read them."""

from ultracore.cli.audit import commands
from ultracore.cli.audit.times import moment, resolve

__all__ = [
    "commands",
    "moment",
    "resolve",
]
