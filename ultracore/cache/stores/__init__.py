"""What a running conversation keeps in Redis: sessions, conversations, limits, locks."""

from ultracore.cache.stores.forgetting import RedisForgetting, Traces
from ultracore.cache.stores.pieces import AnswerHead, CutAnswer, OpenAnswer
from ultracore.cache.stores.service import (
    Conversations,
    LoginSessions,
    LoginThrottle,
    RedisClient,
    RuntimeStores,
    SocketBindings,
    Threads,
)

__all__ = [
    "AnswerHead",
    "Conversations",
    "CutAnswer",
    "LoginSessions",
    "LoginThrottle",
    "OpenAnswer",
    "RedisClient",
    "RedisForgetting",
    "RuntimeStores",
    "SocketBindings",
    "Threads",
    "Traces",
]
