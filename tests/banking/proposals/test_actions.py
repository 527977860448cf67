"""Actions: proposals that are no transfers have the same guarantees, whatever their effect is."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.banking.ledgers import REFUSED, Ledger, raw
from tests.banking.renaming import RENAMING, Counter, renaming
from tests.banking.support import MovableClock, customer
from tests.support.deadlines import PATIENCE
from ultracore.banking import TRANSFER, ActionReceipt, ActionTerms, Bank, Proposal, ProposalStatus, sqlite_url
from ultracore.banking.actions import Effect, Effects
from ultracore.errors import LedgerUnavailable, ToolRefused, UltracoreError


@pytest.fixture
async def counter(ledger: Ledger, clock: MovableClock) -> AsyncIterator[Counter]:
    bank = await Bank.open(ledger.url, clock=clock, effects=[RENAMING])
    yield Counter(bank)
    await bank.close()


@pytest.fixture
async def other(ledger: Ledger, clock: MovableClock) -> AsyncIterator[Bank]:
    """A second bank on the same file: what another process has."""
    bank = await Bank.open(ledger.url, clock=clock, effects=[RENAMING])
    yield bank
    await bank.close()


async def code_of(awaited: Awaitable[Any]) -> str:
    with pytest.raises(UltracoreError) as refusal:
        await awaited
    return refusal.value.code


async def test_an_approved_action_is_done_once_with_its_intent(counter: Counter) -> None:
    before = await counter.name()
    proposal = await counter.claim(await counter.rename())
    assert await counter.bank.proposals.outcome_of("evt-1") is None
    receipt = await counter.bank.proposals.settle(proposal.proposal_id, "evt-1")
    assert isinstance(receipt, ActionReceipt)
    assert await counter.bank.proposals.settle(proposal.proposal_id, "evt-1") == receipt
    assert await counter.bank.proposals.settle(proposal.proposal_id, "evt-other") == receipt
    assert await counter.bank.proposals.outcome_of("evt-1") == receipt
    assert await counter.bank.proposals.outcome_of("evt-other") is None
    assert await counter.name() == before + "+"
    assert await counter.figures() == ("2500.00", "2500.00")


async def test_the_outcome_of_a_transfer_is_its_entry(counter: Counter) -> None:
    proposal = await counter.claim(await counter.open("50"))
    receipt = await counter.bank.proposals.settle(proposal.proposal_id, "evt-1")
    assert await counter.bank.proposals.outcome_of("evt-1") == receipt


async def test_one_intent_carries_one_effect(counter: Counter) -> None:
    first = await counter.claim(await counter.rename("a", "conv-1"))
    second = await counter.claim(await counter.rename("b", "conv-2"))
    await counter.bank.proposals.settle(first.proposal_id, "evt-1")
    before = await counter.name()
    with pytest.raises(LedgerUnavailable):
        await counter.bank.proposals.settle(second.proposal_id, "evt-1")
    assert await counter.name() == before


@pytest.mark.parametrize(("name", "error"), [("refused", ToolRefused), ("broken", RuntimeError)])
async def test_an_effect_that_fails_leaves_nothing_behind(
    counter: Counter, name: str, error: type[Exception]
) -> None:
    before = await counter.name()
    proposal = await counter.claim(await counter.rename(name))
    with pytest.raises(error):
        await counter.bank.proposals.settle(proposal.proposal_id, "evt-1")
    assert await counter.name() == before
    released = await counter.bank.proposals.release(proposal.proposal_id, "failed", "effect.refused")
    assert released is not None
    assert released.status is ProposalStatus.FAILED


async def test_what_an_action_asks_for_is_checked_at_each_step(counter: Counter, ledger: Ledger) -> None:
    def set_status(status: str) -> None:
        with raw(ledger) as connection:
            connection.execute("UPDATE accounts SET status = ? WHERE account_id = 'acc_1'", (status,))

    waiting, claimed = await counter.rename("a"), await counter.claim(await counter.rename("b", "conv-2"))
    assert await counter.bank.proposals.objection(waiting.proposal_id) is None
    set_status("frozen")
    assert await code_of(counter.rename("c", "conv-3")) == "account.not_active"
    assert await counter.bank.proposals.objection(waiting.proposal_id) == "account.not_active"
    assert await code_of(counter.claim(waiting)) == "approval.void"
    assert await code_of(counter.bank.proposals.settle(claimed.proposal_id, "evt-1")) == "account.not_active"
    voided = await counter.bank.proposals.get(waiting.proposal_id)
    assert voided is not None
    assert (voided.status, voided.reason) == (ProposalStatus.VOID, "account.not_active")


async def test_a_kind_without_an_effect_is_refused_before_a_card_is_shown(counter: Counter) -> None:
    unknown = replace(renaming(), kind="account.sell")
    assert await code_of(counter.propose(unknown, customer())) == "action.unknown"
    assert await counter.bank.proposals.open_for("conv-1") is None


async def test_the_same_action_waits_while_its_twin_is_unresolved(counter: Counter) -> None:
    twin = await counter.rename("+", "conv-2")
    unresolved = await counter.claim(await counter.rename("+"))
    await counter.claim(await counter.rename("other", "conv-3"))
    assert await code_of(counter.claim(twin)) == "action.outcome_unknown"
    await counter.bank.proposals.release(unresolved.proposal_id, "failed", "outcome.not_done")
    await counter.claim(twin)


async def test_time_stop_and_a_no_end_an_action(counter: Counter, clock: MovableClock) -> None:
    stopped = await counter.rename("a")
    await counter.bank.proposals.void_open(conversation_id="conv-1")
    assert await code_of(counter.claim(stopped)) == "approval.void"
    declined = await counter.rename("b")
    await counter.bank.proposals.decline(declined.proposal_id, "login-1", "conv-1")
    assert await code_of(counter.claim(declined)) == "approval.consumed"
    late = await counter.rename("c")
    clock.advance(120)
    assert await code_of(counter.claim(late)) == "approval.expired"
    (expired,) = await counter.bank.proposals.expire_due(clock())
    assert expired.proposal_id == late.proposal_id


ALTERATIONS = [
    'terms = replace(terms, \'"name": "+"\', \'"name": "mine"\')',
    "customer_id = 'cust_2'",
    "tool = 'another'",
    "arguments = '{\"x\": 1}'",
    "arguments_digest = 'x'",
    "user_id = 'customer2'",
    "expires_at = '2027-01-01 00:00:00.000000'",
    "policy_version = 'another'",
    "seal = ''",
]
TRANSFER_ALTERATIONS = [
    "amount_minor = 500000",
    "destination_account_id = 'acc_3'",
    "source_account_id = 'acc_2'",
    "payee_id = NULL, payee_version = NULL",
    "terms = replace(terms, 'City Power', 'Somebody Else')",
]


@pytest.mark.parametrize(
    ("kind", "change"),
    [*(("action", change) for change in ALTERATIONS), *(("transfer", change) for change in TRANSFER_ALTERATIONS)],
)
async def test_an_altered_row_is_never_carried_out(
    counter: Counter, ledger: Ledger, kind: str, change: str
) -> None:
    async def make(conversation: str) -> Proposal:
        if kind == "action":
            return await counter.rename("+", conversation)
        return await counter.open("50", conversation=conversation)

    waiting = await make("conv-1")
    with raw(ledger) as connection:
        connection.execute(f"UPDATE proposals SET {change}")  # noqa: S608 - a list of this module
    assert await code_of(counter.claim(waiting)) == "approval.void"
    claimed = await counter.claim(await make("conv-2"))
    with raw(ledger) as connection:
        connection.execute(f"UPDATE proposals SET {change} WHERE status = 'claimed'")  # noqa: S608
    before = await counter.name()
    assert await code_of(counter.bank.proposals.settle(claimed.proposal_id, "evt-1")) == "proposal.altered"
    assert await counter.name() == before
    assert (await counter.figures())[0] == "2500.00"
    assert await counter.bank.proposals.release(claimed.proposal_id, "failed", "proposal.altered") is not None


async def test_a_seal_needs_the_key_it_was_made_with(counter: Counter, ledger: Ledger) -> None:
    proposal = await counter.rename()
    keyed = await Bank.open(
        ledger.url, clock=counter.bank.proposals._clock, effects=[RENAMING], digest=lambda _: "k" * 64
    )
    try:
        assert await code_of(Counter(keyed).claim(proposal)) == "approval.void"
    finally:
        await keyed.close()


IMPOSSIBLE = [
    "UPDATE proposals SET status = 'done', intent_event_id = 'e' WHERE kind <> 'transfer'",
    "UPDATE proposals SET status = 'done', result = '{}' WHERE kind <> 'transfer'",
    "UPDATE proposals SET status = 'done', intent_event_id = 'e' WHERE kind = 'transfer'",
    "UPDATE proposals SET status = 'done', intent_event_id = 'e', result = '{}' WHERE kind = 'transfer'",
    "UPDATE proposals SET amount_minor = NULL WHERE kind = 'transfer'",
    "UPDATE proposals SET amount_minor = 100 WHERE kind <> 'transfer'",
    "UPDATE proposals SET kind = 'transfer'",
    "UPDATE proposals SET checker_user_id = 'supervisor1'",
    "UPDATE proposals SET two_persons = 1, status = 'claimed'",
    "UPDATE proposals SET two_persons = 1, checker_user_id = user_id",
]


@pytest.mark.parametrize("statement", IMPOSSIBLE)
async def test_the_store_refuses_a_state_that_nothing_led_to(
    counter: Counter, ledger: Ledger, statement: str
) -> None:
    await counter.rename()
    await counter.open("50", conversation="conv-2")
    with raw(ledger) as connection, pytest.raises(REFUSED):
        connection.execute(statement)


def test_a_float_never_gets_into_an_action() -> None:
    terms = ActionTerms(**{**_fields(renaming()), "payload": {"amount": 1.5}})
    with pytest.raises(TypeError, match="float"):
        terms.to_json()


def _fields(terms: ActionTerms) -> dict[str, Any]:
    return {name: getattr(terms, name) for name in ActionTerms.__slots__}


@pytest.mark.parametrize("kinds", [["a", "a"], [TRANSFER]])
def test_a_kind_has_one_effect_and_transfers_are_the_ledgers(kinds: list[str]) -> None:
    with pytest.raises(ValueError, match="already"):
        Effects(Effect(kind=kind, check=RENAMING.check, apply=RENAMING.apply) for kind in kinds)


async def test_terms_of_one_kind_are_not_read_as_the_other(counter: Counter) -> None:
    action, transfer = await counter.rename(), await counter.open("50", conversation="conv-2")
    with pytest.raises(TypeError):
        _ = action.transfer
    with pytest.raises(TypeError):
        _ = transfer.action


async def test_press_and_expiry_and_stop_race_and_one_wins(counter: Counter, other: Bank) -> None:
    before = await counter.name()
    done = 0
    for number in range(12):
        proposal = await counter.rename("+", f"conv-{number}")

        async def press(proposal: Proposal = proposal, number: int = number) -> bool:
            try:
                await counter.claim(proposal)
                await counter.bank.proposals.settle(proposal.proposal_id, f"evt-{number}")
            except UltracoreError as error:
                assert error.code in ("approval.expired", "approval.void", "approval.consumed")
                return False
            return True

        pressed, swept, voided = await asyncio.gather(
            press(),
            other.proposals.expire_due(proposal.expires_at),
            other.proposals.void_open(conversation_id=f"conv-{number}"),
        )
        assert pressed + len(swept) + len(voided) == 1
        done += pressed
    assert await counter.name() == before + "+" * done


async def test_many_settlements_through_two_engines_do_it_once(counter: Counter, other: Bank) -> None:
    before = await counter.name()
    proposal = await counter.claim(await counter.rename())
    sides = (counter.bank, other) * 5
    receipts = await asyncio.gather(*(side.proposals.settle(proposal.proposal_id, "evt") for side in sides))
    assert all(receipt == receipts[0] for receipt in receipts)
    assert await counter.name() == before + "+"


async def test_two_processes_press_one_button_and_do_it_once(counter: Counter, ledger: Ledger) -> None:
    before = await counter.name()
    proposal = await counter.rename()
    moment = str(time.time() + 1.5)
    arguments = [ledger.url, proposal.proposal_id, "login-1", "conv-1", moment]
    command = [sys.executable, "-m", "tests.banking.presser", *arguments]
    presses = [asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=PATIENCE) for _ in range(2)]
    said = sorted(process.stdout.decode() for process in await asyncio.gather(*presses))
    assert said == ["approval.consumed", "done Done: renamed."]
    assert await counter.name() == before + "+"


async def test_open_proposals_from_before_the_migration_can_only_run_out(tmp_path: Path) -> None:
    """A ledger of the revision before, with holds and proposals in it, becomes one of this revision."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    import ultracore.banking.store.migrations as migrations

    path = tmp_path / "ledger.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(str(migrations.__file__)).parent))
        config.set_main_option("recursive_version_locations", "true")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with raw(path) as old:
        old.script(OLD_ROWS)
    bank = await Bank.open(sqlite_url(path))
    found = await bank.proposals.get("prp_1")
    assert found is not None
    assert (found.kind, found.two_persons, found.transfer["description"]) == (TRANSFER, False, "d")
    with raw(path) as new:
        assert new.execute("SELECT hold_id, proposal_id FROM holds").fetchall() == [("h1", "prp_1")]
        assert new.execute("PRAGMA foreign_key_check").fetchall() == []
        assert "proposals" in new.execute("SELECT sql FROM sqlite_master WHERE name = 'holds'").fetchone()[0]
    assert await bank.proposals.objection("prp_1") == "proposal.altered"
    await bank.close()


OLD_ROWS = """
INSERT INTO tenants VALUES ('t', 'T');
INSERT INTO customers VALUES ('c', 't', 'C', 'person', '2020-01-01', 'verified', 'low');
INSERT INTO accounts VALUES ('a', 't', 'c', 'everyday', NULL, 'A', 'AUD', 'active', '062000', '1');
INSERT INTO accounts VALUES ('b', 't', 'c', 'savings', NULL, 'B', 'AUD', 'active', '062000', '2');
INSERT INTO proposals (proposal_id, approval_hash, tenant_id, customer_id, user_id, login_id, conversation_id,
  turn_id, reference, tool, arguments, arguments_digest, terms, policy_version, source_account_id,
  destination_account_id, amount_minor, currency, status, created_at, expires_at)
VALUES ('prp_1', 'h', 't', 'c', 'u', 'l', 'conv', 'turn', 'r', 'execute_transaction', '{}', 'd',
  '{"description": "d"}', 'p', 'a', 'b', 100, 'AUD', 'claimed', '2026-01-01 00:00:00', '2026-01-01 00:02:00');
INSERT INTO holds VALUES ('h1', 'a', 100, 'prp_1', 'active', '2026-01-01 00:00:00', NULL);
"""
