"""`ultracore audit …`, the relay and an erasure work the same over both databases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.audit.erasing import ALICE, CANARY, MIA, a_talk, erasure_of
from tests.audit.kafka.test_relay import a_config, read_topic
from tests.audit.people import a_payment, eventually
from tests.audit.stores import Place
from ultracore.audit import AuditTrail
from ultracore.audit.canonical import published, strict_object
from ultracore.audit.defaults import signing_key
from ultracore.audit.erasure import ErasedList
from ultracore.audit.kafka.service import KafkaRelay
from ultracore.cli.main import main
from ultracore.settings import export_to_environment

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(place: Place, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    export_to_environment("ULTRACORE_DATA_DIR", str(place.home))
    export_to_environment("ULTRACORE_AUDIT_DATABASE_URL", place.url)

    def call(*arguments: str) -> tuple[int, str, str]:
        capfdbinary.readouterr()
        code = main(["audit", *arguments])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


@pytest.fixture
async def filled(place: Place) -> str:
    """Two conversations, one with an open intent, sealed, nothing running. Gives the open intent's id."""
    store = await place.open()
    trail = AuditTrail(store=store)
    await a_payment(trail, "conv-1")
    intent = await a_payment(trail, "conv-2", settle=False)
    await place.sealer(store).seal_now()
    await store.close()
    return intent


def test_the_record_is_listed_exported_replayed_and_verified(run: Run, filled: str, tmp_path: Path) -> None:
    code, out, _ = run("sessions")
    assert (code, [line.split("\t")[0] for line in out.splitlines()]) == (0, ["conv-2", "conv-1"])
    code, out, _ = run("open")
    assert (code, json.loads(out)["event_id"]) == (0, filled)
    code, out, _ = run("replay", "conv-1", "--as", "customer")
    assert code == 0
    assert "Done. Receipt 1001." in out
    code, record, _ = run("export", "--all")
    assert (code, len(record.splitlines())) == (0, 26)  # one is the viewing, seven stand beside payments
    code, heads, _ = run("heads")
    assert (code, len(heads.splitlines())) == (0, 1)
    assert run("verify")[0] == 0
    key = run("key")[1]
    for name, text in (("record.jsonl", record), ("heads.jsonl", heads), ("key.pem", key)):
        (tmp_path / name).write_text(text)
    files = ("--file", "record.jsonl", "--heads", "heads.jsonl", "--public-key", "key.pem")
    code, out, err = run(
        "verify", *(str(tmp_path / part) if "." in part else part for part in files), "--complete"
    )
    assert (code, err) == (0, "")


async def test_an_erased_customers_words_are_gone_and_the_chains_hold(place: Place) -> None:
    store = await place.open()
    await a_talk(AuditTrail(store=store), MIA, "conv-mia")
    assert CANARY in str(await store.events("conv-mia"))
    erasure = erasure_of(store, ErasedList(place.home / "erased.jsonl", lambda: signing_key(place.settings)))
    row = await erasure.request(MIA, "asked for it", ALICE)
    assert (await erasure.carry_out(row.erasure_id)).done
    other = await place.open()
    for reader in (store, other):
        assert CANARY not in str(await reader.events("conv-mia"))
    assert (await place.verify()).streams >= 1


async def test_the_relay_publishes_everything_once_in_order(place: Place, kafka_bootstrap: str) -> None:
    store = await place.open()
    trail = AuditTrail(store=store)
    config = a_config(kafka_bootstrap)
    relays = [KafkaRelay(store, config), KafkaRelay(await place.open(), config)]
    for relay in relays:
        relay.start()
    await asyncio.gather(*(a_payment(trail, f"conv-{number}") for number in range(3)))
    await place.sealer(store).seal_now()

    async def drained() -> bool:
        return await relays[0].lag() == 0

    await eventually(drained)
    for relay in relays:
        await relay.stop()
    messages = await asyncio.to_thread(read_topic, kafka_bootstrap, config.topic)
    for number in range(3):
        rows = await place.stored(f"conv-{number}")
        values = [
            message.value() or b"" for message in messages if message.key() == f"tenant_1:conv-{number}".encode()
        ]
        assert values == [published(row.body, row.hash) for row in rows]
        assert [strict_object(value)["sequence"] for value in values] == list(range(1, 11))


@pytest.fixture
async def from_the_future(place: Place, filled: str) -> None:
    """A newer version of the program has written the record."""
    store = await place.open()
    await store.run(lambda db: db.execute("UPDATE audit_alembic_version SET version_num = '0099'"))
    await store.close()


@pytest.mark.parametrize(
    "command",
    [
        ("sessions",),
        ("verify",),
        ("export", "--all"),
        ("replay", "conv-1"),
        ("report", "access", "--tenant", "tenant_1", "--start", "2020-01-01", "--end", "2020-01-02"),
        ("index", "--once"),
    ],
    ids=lambda command: command[0],
)
def test_a_record_of_a_newer_version_is_one_sentence(
    run: Run, from_the_future: None, command: tuple[str, ...]
) -> None:
    code, out, err = run(*command)
    assert (code, out) == (2, "")
    assert err.startswith("The record was written by a newer version of this program (its schema is 0099")
    assert "start that version" in err and len(err.splitlines()) == 1
