"""What a program that knows nothing of ours finds in the topic: the whole conversation, in order, unbroken."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from uuid import uuid4

from confluent_kafka import Consumer

from tests.ai.conftest import scripted_model, settings
from tests.ai.screen import Desk
from tests.support.deadlines import PATIENCE
from tests.support.scripted_model import ScriptedModel, call, say
from ultracore.settings import Settings

__all__ = ["scripted_model", "settings"]

TRANSFER = {
    "transaction_type": "transfer",
    "amount": "50.00",
    "from_account_id": "acc_1",
    "to_account_id": "City Power",
}


def read_topic(bootstrap: str, topic: str, key: str, count: int) -> list[dict[str, object]]:
    """The values under a key, in the order of the broker, once there are `count`; duplicates by id removed."""
    options = {"bootstrap.servers": bootstrap, "group.id": uuid4().hex, "auto.offset.reset": "earliest"}
    consumer = Consumer({**options, "enable.auto.commit": False, "allow.auto.create.topics": True})
    consumer.subscribe([topic])
    found: dict[str, dict[str, object]] = {}
    deadline = time.monotonic() + PATIENCE
    try:
        while len(found) < count and time.monotonic() < deadline:
            message = consumer.poll(0.5)
            if message is None or message.error() or message.key() != key.encode():
                continue
            event = json.loads(message.value() or b"")
            assert message.headers() == [("event_type", event["event_type"].encode())]
            found.setdefault(event["event_id"], event)
    finally:
        consumer.close()
    return list(found.values())


async def test_each_turn_and_decision_is_in_the_topic_in_order_with_its_chain(
    settings: Settings, scripted_model: ScriptedModel, kafka_bootstrap: str
) -> None:
    topic = f"audit-{uuid4().hex[:8]}"
    with_kafka = settings.model_copy(
        update={
            "openai_base_url": scripted_model.base_url,
            "kafka_bootstrap_servers": kafka_bootstrap,
            "audit_topic": topic,
        }
    )
    scripted_model.expect(
        call("get_account_balance", {"account_id": "acc_1"}),
        say("You have AUD 2,500.00."),
        call("execute_transaction", TRANSFER),
    )
    async with Desk.open(with_kafka, scripted_model) as desk:
        await desk.say("What's my balance?")
        await desk.say("transfer 50 dollars to City Power")
        await desk.press(approve=True)
        expected = [event.event_id for event in await desk.record()]
        key = f"tenant_1:{desk.conversation_id}"
        found = await asyncio.to_thread(read_topic, kafka_bootstrap, topic, key, len(expected))
    assert [event["event_id"] for event in found] == expected
    assert [event["sequence"] for event in found] == list(range(1, len(expected) + 1))
    previous = "0" * 64
    for event in found:
        claimed = event.pop("hash")
        # Every value of an event without floats is the same in RFC 8785 and in sorted compact JSON.
        canonical = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        assert event["prev_hash"] == previous
        assert claimed == hashlib.sha256(b"\x00" + bytes.fromhex(previous) + canonical).hexdigest()
        previous = str(claimed)
    assert "2,500.00" not in json.dumps(found)
