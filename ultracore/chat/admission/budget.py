"""What one person may ask of this process in a minute, counted before any work is done for it."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable

# The one that was counted longest ago goes: a memory that anybody could fill from outside needs an end.
MOST_PEOPLE = 20_000


class Budget:
    """At most `limit` admissions a key in any `seconds`. In memory: what is refused costs next to nothing.

    The exact limits over all processes are in Redis. This one is a little wider, and keeps a flood from becoming
    work before it gets there.
    """

    def __init__(self, limit: int, seconds: float = 60.0, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._seconds = seconds
        self._clock = clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def admits(self, key: str) -> bool:
        """Count one and say whether it is within the budget. What is refused is not counted."""
        now = self._clock()
        times = self._times.pop(key, None) or deque()
        # A sliding window: with fixed minutes twice the limit would fit around the turn of one.
        while times and times[0] <= now - self._seconds:
            times.popleft()
        within = len(times) < self._limit
        if within:
            times.append(now)
        self._times[key] = times
        if len(self._times) > MOST_PEOPLE:
            self._times.popitem(last=False)
        return within
