"""Random operations on a ledger, with crashes and retries in between, beside a model of what they must come to.

Hypothesis draws the operations: cards opened, pressed, settled (twice, at once, by a process that is killed in the
middle), released, declined, voided, expired. After each one every balance and every available amount is what the
model says, whatever was refused or killed; at the end the books hold and each payment is there once. On both
databases.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.banking.support import MovableClock, customer
from tests.support.deadlines import PATIENCE
from tests.support.postgres import PostgresServer, PostgresUnavailable
from ultracore.banking import Bank, Proposal, sqlite_url
from ultracore.banking.demo import seed_demo_world
from ultracore.banking.ledger import operator_view
from ultracore.errors import ApprovalRefused, ToolRefused

FULL_RUNS: Final = 200
START: Final = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOLDERS: Final = {"acc_1": "cust_1", "acc_2": "cust_1", "acc_3": "cust_2"}
OWN: Final = {"acc_1": "acc_2", "acc_2": "acc_1"}
EXPIRED_AFTER: Final = 130


@dataclass(frozen=True)
class Step:
    """One operation on the card of a conversation. `cut` is after how many milliseconds its process is killed.

    `go on` is what is next with the card: it is opened, pressed, or settled.
    """

    kind: str
    conversation: int
    cents: int = 0
    source: str = "acc_1"
    to: str = "City Power"
    cut: float | None = None


_PROCESSES: Final = multiprocessing.get_context("forkserver")


def _settle_elsewhere(url: str, now: datetime, proposal_id: str, intent: str, told: Connection) -> None:
    """What the killed process does: open the ledger, say so, and carry the payment out."""

    async def settle() -> None:
        bank = await Bank.open(url, clock=MovableClock(now))
        told.send("begun")
        await bank.proposals.settle(proposal_id, intent)
        await bank.close()

    # What it is refused its parent is refused too, which tries the same.
    with suppress(ToolRefused, ApprovalRefused):
        asyncio.run(settle())


def _steps() -> st.SearchStrategy[Step]:
    conversations = st.integers(0, 2)
    cards = st.builds(
        Step,
        kind=st.sampled_from(("go on", "go on", "go on", "open", "settle twice")),
        conversation=conversations,
        cents=st.one_of(st.integers(1, 60_000), st.sampled_from((1, 250_000, 250_001, 1_000_000, 1_000_001))),
        source=st.sampled_from(sorted(OWN)),
        to=st.sampled_from(("City Power", "Northside Rentals", "Flatmate", "own")),
        cut=st.one_of(st.none(), st.none(), st.floats(0, 30)),
    )
    kinds = st.sampled_from(("claim", "settle", "release", "decline", "void", "expire", "restart"))
    others = st.builds(Step, kind=kinds, conversation=conversations)
    return st.one_of(cards, cards, cards, others)


STEPS: Final = st.lists(_steps(), min_size=10, max_size=30)


@dataclass
class _Card:
    proposal: Proposal
    step: Step
    claimed: bool = False


@dataclass
class Ledgers:
    """A ledger of its own for each example, on either database."""

    make: Callable[[], str]
    drop: Callable[[str], None]
    settled: int = 0
    cut: int = 0
    refused: int = 0


@dataclass
class _World:
    """An open ledger beside the model: balances and cards by conversation."""

    url: str
    figures: Ledgers
    bank: Bank
    clock: MovableClock
    balances: dict[str, int]
    cards: dict[int, _Card] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    opened: int = 0

    async def take(self, step: Step) -> None:
        """One operation, and the model's idea of it if it was not refused."""
        acts: dict[str, Callable[[Step], Coroutine[Any, Any, None]]] = {
            "open": self._open,
            "claim": self._claim,
            "settle": self._settle,
            "settle twice": self._settle,
            "release": self._release,
            "decline": self._end,
            "void": self._end,
            "expire": self._expire,
            "restart": self._restart,
        }
        card = self.cards.get(step.conversation)
        following = "open" if card is None else "settle" if card.claimed else "claim"
        try:
            await acts[following if step.kind == "go on" else step.kind](step)
        except (ToolRefused, ApprovalRefused):
            self.figures.refused += 1

    async def _open(self, step: Step) -> None:
        to = OWN[step.source] if step.to == "own" else step.to
        terms = await self.bank.ledger.prepare_transfer(
            "tenant_1", "cust_1", step.source, to, f"{step.cents / 100:.2f}"
        )
        self.opened += 1
        proposal = await self.bank.proposals.open(
            terms,
            principal=customer(),
            conversation_id=f"conv-{step.conversation}",
            turn_id="turn",
            reference=f"ref-{self.opened}",
            tool="execute_transaction",
            arguments={},
            arguments_digest="digest",
            seconds=120,
        )
        assert step.conversation not in self.cards, "a conversation has two cards"
        self.cards[step.conversation] = _Card(proposal, step)

    async def _claim(self, step: Step) -> None:
        card = self.cards.get(step.conversation)
        if card is None:
            return
        try:
            await self.bank.proposals.claim(card.proposal.proposal_id, "login-1", card.proposal.conversation_id)
        except ApprovalRefused as refusal:
            if refusal.code not in ("approval.consumed", "transfer.outcome_unknown", "approval.expired"):
                # Void from then on, as the funds that it would take are held by another.
                del self.cards[step.conversation]
            raise
        card.claimed = True

    async def _settle(self, step: Step) -> None:
        card = self.cards.get(step.conversation)
        if card is None:
            return
        intent = f"evt-{card.proposal.proposal_id}"
        if step.cut is not None and card.claimed:
            await asyncio.to_thread(self._kill_settling, card.proposal.proposal_id, intent, step.cut)
        count = 2 if step.kind == "settle twice" else 1
        settling = (self.bank.proposals.settle(card.proposal.proposal_id, intent) for _ in range(count))
        receipts = await asyncio.gather(*settling, return_exceptions=True)
        for receipt in receipts:
            if isinstance(receipt, BaseException):
                raise receipt
        assert card.claimed, "a card that nobody pressed was carried out"
        assert len(set(receipts)) == 1, "one transfer has two receipts"
        self._post(self.cards.pop(step.conversation), intent)

    async def _release(self, step: Step) -> None:
        card = self.cards.get(step.conversation)
        if card is None:
            return
        released = await self.bank.proposals.release(card.proposal.proposal_id, "failed", "test")
        assert (released is not None) == card.claimed
        if card.claimed:
            del self.cards[step.conversation]

    async def _end(self, step: Step) -> None:
        card = self.cards.get(step.conversation)
        if card is None:
            return
        if step.kind == "void":
            await self.bank.proposals.void_open(conversation_id=card.proposal.conversation_id)
        else:
            await self.bank.proposals.decline(card.proposal.proposal_id, "login-1", card.proposal.conversation_id)
        if not card.claimed:
            del self.cards[step.conversation]

    async def _expire(self, step: Step) -> None:
        self.clock.advance(EXPIRED_AFTER)
        expired = {one.proposal_id for one in await self.bank.proposals.expire_due(self.clock())}
        waiting = {key: card for key, card in self.cards.items() if not card.claimed}
        assert expired == {card.proposal.proposal_id for card in waiting.values()}
        for key in waiting:
            del self.cards[key]

    async def _restart(self, step: Step) -> None:
        await self.bank.close()
        self.bank = await Bank.open(self.url, clock=self.clock)

    def _kill_settling(self, proposal_id: str, intent: str, milliseconds: float) -> None:
        """Begin the same in another process, and kill that in the middle. Blocks."""
        ours, theirs = _PROCESSES.Pipe()
        child = _PROCESSES.Process(
            target=_settle_elsewhere, args=(self.url, self.clock.now, proposal_id, intent, theirs)
        )
        child.start()
        assert ours.poll(PATIENCE), "the other process did not begin"
        child.join(milliseconds / 1000)
        self.figures.cut += child.is_alive()
        child.kill()
        child.join()

    def _post(self, card: _Card, intent: str) -> None:
        terms = card.proposal.transfer
        assert card.step.source == terms["source_account_id"]
        self.balances[card.step.source] -= card.step.cents
        into = {"own": OWN[card.step.source], "Flatmate": "acc_3"}.get(card.step.to)
        if into is not None:
            self.balances[into] += card.step.cents
        self.done.append(intent)
        self.figures.settled += 1

    async def compare(self) -> None:
        """Raises where a balance or an available amount is not the model's."""
        for account, holder in HOLDERS.items():
            found = await self.bank.accounts.get("tenant_1", holder, account)
            held = sum(
                card.step.cents for card in self.cards.values() if card.claimed and card.step.source == account
            )
            told = (account, found.balance.minor, found.available.minor)
            assert told == (account, self.balances[account], self.balances[account] - held)
            assert found.available.minor >= 0

    async def close_books(self) -> None:
        """Raises where debits are not credits, or a payment is not there exactly once."""
        assert (await operator_view.check(self.bank.database)).balanced
        lines = [line.intent_event_id async for line in operator_view.journal(self.bank.database, "acc_1")]
        lines += [line.intent_event_id async for line in operator_view.journal(self.bank.database, "acc_2")]
        paid = {intent for intent in lines if intent.startswith("evt-")}
        assert paid == set(self.done)
        claimed = {card.proposal.proposal_id for card in self.cards.values() if card.claimed}
        assert {one.proposal_id for one in await self.bank.proposals.claimed()} == claimed


