"""The statements that a piece of our code sends to its database, to be sent again by a bare driver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

_writer: ContextVar[str] = ContextVar("writer", default="")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with one or many sets of parameters, as the driver gets it."""

    sql: str
    parameters: Sequence[Sequence[Any]]


@dataclass(slots=True)
class Transaction:
    """The statements of one transaction, in order."""

    statements: list[Statement] = field(default_factory=list)

    @property
    def reads(self) -> bool:
        """True if it changes and locks nothing."""
        return all(
            one.sql.lstrip().upper().startswith(("SELECT", "WITH")) and "FOR NO KEY UPDATE" not in one.sql
            for one in self.statements
        )


def become(writer: str) -> None:
    """What this task does from now on is recorded under this name."""
    _writer.set(writer)


@contextmanager
def recorded() -> Iterator[dict[str, list[Transaction]]]:
    """What every engine of the process sends meanwhile: the transactions of each writer, in order."""
    found: dict[str, list[Transaction]] = {}
    open_now: dict[int, Transaction] = {}

    def executed(connection: Any, cursor: Any, sql: str, parameters: Any, context: Any, executemany: bool) -> None:
        if sql.startswith(("BEGIN", "PRAGMA")):
            return
        if id(connection) not in open_now:
            open_now[id(connection)] = Transaction()
            found.setdefault(_writer.get(), []).append(open_now[id(connection)])
        sets = [tuple(one) for one in parameters] if executemany else [tuple(parameters)]
        open_now[id(connection)].statements.append(Statement(sql, sets))

    def ended(connection: Any) -> None:
        open_now.pop(id(connection), None)

    listeners = (("before_cursor_execute", executed), ("commit", ended), ("rollback", ended))
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    try:
        yield found
    finally:
        for name, listener in listeners:
            event.remove(Engine, name, listener)
