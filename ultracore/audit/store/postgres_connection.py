"""Connections to the audit database on PostgreSQL, as `Connection` describes them.

asyncpg is asynchronous and the record's threads are not: each connection has an event loop of its own, which runs
while a statement does, in the thread that asked.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final, TypeVar
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]

from ultracore.audit.database import CommitUnknown, Conflict, DatabaseError, Row, TryAgain
from ultracore.audit.store.postgres_errors import translated
from ultracore.vacuum import RowsStillSeen, rewrite_table

T = TypeVar("T")

_MOST_STATEMENTS: Final = 200
# Advisory locks are bare numbers: this one keeps ours apart from those of other programs in the database.
_LOCKS: Final = int.from_bytes(b"ULTR", "big")
_JOBS, _POSITIONS, SCHEMA_LOCK = 1, 2, 3
_LOCK_HEADS: Final = (
    "SELECT stream_id, sequence, hash FROM streams WHERE stream_id = ANY(?::text[]) ORDER BY stream_id FOR UPDATE"
)


def lock_statement(number: int) -> str:
    """SQL that takes one of this program's advisory locks until the end of the transaction."""
    return f"SELECT pg_advisory_xact_lock({_LOCKS}, {number})"


class PostgresRows:
    """See `Rows`."""

    def __init__(self, rows: Iterable[Any], status: str | None) -> None:
        self._rows = iter([tuple(row) for row in rows])
        self._status = status or ""

    @property
    def rowcount(self) -> int:
        """See `Rows.rowcount`."""
        count = self._status.rpartition(" ")[2]
        return int(count) if count.isdecimal() else -1

    def fetchone(self) -> Row | None:
        """See `Rows.fetchone`."""
        return next(self._rows, None)

    def fetchall(self) -> list[Row]:
        """See `Rows.fetchall`."""
        return list(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return self._rows


class OwnLoop:
    """An event loop that runs only while a thread waits for an answer. For one thread at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.SelectorEventLoop()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """The outcome of `work`. A caller inside another event loop holds that one up meanwhile."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self._loop.run_until_complete(work)
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(self._loop.run_until_complete, work).result()

    def close(self) -> None:
        """End what still runs, and the loop."""
        self.wait(_end_tasks())
        self._loop.close()


class PostgresConnection:
    """See `Connection`."""

    body: ClassVar[str] = "body"

    def __init__(self, loop: OwnLoop, link: Any) -> None:
        self._loop = loop
        self._link = link
        self._statements: dict[str, Any] = {}
        self._open_pages = 0

    @property
    def in_transaction(self) -> bool:
        """See `SqlConnection.in_transaction`."""
        return not self._link.is_closed() and bool(self._link.is_in_transaction())

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> PostgresRows:
        """See `SqlConnection.execute`."""
        if sql in ("COMMIT", "ROLLBACK"):
            self._end(sql)
            return PostgresRows((), None)
        return self._wait(lambda: self._fetch(sql, parameters))

    def rewrite_table(self, table: str) -> None:
        """Leave no replaced row in the table's file. Raises `DatabaseError`, as when a transaction sees one."""
        try:
            self._wait(lambda: rewrite_table(self._link, table))
        except RowsStillSeen as exc:
            raise DatabaseError(str(exc)) from None

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> PostgresRows:
        """See `SqlConnection.executemany`."""
        rows = list(parameters)
        self._wait(lambda: self._fetch_none(sql, rows))
        return PostgresRows((), None)

    def pages(self, sql: str, parameters: Sequence[Any], size: int) -> Iterator[list[Row]]:
        """See `SqlConnection.pages`. A cursor lives in a transaction, which ends with the last of them."""
        borrowed = self.in_transaction and self._open_pages == 0
        if not self.in_transaction:
            self.begin_snapshot()
        self._open_pages += 1
        try:
            cursor = self._wait(lambda: self._cursor(sql, parameters))
            while rows := self._wait(lambda: cursor.fetch(size)):
                yield [tuple(row) for row in rows]
        finally:
            self._open_pages -= 1
            if self._open_pages == 0 and not borrowed and self.in_transaction:
                with contextlib.suppress(DatabaseError):
                    self._end("ROLLBACK")

    def begin_append(self) -> None:
        """See `SqlConnection.begin_append`."""
        # A snapshot from before the row locks would show heads that another process has moved since.
        self._simple("BEGIN ISOLATION LEVEL READ COMMITTED")

    def begin_job(self) -> None:
        """See `SqlConnection.begin_job`."""
        self._simple(f"BEGIN ISOLATION LEVEL READ COMMITTED; {lock_statement(_JOBS)}")

    def begin_snapshot(self) -> None:
        """See `SqlConnection.begin_snapshot`."""
        self._simple("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def lock_heads(self, streams: Iterable[str]) -> dict[str, tuple[int, str]]:
        """See `SqlConnection.lock_heads`. All transactions lock in the same order, so that none wait in a ring.

        What two processes begin at the same time is decided by the uniqueness of an event's place.
        """
        rows = self.execute(_LOCK_HEADS, (list(streams),))
        return {stream: (sequence, hash_) for stream, sequence, hash_ in rows}

    def hold_positions(self) -> None:
        """See `SqlConnection.hold_positions`."""
        self.execute(lock_statement(_POSITIONS))

    def close(self) -> None:
        """See `SqlConnection.close`."""
        self._statements.clear()
        self._loop.wait(_hang_up(self._link))
        self._loop.close()

    def _simple(self, sql: str) -> str:
        return str(self._wait(lambda: self._link.execute(sql)))

    def _end(self, sql: str) -> None:
        try:
            answered = self._simple(sql)
        except TryAgain as exc:
            raise (CommitUnknown(str(exc)) if sql == "COMMIT" else exc) from exc
        # A COMMIT of a failed transaction is answered by ROLLBACK, without an error.
        if answered != sql:
            raise DatabaseError("the transaction had failed, nothing of it was kept")

    def _wait(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        try:
            return self._loop.wait(work())
        except Exception as exc:
            problem = translated(exc)
            if isinstance(problem, TryAgain):
                # No caller waits any more for what is under way on this connection.
                self._loop.wait(_hang_up(self._link))
            raise problem from exc

    async def _fetch(self, sql: str, parameters: Sequence[Any]) -> PostgresRows:
        statement = await self._statement(sql)
        rows = await statement.fetch(*parameters)
        return PostgresRows(rows, statement.get_statusmsg())

    async def _fetch_none(self, sql: str, rows: list[Sequence[Any]]) -> None:
        await (await self._statement(sql)).executemany(rows)

    async def _cursor(self, sql: str, parameters: Sequence[Any]) -> Any:
        return await (await self._statement(sql)).cursor(*parameters)

    async def _statement(self, sql: str) -> Any:
        statement = self._statements.get(sql)
        if statement is None:
            if len(self._statements) >= _MOST_STATEMENTS:
                self._statements.clear()
            statement = self._statements[sql] = await self._link.prepare(numbered(sql))
        return statement


def numbered(sql: str) -> str:
    """`sql` with `$1`, `$2`, … for its question marks. No text in our SQL has one."""
    first, *others = sql.split("?")
    return first + "".join(f"${place}{part}" for place, part in enumerate(others, 1))


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """See `Database`. `url` begins with `postgresql://` and is never shown: it may hold a password."""

    url: str = field(repr=False)
    connect_seconds: float = 5.0
    write_seconds: float = 5.0
    """The server's limit for a statement of the writer; the client waits a second longer before it gives up."""
    read_seconds: float = 120.0
    lock_seconds: float = 5.0
    idle_seconds: float = 10.0
    """A process that stopped inside a transaction keeps its locks no longer than this."""
    errors: ClassVar[tuple[type[Exception], ...]] = (DatabaseError,)
    conflicts: ClassVar[tuple[type[Exception], ...]] = (Conflict,)

    @property
    def place(self) -> str:
        """Database and host, for operators."""
        parts = urlsplit(self.url)
        return f"{parts.path.lstrip('/') or 'the default database'} on {parts.hostname or 'the local socket'}"

    def connect(self, *, read_only: bool = False) -> PostgresConnection:
        """See `Database.connect`."""
        loop = OwnLoop()
        try:
            return PostgresConnection(loop, loop.wait(self.link(read_only=read_only)))
        except BaseException as exc:
            loop.close()
            if isinstance(exc, Exception):
                raise translated(exc) from None  # the cause may quote the address
            raise

    def scrub(self) -> None:
        """See `Database.scrub`: the table of keys is written anew.

        The server's write-ahead log keeps what was there until the segment is recycled, and an archive of it or a
        backup for as long as the operator keeps that.
        """
        patient = replace(self, write_seconds=self.read_seconds)  # it takes longer the more keys there are
        with contextlib.closing(patient.connect()) as db:
            db.rewrite_table("sealing_keys")

    async def link(self, *, read_only: bool = False) -> Any:
        """A connection of asyncpg in the running loop. Raises what asyncpg raises."""
        seconds = self.read_seconds if read_only else self.write_seconds
        settings = {
            "application_name": "ultracore-audit",
            # Asked for, because server or role may be set to `off`, and an acknowledged event must be on disk.
            "synchronous_commit": "on",
            "statement_timeout": _milliseconds(seconds),
            "lock_timeout": _milliseconds(self.lock_seconds),
            "idle_in_transaction_session_timeout": _milliseconds(seconds if read_only else self.idle_seconds),
            "default_transaction_read_only": "on" if read_only else "off",
        }
        return await asyncpg.connect(
            self.url,
            timeout=self.connect_seconds,
            command_timeout=seconds + 1,
            statement_cache_size=0,
            server_settings=settings,
        )


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))


async def _hang_up(link: Any) -> None:
    """Without a goodbye: a server that does not answer would make us wait for one, and needs none."""
    link.terminate()


async def _end_tasks() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    # Closed transports report in the next round of the loop, and warn if it never comes.
    await asyncio.sleep(0)
