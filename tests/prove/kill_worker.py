"""A lean process of the bank: customers who move money, plain appends, sealer and relay. Ended by kill -9.

What it was told is done, it writes at once to a file: `event ID STREAM SEQUENCE HASH` behind each append that
returned, `done PROPOSAL ENTRY` behind each receipt. `recover` is what a restart does: the reconciler of a process
that is alone, then relay and sealer until everything is out.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.ai.screen import BROWSER, principal
from tests.audit.people import eventually
from tests.prove.kill_points import PLACES, arm
from ultracore.ai.model import ModelToolCall
from ultracore.ai.recording import TurnLog
from ultracore.ai.tools import CallContext, CallReader
from ultracore.audit import AuditEvent, AuditEventType, AuditTrail, ConversationRecord
from ultracore.audit.defaults import heads_path, signing_key
from ultracore.audit.heads import HeadSealer, HeadsFile
from ultracore.audit.kafka import KafkaConfig
from ultracore.audit.kafka.service import KafkaRelay
from ultracore.audit.vocabulary import UserMessage
from ultracore.container import Core, core, open_app
from ultracore.principal import Principal
from ultracore.settings import Settings
from ultracore.wording import new_reference

Tell = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Payer:
    """A customer of the demo world with an account and saved payees."""

    who: Principal
    account: str
    payees: tuple[str, ...]


PAYERS = (
    Payer(principal("customer1", "cust_1"), "acc_1", ("City Power", "Flatmate", "Northside Rentals")),
    Payer(principal("customer2", "cust_2"), "acc_3", ("Flatmate",)),
    Payer(principal("customer3", "cust_3"), "acc_5", ("Wholesale Supplies",)),
)


@dataclass(frozen=True, slots=True)
class Job:
    """One run: where its data lie, where its events go, and at which place (`PLACES`) it dies, if at one."""

    data: Path
    told: Path
    bootstrap: str
    topic: str
    seed: int
    place: str | None = None
    number: int = 1

    @property
    def settings(self) -> Settings:
        """The program's settings over the run's data."""
        return Settings(data_dir=self.data, redis_call_seconds=5)

    @property
    def kafka(self) -> KafkaConfig:
        """Where the run's events go."""
        return KafkaConfig(bootstrap_servers=self.bootstrap, topic=self.topic, heads_topic=f"{self.topic}.heads")


class TellingTrail(AuditTrail):
    """Says which events were acknowledged."""

    tell: Tell

    async def append(self, *arguments: Any, **named: Any) -> AuditEvent:
        event = await super().append(*arguments, **named)
        self.tell("event", event.event_id, event.stream_id, event.sequence, event.hash)
        return event


def teller(path: Path) -> Tell:
    """Writes a line with one system call, so that a kill leaves it whole or not at all."""
    target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def tell(*words: object) -> None:
        os.write(target, f"{' '.join(map(str, words))}\n".encode())

    return tell


def seed_world(data: Path) -> None:
    """The demo world in an empty directory."""

    async def seeding() -> None:
        async with open_app(Settings(data_dir=data, redis_call_seconds=5)):
            pass

    asyncio.run(seeding())


def work(job: Job) -> None:
    """Move money and write events until killed."""
    asyncio.run(_work(job))


async def _work(job: Job) -> None:
    if job.place is not None:
        arm(PLACES[job.place], job.number)
    async with core(job.settings) as opened:
        trail = TellingTrail(store=opened.store)
        trail.tell = teller(job.told)
        relay = KafkaRelay(opened.store, job.kafka, poll_seconds=0.02)
        sealer = HeadSealer(
            opened.store, signing_key(job.settings), HeadsFile(heads_path(job.settings)), interval=0.1
        )
        relay.start()
        sealer.start()
        told = replace(opened, trail=trail)
        paying = (_pay(told, payer, random.Random(f"{job.seed} {payer.account}")) for payer in PAYERS)  # noqa: S311
        await asyncio.gather(*paying, *(_append(trail, number) for number in range(3)))


async def _append(trail: TellingTrail, number: int) -> None:
    """Plain events: two writers share a stream."""
    for count in range(1_000_000):
        await trail.log_event(
            AuditEventType.USER_MESSAGE,
            "tenant_1",
            "a message",
            session_id=f"plain-{number % 2}",
            metadata={"text": f"{number} {count}"},
        )
        await asyncio.sleep(0.03)


async def _pay(opened: Core, payer: Payer, chance: random.Random) -> None:
    """One transfer after another, each in a conversation of its own: asked for, shown, approved or declined."""
    who = payer.who
    while True:
        conversation = uuid4().hex
        log = _log(opened, who, conversation)
        await log.required(UserMessage("Please pay that bill."))
        arguments = {
            "transaction_type": "transfer",
            "amount": f"{chance.randrange(1, 9)}.{chance.randrange(100):02}",
            "from_account_id": payer.account,
            "to_account_id": chance.choice(payer.payees),
        }
        call = ModelToolCall(uuid4().hex, "execute_transaction", json.dumps(arguments))
        outcome = await opened.registry.call(CallReader().read(call), _context(who, conversation, log))
        if outcome.card is None:
            opened_by = opened.trail
            assert isinstance(opened_by, TellingTrail)
            opened_by.tell("refused", outcome.step.summary.replace(" ", "_"))
            await asyncio.sleep(0.05)
            continue
        await _answer(opened, who, conversation, outcome.card.approval_id, chance.random() < 0.9)


async def _answer(opened: Core, who: Principal, conversation: str, approval_id: str, yes: bool) -> None:
    proposal = await opened.approvals.find(approval_id, who, conversation)
    record = ConversationRecord(opened.trail, who, conversation, BROWSER)
    log = TurnLog(record.turn(proposal.turn_id, proposal.reference))
    if not yes:
        await opened.approvals.decline(proposal, who, log)
        return
    decided = await opened.approvals.approve(proposal, who, BROWSER, log)
    if decided.receipt is not None:
        assert isinstance(opened.trail, TellingTrail)
        opened.trail.tell("done", proposal.proposal_id, decided.receipt.entry_id)


def _log(opened: Core, who: Principal, conversation: str) -> TurnLog:
    record = ConversationRecord(opened.trail, who, conversation, BROWSER)
    return TurnLog(record.turn(uuid4().hex, new_reference()))


def _context(who: Principal, conversation: str, log: TurnLog) -> CallContext:
    async def same() -> Principal:
        return who

    return CallContext(principal=same, agent="Payments", conversation_id=conversation, log=log, connection=BROWSER)


def recover(job: Job) -> None:
    """What a restart does, until everything is out. It may be killed too."""
    asyncio.run(_recover(job))


async def _recover(job: Job) -> None:
    async with core(job.settings) as opened:
        # The leases of the killed process run out by themselves; the proof moves that time instead of waiting.
        await opened.store.run(lambda db: db.execute("UPDATE leases SET expires_at = 0"))
    async with open_app(job.settings) as app:
        store = await app.trail.store()
        relay = KafkaRelay(store, job.kafka, poll_seconds=0.02)
        relay.start()
        await eventually(lambda: _is_out(relay))
        await relay.stop()
        tell = teller(job.told)
        for who in (payer.who for payer in PAYERS):
            await app.logins.create(who)
            for notice in (await app.desk.begin(who.login_id, BROWSER)).notices:
                tell("notice", who.user_id, notice.replace(" ", "_"))


async def _is_out(relay: KafkaRelay) -> bool:
    return await relay.lag() == 0
