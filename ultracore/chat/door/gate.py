"""In front of Chainlit: an allow-list, the origin, the size, the login, and the headers of every answer."""

from __future__ import annotations

import logging

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ultracore.chat.door.boundary import sentence_for
from ultracore.chat.door.headers import SecuredSend, content_security_policy
from ultracore.chat.door.identity import login_of_header
from ultracore.chat.door.inbound import MAX_BODY_BYTES
from ultracore.chat.door.routes import SOCKET_PATH, Endpoint, Pass, Routes
from ultracore.chat.runtime import Runtime
from ultracore.errors import CustomerError, InvalidInput, RateLimited, SessionEnded, SignInRefused, UltracoreError

logger = logging.getLogger(__name__)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class TooLarge(InvalidInput):
    """The body is over the cap."""

    default_code = "http.too_large"
    default_sentence = "That was too large to send."


class Gate:
    """ASGI middleware around the whole of Chainlit's application."""

    def __init__(self, app: ASGIApp, runtime: Runtime, routes: Routes, prefix: str = "") -> None:
        self._app = app
        self._runtime = runtime
        self._routes = routes
        self._prefix = prefix.rstrip("/")
        self._policy = content_security_policy((), runtime.settings.allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            secured = SecuredSend(send, self._policy, tls=self._is_tls(scope))
            await self._http(scope, receive, secured)
        else:
            await self._app(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        cookies = Headers(scope=scope).get("cookie", "")
        known = self._path(scope).rstrip("/") == SOCKET_PATH and login_of_header(cookies) is not None
        if known and self._origin_fits(scope):
            await self._app(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._routes.find(scope["method"], self._path(scope))
        if found is None:
            return await _refuse(404, "Not found.")(scope, receive, send)
        if scope["method"] not in SAFE_METHODS and not self._origin_fits(scope):
            answer = _refuse(403, "This address is not one that may be used (ULTRACORE_ALLOWED_ORIGINS).")
            return await answer(scope, receive, send)
        if isinstance(found, Pass):
            await self._app(scope, receive, send)
        else:
            request = Request(scope, _Capped(receive))
            await (await self._answer(found, request))(scope, receive, send)

    async def _answer(self, endpoint: Endpoint, request: Request) -> Response:
        """The boundary of our endpoints: a sentence and a fitting status, whatever happens."""
        try:
            _check_declared_size(request.headers)
            return await endpoint(request)
        except Exception as error:
            sentence = sentence_for(error, where=request.url.path, phone=self._runtime.phone)
            return _refuse(status_of(error), sentence)

    def _is_tls(self, scope: Scope) -> bool:
        return scope["scheme"] == "https" or self._runtime.settings.is_behind_tls

    def _path(self, scope: Scope) -> str:
        path: str = scope["path"]
        return path.removeprefix(self._prefix) or "/"

    def _origin_fits(self, scope: Scope) -> bool:
        """A request without an origin does not come from a page; browsers cannot leave it out where it matters."""
        origin = Headers(scope=scope).get("origin")
        return origin is None or origin in self._runtime.origins


class _Capped:
    """Reads a body up to the cap. Raises `TooLarge` as soon as it is known to be longer."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._read += len(message.get("body", b""))
        if self._read > MAX_BODY_BYTES:
            raise TooLarge("body too large")
        return message


def _check_declared_size(headers: Headers) -> None:
    declared = headers.get("content-length", "0")
    if not declared.isdecimal() or len(declared) > 9 or int(declared) > MAX_BODY_BYTES:
        raise TooLarge("declared body too large")


def status_of(error: Exception) -> int:
    """The HTTP status of an error of ours."""
    match error:
        case RateLimited():
            return 429
        case SessionEnded() | SignInRefused():
            return 401
        case TooLarge():
            return 413
        case CustomerError():
            return 400
        case UltracoreError():
            return 503
        case _:
            return 500


def _refuse(status: int, detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status_code=status)
