"""What the documents are made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

from ultracore.audit import AuditTrail
from ultracore.banking import Bank
from ultracore.cache import RateLimiter
from ultracore.cache.stores import Threads
from ultracore.documents.typesetting import Typesetter
from ultracore.principal import Connection


@dataclass(frozen=True, slots=True)
class DocumentParts:
    """The open program, as the documents see it."""

    bank: Bank
    trail: AuditTrail
    threads: Threads
    limiter: RateLimiter
    typesetter: Typesetter = field(default_factory=Typesetter)


@dataclass(frozen=True, slots=True)
class DocumentServer:
    """What the pages ask of the server that they are part of."""

    parts: Callable[[], DocumentParts]
    """Raises `Unavailable` while the program is not open."""
    connection: Callable[[Request], Connection]
