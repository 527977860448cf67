"""Exactly one effect, whoever presses at the same moment: tasks, engines on one file, and processes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from functools import partial

import pytest

from tests.banking.ledgers import Ledger
from tests.banking.support import Desk, MovableClock, told
from tests.support.deadlines import PATIENCE
from ultracore.banking import Bank, EntryReceipt, Proposal
from ultracore.banking.ledger import operator_view as reports
from ultracore.errors import ApprovalRefused, ToolRefused, UltracoreError


@pytest.fixture
async def other(ledger: Ledger, clock: MovableClock) -> AsyncIterator[Bank]:
    """A second bank on the same file: what another process has."""
    opened = await Bank.open(ledger.url, clock=clock)
    yield opened
    await opened.close()


async def test_two_processes_press_one_button_and_one_effect_follows(desk: Desk, ledger: Ledger) -> None:
    proposal = await desk.open("50")
    moment = str(time.time() + 1.5)
    arguments = [ledger.url, proposal.proposal_id, "login-1", "conv-1", moment]
    command = [sys.executable, "-m", "tests.banking.presser", *arguments]
    presses = [asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=PATIENCE) for _ in range(2)]
    said = sorted(process.stdout.decode() for process in await asyncio.gather(*presses))
    assert said[0] == "approval.consumed"
    assert said[1].startswith("done R-")
    assert await desk.figures() == ("2450.00", "2450.00")
    assert (await reports.check(desk.bank.database)).balanced


async def test_of_many_presses_through_two_engines_one_claims(desk: Desk, bank: Bank, other: Bank) -> None:
    proposal = await desk.open("50")
    presses = [told(partial(Desk(side).claim, proposal)) for side in (bank, other) * 10]
    ended = await asyncio.gather(*presses, return_exceptions=True)
    assert sum(isinstance(result, Proposal) for result in ended) == 1
    refusals = [result for result in ended if not isinstance(result, Proposal)]
    assert {getattr(refusal, "code", refusal) for refusal in refusals} == {"approval.consumed"}
    assert await desk.figures() == ("2500.00", "2450.00")


async def test_of_many_settlements_through_two_engines_one_posts(desk: Desk, bank: Bank, other: Bank) -> None:
    proposal = await desk.claim(await desk.open("50"))
    settlements = [side.proposals.settle(proposal.proposal_id, "evt") for side in (bank, other) * 10]
    receipts = set(await asyncio.gather(*settlements))
    assert len(receipts) == 1
    assert await desk.figures() == ("2450.00", "2450.00")


async def test_either_the_press_or_the_sweep_wins_never_both(desk: Desk, bank: Bank, other: Bank) -> None:
    for round_number in range(20):
        proposal = await desk.open("10", conversation=f"conv-{round_number}")
        claimed, swept = await asyncio.gather(
            desk.claim(proposal), other.proposals.expire_due(proposal.expires_at), return_exceptions=True
        )
        assert isinstance(swept, list)
        assert isinstance(claimed, Proposal) is (len(swept) == 0)
        if isinstance(claimed, Proposal):
            await bank.proposals.release(claimed.proposal_id, "failed", "test.over")
    assert (await reports.check(bank.database)).balanced


async def test_either_the_settlement_or_the_release_wins_never_both(desk: Desk, bank: Bank, other: Bank) -> None:
    for round_number in range(20):
        proposal = await desk.claim(await desk.open("10", conversation=f"conv-{round_number}"))
        settled, released = await asyncio.gather(
            bank.proposals.settle(proposal.proposal_id, f"evt-{round_number}"),
            other.proposals.release(proposal.proposal_id, "failed", "outcome.not_done"),
            return_exceptions=True,
        )
        assert isinstance(settled, EntryReceipt) is (released is None)
        assert isinstance(settled, EntryReceipt | ApprovalRefused)
    assert (await reports.check(bank.database)).balanced


async def test_each_expired_proposal_is_reported_by_one_sweep(desk: Desk, bank: Bank, other: Bank) -> None:
    opened = [await desk.open("10", conversation=f"conv-{number}") for number in range(10)]
    due = opened[-1].expires_at
    sweeps = await asyncio.gather(*(side.proposals.expire_due(due) for side in (bank, other) * 3))
    found = [proposal.proposal_id for sweep in sweeps for proposal in sweep]
    assert sorted(found) == sorted(proposal.proposal_id for proposal in opened)


async def test_one_conversation_gets_one_proposal_however_many_are_opened(bank: Bank, other: Bank) -> None:
    openings = [Desk(side).open("10") for side in (bank, other) * 5]
    ended = await asyncio.gather(*openings, return_exceptions=True)
    assert sum(isinstance(result, Proposal) for result in ended) == 1
    assert {result.code for result in ended if isinstance(result, ToolRefused)} == {"approval.already_open"}


async def test_presses_in_several_conversations_never_overdraw(desk: Desk, bank: Bank, other: Bank) -> None:
    opened = [await desk.open(str(700 + number), conversation=f"conv-{number}") for number in range(8)]

    async def press(side: Bank, proposal: Proposal) -> bool:
        try:
            await Desk(side).claim(proposal)
            await side.proposals.settle(proposal.proposal_id, f"evt-{proposal.proposal_id}")
        except UltracoreError as error:
            assert error.code == "funds.insufficient"
            return False
        return True

    sides = (bank, other) * 4
    done = await asyncio.gather(*(press(side, item) for side, item in zip(sides, opened, strict=True)))
    assert sum(done) == 3
    balance, available = await desk.figures()
    assert balance == available
    assert not balance.startswith("-")
    assert (await reports.check(bank.database)).balanced