async def _play(ledgers: Ledgers, steps: list[Step]) -> None:
    url, clock = ledgers.make(), MovableClock(START)
    bank = await Bank.open(url, clock=clock)
    figures = {
        name: (await bank.accounts.get("tenant_1", who, name)).balance.minor for name, who in HOLDERS.items()
    }
    world = _World(url, ledgers, bank, clock, figures)
    try:
        for step in steps:
            await world.take(step)
            await world.compare()
        await world.close_books()
    finally:
        await world.bank.close()
        ledgers.drop(url)


def play(ledgers: Ledgers, runs: int, number: int) -> str:
    """So many examples; the figures of all. Raises what the smallest example that fails raises."""

    @seed(number)
    @settings(
        max_examples=runs,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(STEPS)
    def example(steps: list[Step]) -> None:
        _PROCESSES.set_forkserver_preload([__name__])
        asyncio.run(_play(ledgers, steps))

    example()
    return f"{ledgers.settled} payments, {ledgers.cut} processes killed, {ledgers.refused} refusals"


def on_sqlite(runs: int, number: int, folder: Path) -> str:
    """Examples on ledgers in files."""
    seeded = folder / "seeded.db"
    asyncio.run(_make(sqlite_url(seeded)))
    file = folder / "ledger.db"

    def make() -> str:
        for old in folder.glob("ledger.db*"):
            old.unlink()
        return sqlite_url(Path(shutil.copy(seeded, file)))

    return play(Ledgers(make, lambda url: None), runs, number)


def on_postgres(runs: int, number: int, server: Any) -> str:
    """Examples on databases of a server."""
    seeded: str = server.make_database()
    asyncio.run(_make(seeded))
    name = seeded.rpartition("/")[2]
    return play(Ledgers(lambda: str(server.make_database(name)), server.drop_database), runs, number)


async def _make(url: str) -> None:
    bank = await Bank.open(url)
    await seed_demo_world(bank.database, "demo", START)
    await bank.close()


def run(runs: int, number: int) -> str:
    """Raises where the ledger and the model differ."""
    with tempfile.TemporaryDirectory() as folder:
        found = [f"SQLite: {on_sqlite(runs, number, Path(folder))}"]
    try:
        server = PostgresServer()
    except PostgresUnavailable:
        return f"{found[0]}; PostgreSQL is not installed"
    try:
        server.start()
        found.append(f"PostgreSQL: {on_postgres(runs, number, server)}")
    finally:
        server.close()
    return "; ".join(found)
