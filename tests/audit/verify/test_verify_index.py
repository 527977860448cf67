"""Verification of the index by `audit verify --source index`."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.audit.people import a_payment
from ultracore.audit import AuditTrail
from ultracore.audit.canonical import canonical, event_hash, read_json
from ultracore.audit.defaults import heads_path, open_store, signing_key
from ultracore.audit.heads import HeadSealer, HeadsFile
from ultracore.audit.index.defaults import open_consumer
from ultracore.audit.sealing import load_public_key
from ultracore.audit.verify import BreakFound, verify_heads, verify_index
from ultracore.cli.main import main
from ultracore.settings import Settings

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(settings: Settings, capfd: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str]:
        capfd.readouterr()
        code = main(["audit", "verify", "--source", "index", *arguments])
        out, err = capfd.readouterr()
        return code, err if code else out

    return call


async def grow(settings: Settings, *sessions: str) -> None:
    """Conversations and a sign-in, under a head."""
    store = await open_store(settings)
    for session in sessions:
        await a_payment(AuditTrail(store=store), session)
    await AuditTrail(store=store).log_login("tenant_1", "teller1", success=True)
    await HeadSealer(store, signing_key(settings), HeadsFile(heads_path(settings))).stop()
    await store.close()


async def catch_up(settings: Settings) -> None:
    store = await open_store(settings)
    consumer = await open_consumer(settings, store, None)
    await consumer.catch_up()
    await consumer.close()
    await consumer.index.close()
    await store.close()


@pytest.fixture
async def indexed(settings: Settings) -> Path:
    """The file of an index over two conversations and a system stream."""
    await grow(settings, "conv-1", "conv-2")
    await catch_up(settings)
    return settings.data_path / "index.db"


def test_an_index_that_is_up_to_date_holds(run: Run, indexed: Path) -> None:
    code, said = run()
    assert (code, "29 events in 3 streams, 1 signed heads; 0 events are newer" in said) == (0, True)
    code, said = run("--session", "conv-2")
    assert (code, "10 events in 1 streams" in said) == (0, True)


def altered(published: bytes) -> bytes:
    """The event, saying something else under a hash that fits."""
    event = read_json(published)
    del event["hash"]
    event["result"] = "forged"
    return canonical({**event, "hash": event_hash(event["prev_hash"], canonical(event))})


def test_an_event_that_was_altered_or_taken_away_in_the_index_is_named(run: Run, indexed: Path) -> None:
    place = (
        "SELECT b.number, b.published FROM index_bodies b JOIN index_events e ON e.number = b.number "
        "JOIN index_streams s ON s.number = e.stream_number WHERE s.stream_id = 'conv-1' AND e.sequence = 4"
    )
    with sqlite3.connect(indexed) as db:
        number, published = db.execute(place).fetchone()
        db.execute("UPDATE index_bodies SET published = ? WHERE number = ?", (altered(published), number))
    assert run() == (1, "The record does not hold: conv-1 5: it does not follow the event before it\n")
    with sqlite3.connect(indexed) as db:
        db.execute("DELETE FROM index_bodies WHERE number = ?", (number,))
    assert run()[1].startswith("The record does not hold: conv-1 4: event 5 stands where event 4 is due")
    db.close()


async def test_an_index_that_is_behind_is_waited_for_and_then_a_break(settings: Settings, indexed: Path) -> None:
    await grow(settings, "conv-3")
    key = load_public_key(signing_key(settings).public_pem().encode())
    heads = verify_heads(heads_path(settings).read_bytes().splitlines(keepends=True), key)
    store = await open_store(settings)
    consumer = await open_consumer(settings, store, None)
    with pytest.raises(BreakFound, match=r"a signed head names .*audit index --once brings it up"):
        await verify_index(consumer.index, heads, catch_up_seconds=0.1)
    waiting = asyncio.create_task(verify_index(consumer.index, heads))
    await consumer.catch_up()
    assert (await waiting).events == 44
    await consumer.close()
    await consumer.index.close()
    await store.close()


def test_an_index_that_is_not_there_is_said_and_not_made(run: Run, settings: Settings) -> None:
    assert run()[0] == 2
    asyncio.run(grow(settings, "conv-1"))
    code, said = run()
    assert (code, "There is no index at" in said) == (2, True)
    assert not (settings.data_path / "index.db").exists()
