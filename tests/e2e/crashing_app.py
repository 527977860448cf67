"""`ultracore serve` that kills itself with SIGKILL between the ledger's entry and the record of its outcome."""

from __future__ import annotations

import os
import signal
import sys

from ultracore.audit import AuditEvent, TurnRecord
from ultracore.audit.vocabulary import ConversationEvent, ToolExecuted
from ultracore.cli.main import main

whole = TurnRecord.write


async def _die_after_money(record: TurnRecord, event: ConversationEvent) -> AuditEvent:
    if isinstance(event, ToolExecuted) and event.proposal:
        os.kill(os.getpid(), signal.SIGKILL)
    return await whole(record, event)


if __name__ == "__main__":
    setattr(TurnRecord, "write", _die_after_money)  # noqa: B010 - a method is replaced, which mypy forbids
    sys.exit(main(["serve"]))
