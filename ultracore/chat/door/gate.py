"""In front of Chainlit: an allow-list, the origin, the size, the login, and the headers of every answer."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ultracore.chat.door.boundary import sentence_for
from ultracore.chat.door.headers import SecuredSend, content_security_policy
from ultracore.chat.door.identity import person_of_header
from ultracore.chat.door.inbound import MAX_BODY_BYTES
from ultracore.chat.door.proxies import is_within, networks_of
from ultracore.chat.door.routes import SOCKET_PATH, Endpoint, Pass, Routes
from ultracore.chat.runtime import Runtime
from ultracore.errors import CustomerError, InvalidInput, RateLimited, SessionEnded, SignInRefused, UltracoreError
from ultracore.observability import turn_reference
from ultracore.wording import new_reference

logger = logging.getLogger(__name__)

# Chainlit takes any number of sockets of one person. Five may be admitted, and a reload opens a few at once.
HANDSHAKES_A_PERSON = 10
OPERATIONS = frozenset({"/ready", "/metrics"})
UNCOUNTED = frozenset({"/health", "/ready", "/metrics", "/login"})
"""What operators ask, and signing in, which has counts of its own."""

# For each piece of a body of at most 32 KB: a slow phone needs less, and a held-open request costs a task.
BODY_SECONDS = 10.0

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class TooLarge(InvalidInput):
    """The body is over the cap."""

    default_code = "http.too_large"
    default_sentence = "That was too large to send."


class TooSlow(InvalidInput):
    """The body did not come in time."""

    default_code = "http.too_slow"
    default_sentence = "That took too long to arrive. Please send it again."


class Gate:
    """ASGI middleware around the whole of Chainlit's application."""

    def __init__(
        self,
        app: ASGIApp,
        runtime: Runtime,
        routes: Routes,
        prefix: str = "",
        *,
        body_seconds: float = BODY_SECONDS,
        framed_by: Sequence[str] = (),
        origin_wanted: Callable[[str], bool] = lambda path: False,
    ) -> None:
        """`framed_by` may frame every answer. What writes to a path that `origin_wanted` names must say the page
        that it comes from.
        """
        self._app = app
        self._runtime = runtime
        self._routes = routes
        self._prefix = prefix.rstrip("/")
        self._operators = networks_of(runtime.settings.operations_networks, "ULTRACORE_OPERATIONS_NETWORKS")
        self._body_seconds = body_seconds
        self._handshakes: Counter[str] = Counter()
        self._policy = content_security_policy((), framed_by)
        self._origin_wanted = origin_wanted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            secured = SecuredSend(
                send, self._policy, tls=self._is_tls(scope), immutable=self._path(scope).startswith("/assets/")
            )
            await self._http(scope, receive, secured)
        else:
            await self._app(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        # By signature alone, without Redis: this is a count and no admission.
        person = person_of_header(Headers(scope=scope).get("cookie", ""))
        known = self._path(scope).rstrip("/") == SOCKET_PATH and person is not None
        if not (known and self._origin_fits(scope)) or self._handshakes[person or ""] >= HANDSHAKES_A_PERSON:
            await send({"type": "websocket.close", "code": 1008})
            return
        # Counted here, since a connection that never says a word gets no further than this.
        self._handshakes[person or ""] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._handshakes[person or ""] -= 1
            if not self._handshakes[person or ""]:
                del self._handshakes[person or ""]

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._routes.find(scope["method"], self._path(scope))
        # An allow-list, because Chainlit's own routes would answer for uploads, feedback and shared threads.
        if found is None:
            return await _refuse(404, "Not found.")(scope, receive, send)
        # Chainlit checks no origin: another site's page could post with the person's cookie.
        if scope["method"] not in SAFE_METHODS and not self._origin_fits(scope):
            answer = _refuse(403, "This address is not one that may be used (ULTRACORE_ALLOWED_ORIGINS).")
            return await answer(scope, receive, send)
        if isinstance(found, Pass):
            await self._app(scope, receive, send)
        # 404 and not 403, so that an outsider does not learn that there is something to see.
        elif self._path(scope) in OPERATIONS and not self._is_operator(scope):
            await _refuse(404, "Not found.")(scope, receive, send)
        elif not self._within_budget(scope):
            await _refuse(429, f"Too many requests. Please wait a minute, or call {self._runtime.phone}.")(
                scope, receive, send
            )
        else:
            request = Request(scope, _Capped(receive, self._body_seconds))
            await (await self._answer(found, request))(scope, receive, send)

    async def _answer(self, endpoint: Endpoint, request: Request) -> Response:
        """The boundary of our endpoints: every error becomes a sentence with a fitting status."""
        with turn_reference(new_reference()):
            try:
                _check_declared_size(request.headers)
                return await endpoint(request)
            except Exception as error:
                sentence = sentence_for(error, where=request.url.path, phone=self._runtime.phone)
                return _refuse(status_of(error), sentence)

    def _is_operator(self, scope: Scope) -> bool:
        """True for the addresses that may see how the app is: a bank's probes, not its customers."""
        return is_within((scope.get("client") or ("",))[0], self._operators)

    def _within_budget(self, scope: Scope) -> bool:
        """Count a request against its person's budget, or its address's if it has no login cookie."""
        if self._path(scope) in UNCOUNTED:
            return True
        person = person_of_header(Headers(scope=scope).get("cookie", ""))
        return self._runtime.requests.admits(person or f"@{(scope.get('client') or ('',))[0]}")

    def _is_tls(self, scope: Scope) -> bool:
        return scope["scheme"] == "https" or self._runtime.settings.is_behind_tls

    def _path(self, scope: Scope) -> str:
        path: str = scope["path"]
        return path.removeprefix(self._prefix) or "/"

    def _origin_fits(self, scope: Scope) -> bool:
        """A request without an origin comes from no page: browsers send it with every request that writes."""
        origin = Headers(scope=scope).get("origin")
        if origin is None:
            return not self._origin_wanted(self._path(scope))
        return origin in self._runtime.origins


class _Capped:
    """Reads a body up to the cap. Raises `TooLarge` as soon as it is known to be longer."""

    def __init__(self, receive: Receive, seconds: float) -> None:
        self._receive = receive
        self._seconds = seconds
        self._read = 0

    async def __call__(self) -> Message:
        try:
            async with asyncio.timeout(self._seconds):
                message = await self._receive()
        except TimeoutError as error:
            raise TooSlow("the body did not arrive") from error
        self._read += len(message.get("body", b""))
        # Counted as it comes: a chunked body declares no length, and the declared one may be a lie.
        if self._read > MAX_BODY_BYTES:
            raise TooLarge("body too large")
        return message


def _check_declared_size(headers: Headers) -> None:
    declared = headers.get("content-length", "0")
    # `int` of thousands of digits takes its time and raises in the end.
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
        case TooSlow():
            return 408
        case CustomerError():
            return 400
        case UltracoreError():
            return 503
        case _:
            return 500


def _refuse(status: int, detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status_code=status)
