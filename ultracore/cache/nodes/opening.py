"""The servers that an endpoint leads to."""

from __future__ import annotations

from ultracore.cache.nodes.addresses import Address, Kind, Login, RedisEndpoint
from ultracore.cache.nodes.pool import NodePool
from ultracore.cache.nodes.topology import OneServer, Topology


def topology_of(endpoint: RedisEndpoint, *, most: int, call_seconds: float) -> Topology:
    """The servers of an endpoint, nothing connected yet. Raises `OperatorError` for a URL that cannot be read."""
    found = endpoint.read()

    def pool(login: Login, address: Address | None) -> NodePool:
        return NodePool(login, address, most=most, call_seconds=call_seconds)

    if found.kind is Kind.CLUSTER:
        # Imported here: one server needs no table of slots.
        from ultracore.cache.nodes.cluster import Cluster

        return Cluster(found, pool)
    if found.kind is Kind.SENTINEL:
        from ultracore.cache.nodes.sentinel import WatchedMaster

        return WatchedMaster(found, pool)
    return OneServer(pool(found.login, found.seeds[0] if found.seeds else None))
