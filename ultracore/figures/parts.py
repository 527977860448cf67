"""What the pages are made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from ultracore.audit import AuditTrail
from ultracore.banking import Bank
from ultracore.cache import RateLimiter
from ultracore.cache.stores import Threads
from ultracore.principal import Connection


@dataclass(frozen=True, slots=True)
class FigureParts:
    """The open program, as these pages see it."""

    bank: Bank
    trail: AuditTrail
    threads: Threads
    limiter: RateLimiter


@dataclass(frozen=True, slots=True)
class FigureServer:
    """What the pages ask of the server that they are part of."""

    parts: Callable[[], FigureParts]
    """Raises `Unavailable` while the program is not open."""
    connection: Callable[[Request], Connection]
