"""A table of PostgreSQL written anew, so that no row that was replaced is left in its file.

`VACUUM (FULL)` keeps a row that any transaction under way may still see, and reports it in words only.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final

PATIENCE_SECONDS: Final = 10.0
"""Longer than a read of ours may take, so that the reads under way have ended before it gives up."""
_PAUSE_SECONDS: Final = 0.1
# The sentence follows the server's language, the number in front of it does not.
_KEPT: Final = re.compile(r"\s*(\d+)\s")


class RowsStillSeen(Exception):
    """A transaction that is still under way may see a replaced row, so the row is still in the table's file."""


async def rewrite_table(link: Any, table: str, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Write `table` anew over `link`, a connection of asyncpg, until none of its replaced rows is left.

    Writers of the table wait meanwhile. Raises `RowsStillSeen` after `seconds`, and what asyncpg raises.
    """
    loop = asyncio.get_running_loop()
    gives_up = loop.time() + seconds
    while await _kept(link, table):
        if loop.time() >= gives_up:
            raise RowsStillSeen(f"a transaction under way may still see replaced rows of {table}")
        await asyncio.sleep(_PAUSE_SECONDS)


async def _kept(link: Any, table: str) -> bool:
    """Rewrite the table once; True if replaced rows are left, or the server does not say how many."""
    reports: list[str] = []

    def note(_link: object, message: Any) -> None:
        reports.append(message.detail or "")

    link.add_log_listener(note)
    try:
        await link.execute(f"VACUUM (FULL, VERBOSE) {table}")
        await asyncio.sleep(0)  # the driver calls its listeners in the loop's next round
    finally:
        link.remove_log_listener(note)
    counts = [int(match[1]) for report in reports if (match := _KEPT.match(report))]
    return not counts or any(counts)
