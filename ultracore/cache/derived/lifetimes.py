"""How long a derived result is kept: longer each time it is used and still true, shorter when it was not.

A result's version is what makes it true, so a long life is no risk; a bounded one keeps Redis small.
"""

from __future__ import annotations

from typing import Final

SHORTEST: Final = 60.0
LONGEST: Final = 3600.0


def bounded(seconds: float) -> float:
    """The nearest lifetime that is allowed. What was read from Redis may be any number."""
    return min(max(seconds, SHORTEST), LONGEST) if seconds == seconds else SHORTEST


def after_use(seconds: float, age: float) -> float | None:
    """The next lifetime of a result that was used at this age; None while it need not be kept anew.

    Only a use in the second half of its life prolongs it, so that a hot key costs a write a minute at most.
    """
    return bounded(seconds * 2) if age >= bounded(seconds) / 2 else None


def after_change(seconds: float, age: float) -> float:
    """The lifetime of the result that takes the place of one that had become untrue at this age."""
    return bounded(seconds / 2) if age < bounded(seconds) / 2 else bounded(seconds)
