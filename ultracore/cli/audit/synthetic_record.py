"""A plausible record of any size, for benchmarks: conversations, sign-ins, viewings, checks, over thirty days.

Everything goes in by the same door as in the app: masked, sealed, chained, durable. The same seed gives the same
streams with the same content; keys, nonces and the times' offset from now differ.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

from ultracore.audit import (
    AuditStore,
    AuditTrail,
    ConversationRecord,
    Draft,
    Origin,
    Receipt,
    TurnRecord,
    system_stream,
)
from ultracore.audit.vocabulary import (
    ApprovalDeclined,
    ApprovalGiven,
    ApprovalRequested,
    AssistantMessage,
    ConversationRouted,
    ConversationStarted,
    ConversationViewed,
    ToolDecided,
    ToolExecuted,
    ToolRequested,
    UserMessage,
)
from ultracore.principal import Connection, Principal, Role

DAYS: Final = 30
# As many as commit together in groups, so that a million events do not wait for a million syncs of the disk.
WRITERS: Final = 100
EVENTS_A_CUSTOMER: Final = 500
SHORTEST_TURN: Final = timedelta(milliseconds=120)

_TENANTS: Final = ("tenant_1",) * 9 + ("tenant_2",)
_QUESTIONS: Final = (
    ("What's my balance?", "Accounts", "accounts", "get_customer_360"),
    ("what did I spend on groceries last month", "Accounts", "accounts", "summarise_spending"),
    ("show me my last ten transactions please", "Payments", "payments", "search_transactions"),
    ("Am I eligible for a $50,000 home loan?", "Lending", "lending", "check_loan_eligibility"),
    ("how is my portfolio doing this year", "Wealth", "wealth", "get_performance"),
    ("is this text from the bank a scam? it says my parcel waits", "Security", "security", "check_message"),
)
_WORDS: Final = (
    "account balance available payment pending transfer interest savings everyday card groceries rent power bill "
    "monthly statement since yesterday the your of and to from was paid arrived fee rate limit hold portfolio loan"
).split()
_AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"

Progress = Callable[[int], None]


async def generate(store: AuditStore, events: int, seed: int, *, progress: Progress | None = None) -> int:
    """Append a plausible record of `events` events, exactly; the answer is the number of conversations.

    `progress` hears of every finished conversation how many events there are. Raises `AuditUnavailable`, and
    `ValueError` for a number below one.
    """
    if events < 1:
        raise ValueError("a record of at least one event can be made")
    making = _Maker(store, events, seed, progress)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(WRITERS):
                group.create_task(making.work())
    except ExceptionGroup as failures:
        # The writers share one store: what one of them met, all did.
        raise failures.exceptions[0] from failures
    return making.conversations


class _Enough(Exception):
    """The record has the size that was asked for."""


class _Maker:
    """Shares the work among writers; `left` makes the number exact."""

    def __init__(self, store: AuditStore, events: int, seed: int, progress: Progress | None) -> None:
        self.store = store
        self._total = events
        self._left = events
        self._seed = seed
        # Customers grow with the record, so that one customer's part stays of a size that real people have.
        self._customers = max(1, events // EVENTS_A_CUSTOMER)
        self._until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        self._progress = progress
        self.conversations = 0

    async def work(self) -> None:
        """Make conversations until there are enough events."""
        while self._left > 0:
            number, self.conversations = self.conversations, self.conversations + 1
            try:
                await _conversation(self._trail(number), number, self._customers)
            # The conversation is cut in the middle, since the number of events has to be exact.
            except _Enough:
                return
            if self._progress is not None:
                self._progress(self._total - self._left)

    def _trail(self, number: int) -> tuple[AuditTrail, random.Random]:
        # One generator a conversation, by its number: the order in which writers run changes nothing.
        chance = random.Random(f"{self._seed}/{number}")  # noqa: S311 - made-up conversations, no secret
        began_at = self._until - timedelta(days=DAYS) * chance.uniform(0.02, 1)
        return AuditTrail(store=cast(AuditStore, _Dated(self, chance, began_at))), chance

    def take(self) -> None:
        """Count an event that is about to be appended. Raises `_Enough` if it would be one too many."""
        if self._left <= 0:
            raise _Enough
        self._left -= 1


class _Dated:
    """The part of a store that a trail writes through: each event gets a time and an id of the made-up world."""

    def __init__(self, making: _Maker, chance: random.Random, began_at: datetime) -> None:
        self._making = making
        self._chance = chance
        self._now = began_at

    async def append(self, draft: Draft) -> Receipt:
        """Append at the made-up time, which goes on. Raises `_Enough` if the record is large enough."""
        self._making.take()
        self._now += SHORTEST_TURN + timedelta(milliseconds=self._chance.expovariate(1 / 400))
        event_id = str(UUID(int=self._chance.getrandbits(128), version=4))
        event = replace(draft.event, event_id=event_id, timestamp=self._now)
        # The trail chose the system stream of today, but the event happened on a made-up day.
        if event.session_id is None:
            event = replace(event, stream_id=system_stream(event.tenant_id, self._now))
        return await self._making.store.append(replace(draft, event=event))

    async def append_all(self, drafts: Sequence[Draft]) -> list[Receipt]:
        """Append the first alone: what stands beside it follows from it, and a made-up record leaves it out."""
        return [await self.append(drafts[0])]

    def digest(self, value: Any) -> str:
        """The store's own."""
        return self._making.store.digest(value)


