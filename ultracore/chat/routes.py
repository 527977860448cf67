"""The allow-list of the gate: what may be asked for over HTTP. Everything else does not exist."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto

from starlette.requests import Request
from starlette.responses import Response

Endpoint = Callable[[Request], Awaitable[Response]]
SOCKET_PATH = "/ws/socket.io"


class Pass(Enum):
    """A route of Chainlit's that we use."""

    OPEN = auto()
    SIGNED_IN = auto()


@dataclass(frozen=True, slots=True)
class Routes:
    """Our endpoints by method and path, and Chainlit's that may be reached."""

    ours: dict[tuple[str, str], Endpoint]

    def find(self, method: str, path: str) -> Endpoint | Pass | None:
        """Who answers; None where nobody does."""
        looked_up = "GET" if method == "HEAD" else method
        return self.ours.get((looked_up, path)) or _of_chainlit(looked_up, path)


_OPEN_PATHS = frozenset({"/auth/config", "/favicon", "/logo"})
_OPEN_FOLDERS = ("/public/", "/assets/", "/avatars/")


def _of_chainlit(method: str, path: str) -> Pass | None:
    if method != "GET":
        return None
    if path in _OPEN_PATHS or path.startswith(_OPEN_FOLDERS):
        return Pass.OPEN
    return Pass.SIGNED_IN if path == "/project/settings" else None
