"""Thousands of random wishes, answers and accidents: money is neither made nor lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

import pytest

from tests.banking.support import Desk, MovableClock
from ultracore.banking import Bank, Proposal
from ultracore.banking.ledger import operator_view as reports
from ultracore.errors import ApprovalRefused, ToolRefused

ACTIONS = ("settle", "settle twice", "claim twice", "decline", "expire", "release", "void", "leave")
DESTINATIONS = ("acc_1", "acc_2", "acc_6", "City Power", "Northside Rentals", "Flatmate")


@dataclass
class Story:
    """What should have happened, kept beside the ledger in plain decimals."""

    desk: Desk
    clock: MovableClock
    random: Random
    balances: dict[str, Decimal]
    effects: int = 0
    refusals: dict[str, int] = field(default_factory=dict)

    async def step(self, number: int) -> None:
        source = self.random.choice(("acc_1", "acc_2", "acc_6"))
        amount = Decimal(self.random.randint(1, 6_000)) / 100
        try:
            proposal = await self.desk.open(
                amount, self.random.choice(DESTINATIONS), source=source, conversation=f"conv-{number}"
            )
            await self.answer(proposal, amount, self.random.choice(ACTIONS))
        except (ToolRefused, ApprovalRefused) as refusal:
            self.refusals[refusal.code] = self.refusals.get(refusal.code, 0) + 1

    async def answer(self, proposal: Proposal, amount: Decimal, action: str) -> None:
        bank, number = self.desk.bank, proposal.proposal_id
        if action == "decline":
            await bank.proposals.decline(number, "login-1", proposal.conversation_id)
        elif action == "void":
            await bank.proposals.void_open(conversation_id=proposal.conversation_id)
        elif action == "expire":
            self.clock.advance(121)
            await bank.proposals.expire_due(self.clock())
        if action in ("decline", "void", "expire", "claim twice"):
            if action == "claim twice":
                await self.desk.claim(proposal)
            with pytest.raises(ApprovalRefused):
                await self.desk.claim(proposal)
        elif action != "leave":
            await self.desk.claim(proposal)
        if action == "release" or (action == "claim twice" and self.random.random() < 0.5):
            await bank.proposals.release(number, "failed", "outcome.not_done")
        elif action in ("settle", "settle twice", "claim twice"):
            for _ in range(2 if action == "settle twice" else 1):
                await bank.proposals.settle(number, f"evt-{number}")
            self.note(proposal, amount)

    def note(self, proposal: Proposal, amount: Decimal) -> None:
        self.effects += 1
        terms = proposal.transfer
        self.balances[terms["source_account_id"]] -= amount
        self.balances[terms["destination_account_id"]] += amount


@pytest.mark.parametrize("seed", [1, 2])
async def test_money_is_conserved_over_random_transfers_and_accidents(
    bank: Bank, clock: MovableClock, seed: int
) -> None:
    before = {item.account.account_id: item.balance.amount for item in await reports.all_accounts(bank.database)}
    entries_before = (await reports.check(bank.database)).totals[0].entries
    story = Story(Desk(bank), clock, Random(seed), dict(before))  # noqa: S311 - seeded on purpose
    for number in range(1000):
        await story.step(number)
    after = {item.account.account_id: item.balance.amount for item in await reports.all_accounts(bank.database)}
    assert after == story.balances
    assert sum(after.values()) == sum(before.values()) == 0
    result = await reports.check(bank.database)
    assert result.balanced
    assert result.totals[0].entries - entries_before == story.effects > 100
    assert story.refusals.keys() >= {"transfer.same_account", "funds.insufficient"}
    assert all(after[account] >= 0 for account in ("acc_1", "acc_2", "acc_6", "acc_3"))
    assert after["acc_9"] == before["acc_9"]
