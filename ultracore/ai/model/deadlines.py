"""Deadlines around any HTTP transport: no wait on a model endpoint is without an end.

The SDK waits 600 s for a byte and up to two minutes on `Retry-After`; custom transports ignore its limits. So the
limits are enforced here, one layer below the SDK, which alone retries.
"""

from __future__ import annotations

import asyncio
import email.utils
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import httpx2

Stage = Literal["first_byte", "between_chunks", "turn"]


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Limits in seconds.

    `first_byte` is for streamed answers: an answer that is not streamed comes whole, so only `turn` limits it.
    `turn` covers one request with its retries and its whole stream. `retry_after` caps the pause that a busy
    endpoint may ask for.
    """

    # A host that does not take a connection in five seconds is down; a person waits for every second more.
    connect: float = 5.0
    first_byte: float = 10.0
    # Models pause in an answer, for instance before a tool call; ten seconds of silence is a dead connection.
    between_chunks: float = 10.0
    turn: float = 60.0
    # A busy endpoint may ask for minutes, which the SDK would wait in silence.
    retry_after: float = 5.0

    def of_request(self, *, streamed: bool) -> httpx2.Timeout:
        """The transport's own limits for one request."""
        # The transport knows one limit for every read, so the wider of the two; our own are exact.
        read = max(self.first_byte, self.between_chunks) if streamed else self.turn
        return httpx2.Timeout(connect=self.connect, read=read, write=self.first_byte, pool=self.connect)


class DeadlineExceeded(Exception):
    """The endpoint said nothing for too long. Not a transport error to the SDK: silence is not retried."""

    def __init__(self, stage: Stage, seconds: float) -> None:
        super().__init__(f"no answer within {seconds:g} s ({stage})")
        self.stage = stage
        self.seconds = seconds


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Another transport with our limits around it.

    Raises `DeadlineExceeded` if headers or a piece of the body are late. `Retry-After` of an answer never
    exceeds `Deadlines.retry_after`.
    """

    def __init__(self, inner: httpx2.AsyncBaseTransport, deadlines: Deadlines) -> None:
        self._inner = inner
        self._deadlines = deadlines

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass the request on; see the class for what it raises."""
        seconds = self._seconds_for_headers(request)
        try:
            async with asyncio.timeout(seconds):
                response = await self._inner.handle_async_request(request)
        except (TimeoutError, httpx2.ReadTimeout) as error:
            raise DeadlineExceeded("first_byte", seconds) from error
        _cap_retry_after(response.headers, self._deadlines.retry_after)
        if not isinstance(response.stream, httpx2.AsyncByteStream):
            return response
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_GuardedStream(response.stream, self._deadlines.between_chunks),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()

    def _seconds_for_headers(self, request: httpx2.Request) -> float:
        limits = request.extensions.get("timeout", {})
        streamed_read = max(self._deadlines.first_byte, self._deadlines.between_chunks)
        read: float = limits.get("read") or self._deadlines.turn
        # Headers come after the connection, which has seconds of its own.
        return self._deadlines.connect + (self._deadlines.first_byte if read <= streamed_read else read)


class _GuardedStream(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, seconds: float) -> None:
        self._inner = inner
        self._seconds = seconds

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = self._inner.__aiter__()
        while True:
            try:
                async with asyncio.timeout(self._seconds):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                return
            except (TimeoutError, httpx2.ReadTimeout) as error:
                raise DeadlineExceeded("between_chunks", self._seconds) from error
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


def _cap_retry_after(headers: httpx2.Headers, cap: float) -> None:
    """Rewrite both header forms that the SDK honours, so that neither asks for more than `cap` seconds."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        if name not in headers:
            continue
        seconds = _seconds_of(headers[name], unit)
        # Without a header that can be read the SDK chooses a short pause by itself.
        if seconds is None or not math.isfinite(seconds):
            del headers[name]
        else:
            headers[name] = f"{min(max(seconds, 0.0), cap) * unit:g}"


def _seconds_of(value: str, unit: float) -> float | None:
    try:
        return float(value) / unit
    except ValueError:
        pass
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    # A date without a zone is naive, and comparing it would raise in the middle of a retry.
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - datetime.now(UTC)).total_seconds()
