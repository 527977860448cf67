"""Which addresses may be asked at all: https, and private networks only if an operator has listed them."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def may_be_fetched(address: str, *, demo: bool) -> bool:
    """True for https without a password in it; in a demo also for http on this machine itself."""
    parts = split(address)
    if parts is None or not parts.hostname or parts.username is not None or parts.fragment:
        return False
    return is_safe(parts.scheme, parts.hostname, demo=demo)


def is_safe(scheme: str, host: str | None, *, demo: bool) -> bool:
    """https; in a demo also http on this machine itself."""
    return scheme == "https" or (scheme == "http" and demo and _is_loopback(host or ""))


def split(address: str) -> SplitResult | None:
    """The parts of an address; None if it is none."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts


@dataclass(frozen=True, slots=True)
class Reach:
    """The machines that may be asked: those of the internet, and those of the networks listed."""

    networks: Sequence[Network] = ()
    loopback: bool = False

    def allows(self, machine: str) -> bool:
        """Whether this address of a machine, as a resolver gives it, may be asked."""
        address = _address_of(machine)
        if address is None or address.is_multicast or address.is_unspecified:
            return False
        listed = any(address in network for network in self.networks)
        return listed or (self.loopback and address.is_loopback) or address.is_global


def _address_of(machine: str) -> Address | None:
    try:
        address = ipaddress.ip_address(machine.partition("%")[0])
    except ValueError:
        return None
    # An IPv4 address can be written as one of IPv6, and is as private in that form.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
