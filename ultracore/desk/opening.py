"""Opens the desk over an open bank and record."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from ultracore.audit import AuditStore, AuditTrail
from ultracore.banking import Bank
from ultracore.desk.parts import DeskParts
from ultracore.desk.rules import read_queue_rules
from ultracore.desk.watching import QueueWatch


def open_desk(
    stack: AsyncExitStack, store: AuditStore, bank: Bank, trail: AuditTrail, folder: Path | None
) -> DeskParts:
    """The desk's parts, and the reader that fills its queue until the stack ends.

    Raises `OperatorError` if the rules in `folder` cannot be used.
    """
    rules = read_queue_rules(folder)
    watch = QueueWatch(store, bank, rules)
    watch.start()
    stack.push_async_callback(watch.stop)
    return DeskParts(bank=bank, trail=trail, rules=rules)
