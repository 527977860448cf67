"""Who really asks, when proxies of the bank stand in front: address and scheme, from listed proxies only.

`X-Forwarded-For` is a list that each proxy appends to, and what a browser sends stands at its left. So it is
read from the right, over the hops that are listed, to the first address that is not: what stands left of that may
be made up.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ultracore.errors import OperatorError
from ultracore.oidc import PASSED_ON

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# A header of thousands of hops would be parsed at every request; no bank has so many proxies.
MAX_HOPS = 20


def networks_of(setting: Sequence[str], name: str = "ULTRACORE_TRUSTED_PROXIES") -> tuple[Network, ...]:
    """The networks of a setting; none for `none`. Raises `OperatorError` for what is no CIDR."""
    if tuple(one.lower() for one in setting) == ("none",):
        return ()
    try:
        return tuple(ipaddress.ip_network(one) for one in setting)
    except ValueError as error:
        raise OperatorError(
            f"{name} must be networks such as 10.0.0.0/8, or none: {error}.",
            code="settings.networks",
        ) from error


class TrustedProxies:
    """ASGI middleware in front of everything: puts the browser's address and scheme in place of the peer's, and
    says in the scope whether the peer is one of the proxies."""

    def __init__(self, app: ASGIApp, proxies: Sequence[Network]) -> None:
        self._app = app
        self._proxies = tuple(proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            scope[PASSED_ON] = self._is_proxy(_peer(scope))
            if scope[PASSED_ON]:
                self._believe(scope)
        await self._app(scope, receive, send)

    def _believe(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        scope["client"] = (self._browser(headers.getlist("x-forwarded-for"), _peer(scope)), 0)
        # The last value, which our own proxy has added.
        scheme = headers.get("x-forwarded-proto", "").split(",")[-1].strip().lower()
        if scheme in ("http", "https"):
            scope["scheme"] = scheme.replace("http", "ws") if scope["type"] == "websocket" else scheme

    def _browser(self, forwarded: Sequence[str], peer: str) -> str:
        """The first address from the right that is none of our proxies; the last one believed if all are."""
        hops = [hop.strip() for line in forwarded for hop in line.split(",")][-MAX_HOPS:]
        believed = peer
        for hop in reversed(hops):
            address = _address(hop)
            # Something that is no address was written by a stranger, and so may be everything left of it.
            if address is None:
                return believed
            believed = address
            if not self._is_proxy(address):
                return believed
        return believed

    def _is_proxy(self, address: str) -> bool:
        return is_within(address, self._proxies)


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """True for an address in one of the networks; False for what is no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _address(hop: str) -> str | None:
    """The address of a hop, which may carry a port and, for IPv6, brackets; None for anything else."""
    bare = hop[1:].partition("]")[0] if hop.startswith("[") else hop
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return None
