"""Records to be indexed, and what an index holds in a form that two of them can be compared by."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from ultracore.audit import AuditEventType, AuditStore, AuditTrail, ConversationRecord, Subject
from ultracore.audit.canonical import canonical, event_hash
from ultracore.audit.canonical import published as publish
from ultracore.audit.index import AuditIndex
from ultracore.audit.index import tables as schema
from ultracore.audit.vocabulary import (
    AssistantMessage,
    ConversationStarted,
    GuardrailTriggered,
    PersonJoined,
    ToolDecided,
    UserMessage,
)
from ultracore.principal import Principal, Role


def customer(number: int, tenant: str = "tenant_1") -> Principal:
    """A signed-in customer."""
    return Principal(
        tenant_id=tenant,
        user_id=f"customer{number}",
        login_id=f"login-{tenant}-{number}",
        roles=frozenset({Role.CUSTOMER}),
        customer_id=f"cust_{number}",
    )


def subject(number: int, tenant: str = "tenant_1") -> Subject:
    """Whose key seals what that customer says."""
    return Subject("customer", tenant, f"cust_{number}")


async def talk(trail: AuditTrail, who: Principal, conversation_id: str, *texts: str) -> None:
    """A conversation in which `who` says these texts, and a tool is refused."""
    turn = ConversationRecord(trail, who, conversation_id).turn("turn-1", "7F3A-0001")
    await turn.write(
        ConversationStarted(greeting="Hello, I am Anya, an AI.", notice="This conversation is recorded.")
    )
    for text in texts:
        await turn.write(UserMessage(text))
    await turn.write(
        ToolDecided("get_account_balance", {"account_id": "acc_9"}, result="denied", reason="account.other")
    )
    await turn.write(AssistantMessage("I cannot show that account.", agent="Accounts", kind="answer"))


async def a_record(trail: AuditTrail) -> None:
    """Three conversations of two tenants and a system stream."""
    await talk(trail, customer(1), "conv-1", "my umbrella was stolen", "and my Wallet too")
    await talk(trail, customer(2), "conv-2", "a loan for an umbrella factory")
    await talk(trail, customer(9, "tenant_2"), "conv-9", "an umbrella for tenant two")
    await trail.log_event(AuditEventType.LOGIN_FAILED, "tenant_1", "Sign-in failed", user_id="teller1")


async def handled(trail: AuditTrail, conversation_id: str) -> None:
    """A rule triggers in a conversation of the first tenant, and a supervisor takes it over."""
    who = Principal(
        tenant_id="tenant_1", user_id="supervisor1", login_id="login-9", roles=frozenset({Role.SUPERVISOR})
    )
    turn = ConversationRecord(trail, who, conversation_id).turn("turn-2", "7F3A-0002")
    await turn.write(GuardrailTriggered(reason="claim.not_done"))
    await turn.write(PersonJoined(name="Sam", claim=1))


async def published(store: AuditStore) -> list[bytes]:
    """Every event of the record as it is published, in the order in which it became durable."""
    return await store.read(lambda reader: [row.published() for row in reader.after_position(0, 1_000_000)])


async def contents(index: AuditIndex) -> dict[str, list[tuple[Any, ...]]]:
    """What an index holds, without the numbers that depend on the order of arrival."""
    streams, events, words, keys = schema.streams, schema.events, schema.words, schema.keys
    questions = {
        "streams": select(*(column for column in streams.c if column.name != "number")),
        "events": select(
            *(column for column in events.c if "number" not in column.name),
            streams.c.stream_id,
            keys.c.key_id,
            schema.bodies.c.published,
        )
        .join(streams, streams.c.number == events.c.stream_number)
        .join(schema.bodies, schema.bodies.c.number == events.c.number)
        .outerjoin(keys, keys.c.number == events.c.key_number),
        "words": select(words.c.token, streams.c.stream_id, keys.c.key_id)
        .join(streams, streams.c.number == words.c.stream_number)
        .join(keys, keys.c.number == words.c.key_number),
    }
    async with index._database.read() as connection:
        return {
            name: sorted((tuple(row) for row in await connection.execute(question)), key=str)
            for name, question in questions.items()
        }


def forged(event: bytes, **changes: Any) -> bytes:
    """The event with other members and a hash that fits them."""
    wire = {**json.loads(event), **changes}
    del wire["hash"]
    body = canonical(wire)
    return publish(body, event_hash(wire["prev_hash"], body))
