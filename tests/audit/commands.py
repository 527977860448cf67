"""How tests run the commands of the record."""

from __future__ import annotations

from collections.abc import Callable

Run = Callable[..., tuple[int, str, str]]
"""Runs `ultracore audit` with these arguments: exit code, standard output, standard error."""
