"""Servers of Redis and the connections to them: one server, a cluster, or whichever one the sentinels name."""

from ultracore.cache.nodes.addresses import RedisEndpoint
from ultracore.cache.nodes.errors import LOST, VENDOR_ERRORS, may_be_done, translate
from ultracore.cache.nodes.opening import topology_of
from ultracore.cache.nodes.pool import Argument, Command, NodePool, PoolUse
from ultracore.cache.nodes.subscription import Subscription
from ultracore.cache.nodes.topology import NodeRoute

__all__ = [
    "LOST",
    "VENDOR_ERRORS",
    "Argument",
    "Command",
    "NodePool",
    "NodeRoute",
    "PoolUse",
    "RedisEndpoint",
    "Subscription",
    "may_be_done",
    "topology_of",
    "translate",
]
