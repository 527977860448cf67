"""People and conversations that the tests of the record share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.deadlines import PATIENCE
from ultracore.audit import AuditTrail, ConversationRecord
from ultracore.audit.vocabulary import (
    ApprovalGiven,
    ApprovalRequested,
    AssistantMessage,
    ConversationRouted,
    ConversationStarted,
    ToolDecided,
    ToolExecuted,
    ToolRequested,
    UserMessage,
)
from ultracore.principal import Connection, Principal, Role

CUSTOMER = Principal(
    tenant_id="tenant_1",
    user_id="customer1",
    login_id="login-1",
    roles=frozenset({Role.CUSTOMER}),
    customer_id="cust_1",
)
TELLER = Principal(tenant_id="tenant_1", user_id="teller1", login_id="login-2", roles=frozenset({Role.TELLER}))
BROWSER = Connection(ip_address="203.0.113.7", user_agent="Mozilla/5.0 (a browser)")
TRANSFER = {"amount": "50.00", "from_account_id": "acc_1", "to_account_id": "City Power"}


async def eventually(question: Callable[[], Awaitable[Any]], *, seconds: float = PATIENCE) -> None:
    """Return once `question()` answers with something true. Raises `TimeoutError`."""
    async with asyncio.timeout(seconds):
        while not await question():  # noqa: ASYNC110 - a database or a broker cannot set an event
            await asyncio.sleep(0.01)


async def a_payment(trail: AuditTrail, conversation_id: str = "conv-1", *, settle: bool = True) -> str:
    """A whole conversation with one approved transfer; the id of the intent's event."""
    record = ConversationRecord(trail, CUSTOMER, conversation_id, BROWSER)
    turn = record.turn("turn-1", "7F3A-0001")
    await turn.write(
        ConversationStarted(greeting="Hello, I am Anya, an AI.", notice="This conversation is recorded.")
    )
    await turn.write(ConversationRouted(label="payments", agent="Payments", score=0.97))
    await turn.write(UserMessage("transfer 50 dollars to City Power"))
    await turn.write(ToolRequested("execute_transaction", TRANSFER, agent="Payments", call_id="call_1"))
    await turn.write(ToolDecided("execute_transaction", TRANSFER, result="needs_approval", proposal="prp_1"))
    await turn.write(
        ApprovalRequested(
            "execute_transaction",
            proposal="prp_1",
            card={"payee": "City Power", "account": "…4821", "amount": "AUD 50.00"},
            expires_at=datetime.now(UTC) + timedelta(seconds=120),
        )
    )
    await turn.write(ApprovalGiven("execute_transaction", proposal="prp_1"))
    intent = await turn.write(ToolDecided("execute_transaction", TRANSFER, result="allowed", proposal="prp_1"))
    if settle:
        await turn.write(
            ToolExecuted(
                "execute_transaction",
                TRANSFER,
                outcome="success",
                result={"status": "done"},
                intent=intent.event_id,
                proposal="prp_1",
                entry="ent_1",
            )
        )
        await turn.write(AssistantMessage("Done. Receipt 1001.", agent="Payments", kind="receipt"))
    return intent.event_id
