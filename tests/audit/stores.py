"""The databases that one contract suite runs over: a SQLite file, and a database on the test run's PostgreSQL."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr

from tests.support.deadlines import PATIENCE
from ultracore.audit import AuditEvent, AuditEventType, AuditStore, Draft, Subject
from ultracore.audit.canonical import NO_HASH, canonical, event_hash, strict_object
from ultracore.audit.defaults import heads_path, open_reader, open_store, signing_key
from ultracore.audit.heads import HeadSealer, HeadsFile
from ultracore.audit.sealing import load_public_key
from ultracore.audit.store import RecordReader, StoredEvent
from ultracore.audit.verify import Verdict, verify_store
from ultracore.settings import Settings

T = TypeVar("T")
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
CUSTOMER_SUBJECT = Subject("customer", "tenant_1", "cust_1")


def a_draft(event_id: str, stream_id: str = "conv-1", text: str = "hello") -> Draft:
    """A customer's message."""
    event = AuditEvent(
        event_id, AuditEventType.USER_MESSAGE, NOW, "tenant_1", stream_id=stream_id, metadata={"text": text}
    )
    return Draft(event, CUSTOMER_SUBJECT)


@dataclass(slots=True)
class Place:
    """Where a record of its own lies. Whatever was opened is closed by `close`."""

    url: str
    home: Path
    opened: list[AuditStore] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        """Settings that name this place."""
        return Settings(data_dir=self.home, audit_database_url=SecretStr(self.url))

    async def open(self) -> AuditStore:
        """A store of its own over the record, as another process would have it."""
        store = await open_store(self.settings)
        self.opened.append(store)
        return store

    async def close(self) -> None:
        """Close what is open."""
        for store in self.opened:
            await store.close()

    def sealer(self, store: AuditStore) -> HeadSealer:
        """A sealer over a store of this place."""
        return HeadSealer(store, signing_key(self.settings), HeadsFile(heads_path(self.settings)))

    async def ask(self, question: Callable[[RecordReader], T]) -> T:
        """An answer of the reader that the command line uses, in a thread."""

        def answer() -> T:
            with open_reader(self.settings, keys=True) as reader:
                return question(reader)

        return await asyncio.to_thread(answer)

    async def stored(self, stream_id: str | None = None) -> list[StoredEvent]:
        """The rows of a stream in order, or all of them in the order in which they became durable."""
        if stream_id is None:
            return await self.ask(lambda reader: list(reader.stored()))
        return await self.ask(lambda reader: list(reader.of_stream(stream_id)))

    async def verify(self) -> Verdict:
        """What `ultracore audit verify` finds."""
        public = load_public_key(signing_key(self.settings).public_pem().encode())
        return await self.ask(partial(verify_store, public_key=public, heads_file=heads_path(self.settings)))


def hold_together(rows: list[StoredEvent]) -> None:
    """Assert that the rows are one gapless chain from the first event on, each in its canonical form."""
    before = NO_HASH
    for due, row in enumerate(rows, 1):
        wire = strict_object(row.body)
        assert (row.sequence, wire["sequence"], wire["prev_hash"]) == (due, due, before)
        assert canonical(wire) == row.body
        assert event_hash(before, row.body) == row.hash
        before = row.hash


class Worker:
    """A process that appends for ever and prints each event's place once it is acknowledged."""

    def __init__(self, place: Place, name: str, *, count: int = 1_000_000) -> None:
        self._output = place.home / f"{name}.out"
        command = [sys.executable, "-m", "tests.audit.store_worker", str(place.home), place.url, name, str(count)]
        with self._output.open("wb") as file:
            self._process = subprocess.Popen(command, stdout=file, stdin=subprocess.DEVNULL, cwd=ROOT)

    def acknowledged(self) -> list[tuple[str, int, str]]:
        """Stream, sequence and hash of every event; a last line that the kill cut does not count."""
        lines = self._output.read_text().split("\n")[:-1]
        return [(stream, int(sequence), hash_) for stream, sequence, hash_ in (line.split() for line in lines)]

    async def wait_for(self, events: int, *, seconds: float = PATIENCE) -> None:
        """Return once so many events are acknowledged."""
        deadline = time.monotonic() + seconds
        while len(self.acknowledged()) < events:
            assert time.monotonic() < deadline, "the worker wrote too little"
            assert self._process.poll() in (None, 0), "the worker failed"
            await asyncio.sleep(0.01)

    async def end(self) -> int:
        """Its exit code, once it has ended by itself."""
        return await asyncio.to_thread(self._process.wait, PATIENCE)

    def kill(self) -> None:
        """SIGKILL. Harmless where it has ended."""
        self._process.kill()
        self._process.wait()


async def until(question: Callable[[], Awaitable[bool]], *, seconds: float = PATIENCE) -> None:
    """Return once the answer is yes."""
    async with asyncio.timeout(seconds):
        while not await question():  # noqa: ASYNC110 - a database cannot set an event
            await asyncio.sleep(0.02)
