"""The cache, and what a running conversation keeps in Redis (`ultracore.cache.stores.service`)."""

from ultracore.cache.cache_manager import CacheManager
from ultracore.cache.cached import cached
from ultracore.cache.client import RedisClient
from ultracore.cache.redis_cache import RedisCache

__all__ = [
    "CacheManager",
    "RedisCache",
    "RedisClient",
    "cached",
]
