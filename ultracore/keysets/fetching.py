"""Asking an address that somebody else has named: within two seconds, at most 64 KB, and from there alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import httpx2

FETCH_SECONDS: Final = 2.0
LARGEST_ANSWER: Final = 64 * 1024


class Unfetched(Exception):
    """Nothing that can be used came from the address. The message names what happened and no address."""


async def fetched(address: str) -> bytes:
    """The body at an address. Raises `Unfetched`."""
    status, body = await exchanged("GET", address)
    if status != 200:
        raise Unfetched(f"the address answers with status {status}")
    return body


async def exchanged(
    method: str,
    address: str,
    *,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    certified_as: str | None = None,
) -> tuple[int, bytes]:
    """Status and body of an answer. Raises `Unfetched`.

    `certified_as` is the host that the server's certificate must be for, if the address says a number instead.
    """
    # Without the proxies of this machine's environment; a redirect could lead to any address inside the bank.
    client = httpx2.AsyncClient(timeout=FETCH_SECONDS, follow_redirects=False, trust_env=False)
    told = {"Accept": "application/json", **(headers or {})}
    extensions = {} if certified_as is None else {"sni_hostname": certified_as}
    try:
        async with (
            asyncio.timeout(FETCH_SECONDS),
            client,
            client.stream(method, address, headers=told, data=form, extensions=extensions) as answer,
        ):
            return answer.status_code, await _body_of(answer)
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
        raise Unfetched(type(error).__name__) from error


async def _body_of(answer: httpx2.Response) -> bytes:
    body = b""
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise Unfetched("the answer is larger than 64 KB")
    return body
