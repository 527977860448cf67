"""Opens the desk over an open bank and record."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from ultracore.ai.persons import Persons, WaitingRoom
from ultracore.audit import AuditTrail
from ultracore.audit.index import IndexService
from ultracore.banking import Bank
from ultracore.desk.judgements import read_scorecard
from ultracore.desk.parts import DeskParts
from ultracore.desk.rules import read_queue_rules
from ultracore.desk.watching import LOOK_SECONDS, QueueWatch
from ultracore.tasks import RepeatedTask


def open_desk(
    stack: AsyncExitStack,
    bank: Bank,
    trail: AuditTrail,
    persons: Persons,
    index: IndexService,
    folder: Path | None,
) -> DeskParts:
    """The desk's parts, and the reader that fills its queue until the stack ends.

    Raises `OperatorError` if the rules or the scorecard in `folder` cannot be used.
    """
    rules, scorecard = read_queue_rules(folder), read_scorecard(folder)
    watch = QueueWatch(trail, bank, rules, persons)
    task = RepeatedTask("desk-queue", watch.step, retry=LOOK_SECONDS)
    task.start()
    stack.push_async_callback(task.stop)
    return DeskParts(bank=bank, trail=trail, rules=rules, scorecard=scorecard, persons=persons, index=index)


def waiting_room(bank: Bank, folder: Path | None) -> WaitingRoom:
    """The line of customers who wait for a person, by the rules in `folder`. Raises `OperatorError`."""
    rules = read_queue_rules(folder)
    wish = rules.person
    return WaitingRoom(bank.cases, wish.name, wish.urgency, wish.minutes, rules.hours)
