"""Random bytes of the operating system, fetched many at a time: a call for each event costs more than the event.

No piece is given out twice: `list.pop` is atomic, and a child process begins with none of its parent's.
"""

from __future__ import annotations

import os
from typing import Final

_AT_ONCE: Final = 128


class RandomPieces:
    """Pieces of `size` bytes, each given out once. May be used from any thread."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._ready: list[bytes] = []
        os.register_at_fork(after_in_child=self._ready.clear)

    def take(self) -> bytes:
        """A piece that no other caller gets."""
        try:
            return self._ready.pop()
        except IndexError:
            fetched = os.urandom(self._size * _AT_ONCE)
            pieces = [fetched[start : start + self._size] for start in range(0, len(fetched), self._size)]
            self._ready += pieces[1:]
            return pieces[0]
