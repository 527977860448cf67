"""The allow-list of the gate: what may be asked for over HTTP. Everything else does not exist."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from starlette.requests import Request
from starlette.responses import Response

Endpoint = Callable[[Request], Awaitable[Response]]
SOCKET_PATH = "/ws/socket.io"
_THREAD_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Pass(Enum):
    """A route of Chainlit's that we use: its looks, which are anybody's."""

    OPEN = auto()


@dataclass(frozen=True, slots=True)
class Routes:
    """Our endpoints by method and path, and Chainlit's that may be reached."""

    ours: dict[tuple[str, str], Endpoint]
    of_threads: dict[tuple[str, str], Endpoint]
    """For paths that go on with a thread's id, which is all that the keys leave out."""
    trees: Mapping[str, Endpoint] = field(default_factory=dict)
    """For all paths below a first folder, such as `/admin`: the endpoint answers for every method."""

    def find(self, method: str, path: str) -> Endpoint | Pass | None:
        """The endpoint that answers; None if there is none."""
        # HTTP answers HEAD like GET without a body, and load balancers ask that way.
        looked_up = "GET" if method == "HEAD" else method
        return (
            self.ours.get((looked_up, path))
            or self._of_thread(looked_up, path)
            or self.trees.get("/" + path.split("/", 2)[1])
            or _of_chainlit(looked_up, path)
        )

    def _of_thread(self, method: str, path: str) -> Endpoint | None:
        folder, _, thread_id = path.rpartition("/")
        return self.of_threads.get((method, folder)) if _THREAD_ID.fullmatch(thread_id) else None


_OPEN_PATHS = frozenset({"/auth/config", "/favicon", "/logo"})
# Looks of the page. The sign-in page needs them before anybody is known.
_OPEN_FOLDERS = ("/public/", "/assets/", "/avatars/")


def _of_chainlit(method: str, path: str) -> Pass | None:
    fits = method == "GET" and (path in _OPEN_PATHS or path.startswith(_OPEN_FOLDERS))
    return Pass.OPEN if fits else None
