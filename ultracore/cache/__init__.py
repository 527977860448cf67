"""The published cache, and the client and limits that everything in Redis is built on.

What a running conversation keeps is in `ultracore.cache.stores`, the embedded server in `ultracore.cache.server`.
"""

from ultracore.cache.cache_manager import CacheManager
from ultracore.cache.cached import cached
from ultracore.cache.client import RedisClient
from ultracore.cache.limits import RateDecision, RateLimiter
from ultracore.cache.metrics import CacheMetrics
from ultracore.cache.redis_cache import RedisCache

__all__ = [
    "CacheManager",
    "CacheMetrics",
    "RateDecision",
    "RateLimiter",
    "RedisCache",
    "RedisClient",
    "cached",
]