async def _conversation(writing: tuple[AuditTrail, random.Random], number: int, customers: int) -> None:
    """One customer signs in and talks; now and then the bank looks at it or checks something."""
    trail, chance = writing
    tenant, who = chance.choice(_TENANTS), chance.randrange(customers)
    principal = Principal(
        tenant_id=tenant,
        user_id=f"customer_{who}",
        login_id="generated",
        roles=frozenset({Role.CUSTOMER}),
        customer_id=f"cust_g{who}",
    )
    address = f"203.0.113.{chance.randrange(1, 255)}"
    await trail.log_login(tenant, principal.user_id, chance.random() > 0.05, address, _AGENT)
    conversation = str(UUID(int=chance.getrandbits(128), version=4))
    record = ConversationRecord(trail, principal, conversation, Connection(address, _AGENT))
    for turn in range(chance.choice((1, 2, 2, 3, 3, 4, 6, 9))):
        await _turn(record.turn(f"turn_{number}_{turn}", f"{chance.getrandbits(32):08X}"), chance, first=turn == 0)
    await _aside(trail, chance, tenant, conversation)


async def _turn(record: TurnRecord, chance: random.Random, *, first: bool) -> None:
    question, agent, label, tool = chance.choice(_QUESTIONS)
    if first:
        await record.write(
            ConversationStarted(greeting="Hello, I'm Anya, your bank's assistant.", notice=_prose(chance, 25))
        )
        await record.write(ConversationRouted(label=label, agent=agent, score=round(chance.uniform(0.6, 1), 3)))
    await record.write(UserMessage(f"{question} {_prose(chance, chance.randrange(0, 30))}"))
    if chance.random() < 0.12:
        await _transfer(record, chance)
    else:
        await _read(record, chance, agent, tool)
    await record.write(AssistantMessage(_prose(chance, chance.randrange(30, 90)), agent=agent))


async def _read(record: TurnRecord, chance: random.Random, agent: str, tool: str) -> None:
    arguments = {"since": "2026-10-01", "note": _prose(chance, 6)}
    await record.write(ToolRequested(tool, arguments, agent=agent, call_id=f"call_{chance.getrandbits(32):08x}"))
    if chance.random() < 0.04:
        await record.write(ToolDecided(tool, arguments, result="denied", reason="account.not_found"))
        return
    decided = await record.write(ToolDecided(tool, arguments, result="allowed"))
    result = {"message": _prose(chance, 40), "rows": [_prose(chance, 8) for _ in range(3)]}
    await record.write(ToolExecuted(tool, arguments, outcome="success", result=result, intent=decided.event_id))


async def _transfer(record: TurnRecord, chance: random.Random) -> None:
    tool, proposal = "execute_transaction", f"prp_{chance.getrandbits(64):016x}"
    arguments = {"transaction_type": "transfer", "amount": f"{chance.randrange(1, 900)}.00", "to": "City Power"}
    await record.write(
        ToolRequested(tool, arguments, agent="Payments", call_id=f"call_{chance.getrandbits(32):08x}")
    )
    await record.write(ToolDecided(tool, arguments, result="needs_approval", proposal=proposal))
    card = {
        "title": "Please check and approve",
        "lines": [["Pay to", "City Power ··3796"], ["Amount", f"AUD {arguments['amount']}"]],
    }
    expiry = datetime.now(UTC) + timedelta(seconds=120)
    await record.write(ApprovalRequested(tool, proposal=proposal, card=card, expires_at=expiry))
    if chance.random() < 0.1:
        await record.write(ApprovalDeclined(tool, proposal=proposal, reason="customer.declined"))
        return
    await record.write(ApprovalGiven(tool, proposal=proposal))
    decided = await record.write(ToolDecided(tool, arguments, result="allowed", proposal=proposal))
    done = {"transaction_id": proposal, "status": "done", "message": _prose(chance, 12)}
    await record.write(
        ToolExecuted(tool, arguments, outcome="success", result=done, intent=decided.event_id, proposal=proposal)
    )


async def _aside(trail: AuditTrail, chance: random.Random, tenant: str, conversation: str) -> None:
    """Now and then the bank views a conversation, or checks something."""
    drawn = chance.random()
    if drawn < 0.05:
        viewed = ConversationViewed(
            by="supervisor1", conversation_id=conversation, reason=_prose(chance, 4), projection="staff", events=20
        )
        await trail.write(viewed, Origin(tenant, "supervisor1"))
    elif drawn < 0.1:
        kind = chance.choice(("kyc", "aml", "sanctions"))
        await trail.log_compliance_check(tenant, kind, chance.random() > 0.03, {"note": _prose(chance, 12)})
    elif drawn < 0.13:
        factors = [_prose(chance, 3)]
        score = round(chance.random(), 3)
        await trail.log_fraud_detection(tenant, "customer_0", "txn_generated", score, "review", factors)


def _prose(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words))
