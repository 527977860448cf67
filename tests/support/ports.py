"""Ports of the loopback interface that nobody uses.

They lie below the range that the kernel gives to outgoing connections and to `bind` without a port: a server that
takes a second to start does not lose its port to a client. A file counts them for all test processes of this
machine, so that a port is given again only after thousands of others.
"""

from __future__ import annotations

import fcntl
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RANGE = range(12_000, 32_000)
_LAST = Path(tempfile.gettempdir()) / "ultracore-last-test-port"


def free_ports(count: int) -> list[int]:
    """`count` different ports of 127.0.0.1 that nobody uses and that no other test process is given soon."""
    with _counter() as following:
        return [next(port for port in following if _is_free(port)) for _ in range(count)]


def free_port() -> int:
    """One such port."""
    return free_ports(1)[0]


@contextmanager
def _counter() -> Iterator[Iterator[int]]:
    """The ports after the one that was given last, for one process at a time."""
    with _LAST.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        last = int(file.read() or RANGE.start)
        given = [last]

        def following() -> Iterator[int]:
            while True:
                given[0] = given[0] + 1 if given[0] + 1 in RANGE else RANGE.start
                yield given[0]

        yield following()
        file.truncate(0)
        file.write(str(given[0]))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
