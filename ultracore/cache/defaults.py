"""What the published constructors use when they are given nothing: the settings, else the embedded server.

Here alone this package reads settings. The embedded server of a data directory is shared by everybody in
this process who asks for it, and ends with the last of them; if another process runs it already, that
one is used.
"""

from __future__ import annotations

import asyncio
import atexit
import hashlib
import hmac
import os
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ultracore.cache.client import RedisEndpoint
from ultracore.cache.server.service import EmbeddedRedis, running_endpoint
from ultracore.errors import OperatorError
from ultracore.settings import Settings, load_settings

_ATTACH_SECONDS = 2.0
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class DefaultServer:
    """A server to use until `release` is called. `release` blocks for the server's end if it is the last."""

    endpoint: RedisEndpoint
    release: Callable[[], None]


def configured_endpoint(settings: Settings) -> RedisEndpoint | None:
    """The servers of `REDIS_URL`, else the one of `REDIS_HOST`, `REDIS_PORT` and `REDIS_PASSWORD`.

    None if none of them is set and the embedded one is meant.
    """
    password = settings.redis_password
    if settings.redis_url is not None:
        return RedisEndpoint(url=settings.redis_url.get_secret_value())
    if not settings.has_redis:
        return None
    return RedisEndpoint(
        host=settings.redis_host or "localhost",
        port=settings.redis_port,
        password=None if password is None else password.get_secret_value(),
    )


def cache_secret(settings: Settings) -> bytes:
    """The 32 bytes that sign pickled values and key the digests of user names.

    Derived from the master key file, so that replicas agree. If there is none yet, from a file `cache.key` that
    is made in the data directory, readable by its owner only.
    """
    for path in (settings.wrapping_key_file, settings.data_path / "cache.key"):
        if path.is_file():
            return _derive(path.read_bytes())
    return _derive(_make_key(settings.data_path / "cache.key"))


def default_secret() -> bytes:
    """`cache_secret` of the environment's settings."""
    return cache_secret(load_settings())


async def default_server() -> DefaultServer:
    """`server_of` the environment's settings."""
    return await server_of(load_settings())


async def server_of(settings: Settings) -> DefaultServer:
    """The configured server, or a share in the embedded one. Raises `OperatorError`."""
    endpoint = configured_endpoint(settings)
    if endpoint is not None:
        return DefaultServer(endpoint, lambda: None)
    return await asyncio.to_thread(_shares.take, settings.data_path)


class _Shares:
    """The embedded servers that this process has started for defaults, each with its number of users."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._servers: dict[Path, tuple[EmbeddedRedis, int]] = {}

    def take(self, data: Path) -> DefaultServer:
        gives_up = time.monotonic() + _ATTACH_SECONDS
        while True:
            try:
                return self._take_own(data)
            except OperatorError as error:
                if error.code != "data_dir.in_use" or time.monotonic() > gives_up:
                    raise
            # For a moment neither works: while the other process starts its server, and while it ends it.
            endpoint = running_endpoint(data)
            if endpoint is not None:
                return DefaultServer(endpoint, lambda: None)
            time.sleep(_POLL_SECONDS)

    def _take_own(self, data: Path) -> DefaultServer:
        with self._lock:
            server, users = self._servers.get(data, (EmbeddedRedis(data), 0))
            endpoint = server.open()
            # A program that never disconnects still stops its server in order.
            if not self._servers:
                atexit.register(self.close)
            self._servers[data] = server, users + 1
        return DefaultServer(endpoint, partial(self._give_back, data))

    def _give_back(self, data: Path) -> None:
        with self._lock:
            server, users = self._servers.pop(data, (None, 0))
            if server is not None and users > 1:
                self._servers[data] = server, users - 1
            elif server is not None:
                server.close()

    def close(self) -> None:
        with self._lock:
            for server, _ in self._servers.values():
                server.close()
            self._servers.clear()


_shares = _Shares()


def _derive(master: bytes) -> bytes:
    return hmac.digest(master, b"ultracore cache, version 1", hashlib.sha256)


def _make_key(path: Path) -> bytes:
    """Write a new key, unless another process has just done so. The name appears with its content complete."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    draft.touch(mode=0o600, exist_ok=False)
    try:
        draft.write_bytes(secrets.token_bytes(32))
        # A link fails if the name exists; a rename would replace the key that another process has just made.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_bytes()
