"""Named places at which a process of ours kills itself with SIGKILL, at the n-th time that it comes there."""

from __future__ import annotations

import inspect
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

from ultracore.audit import TurnRecord
from ultracore.audit.kafka.producer import Publisher
from ultracore.audit.kafka.service import KafkaRelay
from ultracore.audit.store.appender import Appender
from ultracore.audit.vocabulary import ApprovalGiven, Event, ToolExecuted
from ultracore.banking.proposals import ProposalsService
from ultracore.banking.proposals import service as proposals


@dataclass(frozen=True, slots=True)
class Place:
    """Before or after a step, the attribute `name` of `owner`; `often` is how often a short run comes there.

    Of `TurnRecord.write` only the events of the class `of` count.
    """

    owner: Any
    name: str
    moment: Literal["before", "after"]
    often: int = 3
    of: type[Event] | None = None


PLACES = {
    "claimed, not recorded": Place(TurnRecord, "write", "before", of=ApprovalGiven),
    "intent recorded, not settled": Place(ProposalsService, "settle", "before"),
    "in the settling transaction": Place(proposals, "carry_out", "after"),
    "settled, outcome not recorded": Place(TurnRecord, "write", "before", of=ToolExecuted),
    "in the group commit": Place(Appender, "_insert", "after", 60),
    "committed, not acknowledged": Place(Appender, "append", "after", 60),
    "read, not published": Place(Publisher, "publish", "before", 8),
    "published, not marked": Place(KafkaRelay, "_mark", "before", 8),
}


def arm(place: Place, number: int) -> None:
    """From now on this process dies at its `number`-th coming (from 1) to the place."""
    comings = count(1)
    _arm(place, lambda: next(comings) == number)


def arm_by_file(place: Place, file: Path) -> None:
    """From now on this process dies at the place if `file` exists, which it takes away: one process dies of it."""

    def taken() -> bool:
        try:
            file.unlink()
        except FileNotFoundError:
            return False
        return True

    _arm(place, taken)


def _arm(place: Place, now: Callable[[], bool]) -> None:
    whole = getattr(place.owner, place.name)
    async_step = inspect.iscoroutinefunction(whole)
    make = _before if place.moment == "before" else (_after_awaiting if async_step else _after)

    def due(*arguments: Any) -> bool:
        counts = place.of is None or isinstance(arguments[-1], place.of)
        return counts and now()

    setattr(place.owner, place.name, make(whole, due))


def _before(whole: Callable[..., Any], due: Callable[..., bool]) -> Callable[..., Any]:
    def step(*arguments: Any, **named: Any) -> Any:
        if due(*arguments):
            die()
        return whole(*arguments, **named)

    return step


def _after(whole: Callable[..., Any], due: Callable[..., bool]) -> Callable[..., Any]:
    def step(*arguments: Any, **named: Any) -> Any:
        result = whole(*arguments, **named)
        if due(*arguments):
            die()
        return result

    return step


def _after_awaiting(whole: Callable[..., Any], due: Callable[..., bool]) -> Callable[..., Any]:
    async def step(*arguments: Any, **named: Any) -> Any:
        result = await whole(*arguments, **named)
        if due(*arguments):
            die()
        return result

    return step


def die() -> None:
    """SIGKILL to this process alone."""
    os.kill(os.getpid(), signal.SIGKILL)
