"""Verification of the topic: duplicates and any order are no break, everything else that differs is."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.audit.people import a_payment, eventually
from tests.audit.records import Exported, a_record
from tests.support.kafka_messages import send
from tests.support.ports import free_port
from ultracore.audit import AuditTrail
from ultracore.audit.canonical import canonical, event_hash, read_json
from ultracore.audit.heads import HeadSealer, HeadsFile
from ultracore.audit.kafka import KafkaConfig
from ultracore.audit.kafka.service import KafkaRelay
from ultracore.audit.sealing import SigningKey, load_public_key
from ultracore.audit.store.sqlite import SqliteAuditStore
from ultracore.audit.verify import Anchor, BreakFound, Verdict, verify_heads
from ultracore.audit.verify.kafka import TopicScope, read_heads, verify_topic
from ultracore.audit.verify.record import RecordCheck
from ultracore.audit.verify.topic import TopicCheck
from ultracore.cli.main import main
from ultracore.errors import AuditUnavailable
from ultracore.settings import export_to_environment

Messages = list[tuple[bytes, bytes]]


@pytest.fixture(scope="module")
def exported() -> Exported:
    return asyncio.run(a_record())


@pytest.fixture
def messages(exported: Exported) -> Messages:
    """Key and value of each event, as published."""
    events = [read_json(line) for line in exported.record]
    shut = [{name: value for name, value in event.items() if name != "revealed"} for event in events]
    return [(f"{event['tenant_id']}:{event['stream_id']}".encode(), canonical(event)) for event in shut]


def judged(messages: Messages, exported: Exported) -> Verdict:
    heads = verify_heads(exported.heads, load_public_key(exported.public_pem.encode()))
    check = RecordCheck(heads)
    topic = TopicCheck(check)
    for offset, (key, value) in enumerate(messages):
        topic.message("audit[0]", offset, key, value)
    topic.finish()
    return check.finish(complete=True)


def test_duplicates_and_any_order_of_messages_are_no_break(messages: Messages, exported: Exported) -> None:
    chance = random.Random(3)  # noqa: S311 - seeded on purpose
    assert judged(messages, exported).events == 19
    for _ in range(20):
        again = [*messages, *chance.choices(messages, k=10)]
        chance.shuffle(again)
        assert judged(again, exported).events == 19


def altered(message: tuple[bytes, bytes], *, rehash: bool) -> tuple[bytes, bytes]:
    event = {**read_json(message[1]), "result": "forged"}
    hash_ = event.pop("hash")
    fitting = event_hash(event["prev_hash"], canonical(event))
    return message[0], canonical({**event, "hash": fitting if rehash else hash_})


BREAKS: list[tuple[str, Callable[[Messages], object], str]] = [
    ("gone", lambda some: some.pop(3), r"conv-1 4: event 5 stands where event 4 is due"),
    ("end gone", lambda some: some.__delitem__(slice(-2, None)), r"the stream ends|stands where"),
    ("altered", lambda some: some.insert(3, altered(some.pop(3), rehash=False)), r"conv-1 4: its content"),
    ("altered and doubled", lambda some: some.append(altered(some[3], rehash=False)), r"conv-1 4: its content"),
    ("two hashes", lambda some: some.append(altered(some[3], rehash=True)), r"conv-1 4: .* with two hashes"),
    ("other key", lambda some: some.append((b"x", some.pop(3)[1])), r"conv-1 4: it lies under another key"),
    ("empty", lambda some: some.append((b"x", b"")), r"audit\[0\] offset 19: it is not an event"),
    ("foreign", lambda some: some.append((b"x", b'{"a":1}')), r"audit\[0\] offset 19: it is not an event of"),
    ("spelled", lambda some: some.append((some[0][0], some[0][1] + b" ")), r"offset 19: .*canonical form"),
]


@pytest.mark.parametrize(("name", "change", "why"), BREAKS, ids=[name for name, _, _ in BREAKS])
def test_what_differs_in_the_topic_is_named(
    messages: Messages, exported: Exported, name: str, change: Callable[[Messages], object], why: str
) -> None:
    change(messages)
    with pytest.raises(BreakFound, match=why):
        judged(messages, exported)


def test_open_content_and_a_second_event_for_a_place_are_breaks(messages: Messages, exported: Exported) -> None:
    key, value = messages[3]
    shown = canonical({**read_json(value), "revealed": {}})
    with pytest.raises(BreakFound, match="lies open in the topic"):
        judged([*messages, (key, shown)], exported)
    second = canonical({**read_json(value), "event_id": str(uuid.uuid4())})
    with pytest.raises(BreakFound, match="conv-1 4: two events are in the topic for this place"):
        judged([*messages, (key, second)], exported)


# A real broker


def a_config(bootstrap: str) -> KafkaConfig:
    topic = f"verify-{uuid.uuid4().hex}"
    return KafkaConfig(bootstrap_servers=bootstrap, topic=topic, heads_topic=f"{topic}.heads")


async def publish(store: SqliteAuditStore, config: KafkaConfig) -> None:
    """Until nothing waits any more, twice: the second relay finds everything marked."""
    relay = KafkaRelay(store, config)
    relay.start()

    async def out() -> bool:
        heads = await store.read(lambda reader: reader.relay_position(config.heads_topic))
        return await relay.lag() == 0 and heads == len(await store.heads())

    await eventually(out)
    await relay.stop()


async def test_a_published_record_holds_and_a_missing_list_is_named(
    store: SqliteAuditStore, trail: AuditTrail, signing: SigningKey, kafka_bootstrap: str, tmp_path: Path
) -> None:
    config, key = a_config(kafka_bootstrap), load_public_key(signing.public_pem().encode())
    sealer = HeadSealer(store, signing, HeadsFile(tmp_path / "heads.jsonl"))
    await a_payment(trail, "conv-1")
    await sealer.seal_now()
    await a_payment(trail, "conv-2")
    (head,) = await sealer.seal_now()
    await publish(store, config)
    verdict = await verify_topic(config, TopicScope(key, anchors=(Anchor(2, head.hash, "the test"),)))
    assert (verdict.events, verdict.streams, verdict.heads, verdict.covered) == (28, 3, 2, 28)
    assert (await verify_topic(config, TopicScope(key, "conv-2"))).events == 10
    assert await read_heads(config) == (tmp_path / "heads.jsonl").read_bytes().splitlines(keepends=True)
    with pytest.raises(BreakFound, match="heads 3: the list is missing"):
        await verify_topic(config, TopicScope(key, anchors=(Anchor(3, head.hash, "the test"),)))


async def test_the_commands_read_the_topics(
    store: SqliteAuditStore,
    trail: AuditTrail,
    signing: SigningKey,
    kafka_bootstrap: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    config, key = a_config(kafka_bootstrap), tmp_path / "K.pem"
    await a_payment(trail, "conv-1")
    await HeadSealer(store, signing, HeadsFile(tmp_path / "heads.jsonl")).seal_now()
    await publish(store, config)
    key.write_text(signing.public_pem())
    for name, value in {"KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap, "ULTRACORE_AUDIT_TOPIC": config.topic}.items():
        export_to_environment(name, value)
    source = ["--public-key", str(key), "--source", "kafka"]
    assert await asyncio.to_thread(main, ["audit", "verify", *source]) == 0
    witness = ["audit", "witness", "--dir", str(tmp_path / "witness"), "--kafka", "--public-key", str(key)]
    assert await asyncio.to_thread(main, witness) == 0
    said = capsys.readouterr().out
    assert "14 events in 2 streams" in said
    assert "Co-signed 1 new head lists; 1 in all." in said


async def test_what_is_no_list_in_the_topic_of_heads_is_named(exported: Exported, kafka_bootstrap: str) -> None:
    first = exported.heads[0][:-1]
    for value, why in (
        (b"<html>", r"heads offset 1: it is not a list of heads"),
        (b'{"a":1}', r"heads offset 1: it is not a list of heads"),
        (b'{"index":"1"}', r"heads offset 1: its index is not a number"),
        (first.replace(b"conv-1", b"conv-9"), r"heads 1: the topic has two lists in this place"),
    ):
        config = a_config(kafka_bootstrap)
        await asyncio.to_thread(send, kafka_bootstrap, config.heads_topic, first, value, partitions=1)
        with pytest.raises(BreakFound, match=why):
            await read_heads(config)


async def test_heads_that_are_ahead_of_their_events_are_waited_for_and_then_a_break(
    store: SqliteAuditStore, trail: AuditTrail, signing: SigningKey, kafka_bootstrap: str, tmp_path: Path
) -> None:
    config, key = a_config(kafka_bootstrap), load_public_key(signing.public_pem().encode())
    await a_payment(trail, "conv-1")
    await publish(store, config)
    await a_payment(trail, "conv-2")
    await HeadSealer(store, signing, HeadsFile(tmp_path / "heads.jsonl")).seal_now()
    ahead = KafkaConfig(
        bootstrap_servers=kafka_bootstrap, topic=f"{config.topic}.2", heads_topic=config.heads_topic
    )
    await publish(store, ahead)
    with pytest.raises(BreakFound, match=r"conv-2 1: the stream is missing.*the relay may be behind"):
        await verify_topic(config, TopicScope(key, catch_up_seconds=0.5))
    waiting = asyncio.create_task(verify_topic(config, TopicScope(key)))
    await publish(store, config)
    assert (await waiting).events == 28


async def test_a_broker_or_topic_that_is_not_there_is_said_in_a_sentence(
    signing: SigningKey, kafka_bootstrap: str
) -> None:
    key = load_public_key(signing.public_pem().encode())
    with pytest.raises(AuditUnavailable, match="No Kafka broker answers"):
        await verify_topic(a_config(f"127.0.0.1:{free_port()}"), TopicScope(key))
    with pytest.raises(AuditUnavailable, match="Kafka has no topic verify-"):
        await verify_topic(a_config(kafka_bootstrap), TopicScope(key))


def test_the_command_says_what_it_needs(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export_to_environment("ULTRACORE_DATA_DIR", str(data_dir))
    assert main(["audit", "verify", "--source", "kafka"]) == 2
    assert "set KAFKA_BOOTSTRAP_SERVERS" in capsys.readouterr().err
    assert main(["audit", "witness", "--dir", f"{data_dir}-witness", "--kafka", "--print-key"]) == 0
    assert capsys.readouterr().out.startswith("-----BEGIN PUBLIC KEY-----")
