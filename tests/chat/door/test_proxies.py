"""A browser's address is read from the right of the list, over listed proxies, and never from anybody else."""

from __future__ import annotations

import pytest
from starlette.types import Message, Receive, Scope, Send

from ultracore.chat.door import TrustedProxies, networks_of
from ultracore.errors import OperatorError


async def seen(proxies: str, peer: str, *forwarded: str, proto: str = "", kind: str = "http") -> tuple[str, str]:
    """The address and the scheme that the app behind gets to see."""
    found: list[tuple[str, str]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append((scope["client"][0], scope["scheme"]))

    async def nothing() -> Message:
        return {}

    async def ignore(message: Message) -> None:
        return None

    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    headers += [(b"x-forwarded-proto", proto.encode())] if proto else []
    scheme = "ws" if kind == "websocket" else "http"
    scope: Scope = {"type": kind, "client": (peer, 1), "scheme": scheme, "headers": headers}
    await TrustedProxies(app, networks_of(proxies.split(",")))(scope, nothing, ignore)
    return found[0]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.1", ("203.0.113.5",), "203.0.113.5"),
        ("10.0.0.1", ("1.1.1.1, 203.0.113.5, 10.0.0.2",), "203.0.113.5"),
        ("10.0.0.1", ("1.1.1.1", "203.0.113.5"), "203.0.113.5"),
        ("10.0.0.1", ("10.0.0.3, 10.0.0.2",), "10.0.0.3"),
        ("10.0.0.1", ("203.0.113.5:4711",), "203.0.113.5"),
        ("10.0.0.1", ("[2001:db8::1]:4711",), "2001:db8::1"),
        ("10.0.0.1", ("unknown",), "10.0.0.1"),
        ("10.0.0.1", ("203.0.113.5, <script>, 10.0.0.2",), "10.0.0.2"),
        ("10.0.0.1", (), "10.0.0.1"),
        ("192.0.2.9", ("203.0.113.5",), "192.0.2.9"),
        ("10.0.0.1", ("1.1.1.1, " * 5000 + "203.0.113.5",), "203.0.113.5"),
    ],
)
async def test_the_address_is_the_first_from_the_right_that_is_no_proxy(
    peer: str, forwarded: tuple[str, ...], address: str
) -> None:
    assert (await seen("10.0.0.0/8", peer, *forwarded))[0] == address


@pytest.mark.parametrize(
    ("peer", "proto", "kind", "scheme"),
    [
        ("10.0.0.1", "https", "http", "https"),
        ("10.0.0.1", "http, https", "http", "https"),
        ("10.0.0.1", "https", "websocket", "wss"),
        ("10.0.0.1", "gopher", "http", "http"),
        ("192.0.2.9", "https", "http", "http"),
    ],
)
async def test_the_scheme_is_a_listed_proxys_word(peer: str, proto: str, kind: str, scheme: str) -> None:
    assert (await seen("10.0.0.0/8", peer, proto=proto, kind=kind))[1] == scheme


async def test_none_believes_nobody() -> None:
    assert await seen("none", "127.0.0.1", "203.0.113.5", proto="https") == ("127.0.0.1", "http")


def test_what_is_no_network_is_an_operators_error() -> None:
    with pytest.raises(OperatorError, match="ULTRACORE_TRUSTED_PROXIES"):
        networks_of(["10.0.0.0/99"])
