"""`ultracore serve` that kills itself with SIGKILL between the ledger's entry and the record of its outcome."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from ultracore.audit import TurnRecord
from ultracore.cli.main import main

whole = TurnRecord.tool_executed


async def _die_after_money(record: TurnRecord, *arguments: Any, **details: Any) -> Any:
    if details.get("proposal"):
        os.kill(os.getpid(), signal.SIGKILL)
    return await whole(record, *arguments, **details)


if __name__ == "__main__":
    setattr(TurnRecord, "tool_executed", _die_after_money)  # noqa: B010 - a method is replaced, which mypy forbids
    sys.exit(main(["serve"]))
