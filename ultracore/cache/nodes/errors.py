"""One translation of the library's errors."""

from __future__ import annotations

from redis import exceptions

from ultracore.errors import CacheUnavailable

VENDOR_ERRORS: tuple[type[Exception], ...] = (
    exceptions.RedisError,
    exceptions.RedisClusterException,
    exceptions.CrossSlotTransactionError,
    exceptions.InvalidPipelineStack,
    exceptions.ChildDeadlockedError,
    exceptions.IncorrectPolicyType,
    OSError,  # holds the builtin TimeoutError and ConnectionError, which are not the library's
    EOFError,
)

# The most specific class first.
_CODES: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.BusyLoadingError, "cache.loading"),
    (exceptions.AuthenticationError, "cache.unauthorised"),
    (exceptions.AuthorizationError, "cache.unauthorised"),
    (exceptions.NoPermissionError, "cache.unauthorised"),
    (exceptions.OutOfMemoryError, "cache.full"),
    (exceptions.ReadOnlyError, "cache.read_only"),
    (exceptions.ClusterDownError, "cache.cluster_down"),
    (exceptions.ClusterCrossSlotError, "cache.failed"),
    (exceptions.MaxConnectionsError, "cache.busy"),
    (exceptions.TimeoutError, "cache.timeout"),
    (TimeoutError, "cache.timeout"),
    (exceptions.ConnectionError, "cache.unreachable"),
    (OSError, "cache.unreachable"),
    (EOFError, "cache.unreachable"),
)

# A connection that broke: the server may or may not have done the command.
LOST = (exceptions.ConnectionError, ConnectionError, EOFError)
TIMED_OUT = (exceptions.TimeoutError, TimeoutError)


class NeverSentError(exceptions.ConnectionError):
    """No connection came about, so that the server has seen nothing of the command."""


def may_be_done(error: Exception) -> bool:
    """True if the server may have done the command, and its reply was lost."""
    return isinstance(error, LOST) and not isinstance(error, NeverSentError)


def translate(error: Exception) -> CacheUnavailable:
    """Our error for one of the library's. The operator's message has the class, never a key or a value."""
    cause = error.__cause__ if isinstance(error, NeverSentError) and error.__cause__ is not None else error
    code = next((code for kind, code in _CODES if isinstance(cause, kind)), "cache.failed")
    # The library's own text can quote the command, and with it a person's words.
    return CacheUnavailable(f"Redis did not do its work: {type(cause).__name__}.", code=code)
