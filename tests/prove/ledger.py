"""Transfers on PostgreSQL that are tried until they are done: the server killed and restarted, its answers lost.

Each run makes ten transfers at once, through a proxy, while one trouble after another comes. Whatever a step is
told, it is tried again: nothing is doubled, nothing is lost, each unknown outcome is found out, the books hold.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeVar

from tests.audit.cutting_proxy import CuttingProxy, Moment, cutting_proxy
from tests.banking.support import customer
from tests.prove.seeds import Failed, each
from tests.support.deadlines import PATIENCE
from tests.support.postgres import PostgresServer
from ultracore.banking import Bank, Proposal, ProposalStatus, Receipt, utc_now
from ultracore.banking.demo import seed_demo_world
from ultracore.banking.ledger import operator_view
from ultracore.errors import ApprovalRefused, LedgerUnavailable, ToolRefused

T = TypeVar("T")
FULL_RUNS = 50
TRANSFERS: Final = 10
MOMENTS: Final[tuple[Moment, ...]] = ("before", "after")
UNKNOWN: Final = "ledger.outcome_unknown"


@dataclass(slots=True)
class Figures:
    """What the runs came to."""

    transfers: int = 0
    retries: int = 0
    unknown: int = 0
    found_done: int = 0
    troubles: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        trouble = ", ".join(f"{count} times {name}" for name, count in sorted(self.troubles.items()))
        return (
            f"{self.transfers} transfers, 0 doubled, 0 lost; {self.retries} retries, {self.unknown} unknown"
            f" outcomes, all resolved ({self.found_done} were done); {trouble}"
        )


@dataclass(frozen=True, slots=True)
class Payer:
    """Pays as a process would that is told nothing but what the ledger answers."""

    bank: Bank
    figures: Figures

    async def pay(self, name: str, cents: int) -> Receipt:
        """One transfer, whatever happens meanwhile."""
        proposal = await self._opened(name, cents)
        await self._claimed(proposal, name)
        while True:
            try:
                return await self.bank.proposals.settle(proposal.proposal_id, f"evt-{name}")
            except LedgerUnavailable as error:
                self._note(error)
            done = await self._asked(lambda: self.bank.proposals.outcome_of(f"evt-{name}"))
            if done is not None:
                self.figures.found_done += 1
                return done

    async def _opened(self, name: str, cents: int) -> Proposal:
        terms = await self._asked(
            lambda: self.bank.ledger.prepare_transfer(
                "tenant_1", "cust_1", "acc_1", "City Power", f"{cents / 100:.2f}"
            )
        )
        while True:
            try:
                return await self.bank.proposals.open(
                    terms,
                    principal=customer(),
                    conversation_id=name,
                    turn_id="turn",
                    reference=name,
                    tool="execute_transaction",
                    arguments={},
                    arguments_digest="digest",
                    seconds=120,
                )
            except LedgerUnavailable as error:
                self._note(error)
            except ToolRefused as refusal:
                assert refusal.code == "approval.already_open", refusal.code
            found = await self._asked(lambda: self.bank.proposals.open_for(name))
            if found is not None:
                return found

    async def _claimed(self, proposal: Proposal, name: str) -> None:
        while True:
            try:
                await self.bank.proposals.claim(proposal.proposal_id, "login-1", name)
                return
            except LedgerUnavailable as error:
                self._note(error)
            except ApprovalRefused as refusal:
                assert refusal.code == "approval.consumed", refusal.code
            found = await self._asked(lambda: self.bank.proposals.get(proposal.proposal_id))
            if found is not None and found.status is ProposalStatus.CLAIMED:
                return

    async def _asked(self, question: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await question()
            except LedgerUnavailable:
                self.figures.retries += 1

    def _note(self, error: LedgerUnavailable) -> None:
        self.figures.retries += 1
        self.figures.unknown += error.code == UNKNOWN


class Trouble:
    """What may happen to the server and to its answers."""

    def __init__(self, server: PostgresServer, proxy: CuttingProxy, chance: random.Random) -> None:
        self._server = server
        self._proxy = proxy
        self._chance = chance

    async def until(self, paying: asyncio.Future[list[Receipt]], figures: Figures) -> None:
        """A lost answer to a commit now and then, and once in a run a restart or a kill."""
        big = self._chance.choice((None, None, "killed", "restarted"))
        while not paying.done():
            self._proxy.arm(self._chance.choice(MOMENTS))
            await asyncio.wait([paying], timeout=self._chance.uniform(0.05, 0.3))
            if big is not None:
                figures.troubles[f"server {big}"] = figures.troubles.get(f"server {big}", 0) + 1
                await asyncio.to_thread(self._server.kill if big == "killed" else self._server.stop)
                await asyncio.to_thread(self._server.start)
                big = None
        self._proxy.disarm()


async def run(runs: int, seed: int) -> str:
    """Raises where a transfer is missing or twice there, or the books do not hold."""
    figures = Figures()
    with PostgresServer() as server:
        async with cutting_proxy(server.port) as proxy:
            bank = await Bank.open(server.url().replace(f":{server.port}/", f":{proxy.port}/"))
            # A year of history that ended yesterday, so that no transfer is before it.
            await seed_demo_world(bank.database, "demo", utc_now() - timedelta(days=1))
            try:
                for number in each(runs, seed):
                    await _one(bank, server, proxy, number, figures)
            finally:
                await bank.close()
            figures.troubles["answer to a commit lost"] = proxy.cuts
    return str(figures)


async def _one(bank: Bank, server: PostgresServer, proxy: CuttingProxy, seed: int, figures: Figures) -> None:
    chance = random.Random(seed)  # noqa: S311 - seeded
    before = await _balance(bank)
    payer = Payer(bank, figures)
    cents = [100 + number for number in range(TRANSFERS)]
    names = [f"run-{seed}-{number}" for number in range(TRANSFERS)]
    try:
        async with asyncio.timeout(PATIENCE):
            paying = asyncio.gather(*(payer.pay(name, amount) for name, amount in zip(names, cents, strict=True)))
            await Trouble(server, proxy, chance).until(paying, figures)
            receipts = await paying
        assert len(set(receipts)) == TRANSFERS, "two transfers have one receipt"
        assert before - await _balance(bank) == sum(cents), "the balance did not move by the transfers"
        assert await _entries(bank, names) == sorted(names), "an entry is missing or there twice"
        assert not await bank.proposals.claimed(), "an outcome is still unknown"
        assert (await operator_view.check(bank.database)).balanced, "the books do not hold"
    except (AssertionError, TimeoutError) as error:
        raise Failed(str(error) or type(error).__name__, seed) from error
    figures.transfers += TRANSFERS


async def _balance(bank: Bank) -> int:
    return (await bank.accounts.get("tenant_1", "cust_1", "acc_1")).balance.minor


async def _entries(bank: Bank, names: list[str]) -> list[str]:
    intents = [line.intent_event_id async for line in operator_view.journal(bank.database, "acc_1")]
    return sorted(intent.removeprefix("evt-") for intent in intents if intent.removeprefix("evt-") in names)
