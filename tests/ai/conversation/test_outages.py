"""What the failure of each part costs a customer: the table "down" of `architecture.md`, with real failures.

The broker is paused, the audit store and the ledger are locked, full, broken or made to lose an answer, the
model's server goes away; `test_outages_of_redis.py` has what Redis does. Everything is asked through the
conversation desk, as the chat asks it, and every part comes back without a restart."""

from __future__ import annotations

import asyncio
import json
import resource
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.ai.screen import BROWSER, Desk, Screen, principal
from tests.ai.sqlite_files import locked, script
from tests.audit.kafka.test_relay import in_order, read_topic, values
from tests.audit.people import eventually
from tests.support.deadlines import gives_up
from tests.support.kafka import KafkaBroker
from tests.support.scripted_model import ScriptedModel, call, say
from ultracore.ai.conversation import housekeeping
from ultracore.ai.presses import reconciler
from ultracore.ai.screen import CardShown, Inbound
from ultracore.audit import AuditEvent
from ultracore.audit.replay import replay
from ultracore.banking.ledger import AccountsService
from ultracore.banking.proposals import ProposalsService
from ultracore.errors import LedgerUnavailable
from ultracore.settings import Settings

TRANSFER = {
    "transaction_type": "transfer",
    "amount": "50.00",
    "from_account_id": "acc_1",
    "to_account_id": "City Power",
}
BALANCE = call("get_account_balance", {"account_id": "acc_1"})
PAY = "transfer 50 dollars to City Power"
ASK = "What's my balance?"
# Makes every statement of a posting succeed and the commit itself fail.
FAILING_COMMIT = """
CREATE TABLE bomb (tenant_id TEXT REFERENCES tenants (tenant_id) DEFERRABLE INITIALLY DEFERRED);
CREATE TRIGGER bomb AFTER UPDATE OF posted ON entries BEGIN INSERT INTO bomb VALUES ('nobody'); END;
"""


def reason_of(event: AuditEvent) -> Any:
    return (event.metadata or {}).get("reason")


async def events_of(desk: Desk, kind: str) -> list[AuditEvent]:
    return [event for event in await desk.record() if event.event_type.value == kind]


async def card(desk: Desk) -> Screen:
    """A card for 50 dollars to City Power."""
    desk.model.expect(call("execute_transaction", TRANSFER))
    screen = await desk.say(PAY)
    assert len(screen.cards) == 1
    return screen


async def available(desk: Desk) -> str:
    return str((await desk.app.bank.accounts.get("tenant_1", "cust_1", "acc_1")).available)


def inbound(desk: Desk, text: str) -> Inbound:
    return Inbound(desk.who.login_id, desk.conversation_id, str(uuid4()), text, BROWSER)


@pytest.fixture
async def eager(
    settings: Settings, scripted_model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    """A desk whose housekeeping looks all the time and spares nothing for its age."""
    monkeypatch.setattr(housekeeping, "SWEEP_SECONDS", 0.02)
    monkeypatch.setattr(housekeeping, "RECONCILE_SECONDS", 0.0)
    monkeypatch.setattr(reconciler, "GRACE", timedelta(0))
    scripted = settings.model_copy(update={"openai_base_url": scripted_model.base_url})
    async with Desk.open(scripted, scripted_model) as found:
        yield found


# Kafka


async def test_a_paused_broker_is_not_noticed_and_gets_everything_in_order_afterwards(
    settings: Settings, scripted_model: ScriptedModel, kafka_broker: KafkaBroker
) -> None:
    topic = f"outage-{uuid4().hex}"
    changes = {
        "openai_base_url": scripted_model.base_url,
        "kafka_bootstrap_servers": kafka_broker.bootstrap,
        "audit_topic": topic,
    }
    async with Desk.open(settings.model_copy(update=changes), scripted_model) as desk:
        scripted_model.expect(BALANCE, say("You have AUD 2,500.00."))
        await desk.say(ASK)
        kafka_broker.pause()
        async with gives_up(within=20):
            await card(desk)
            screen = await desk.press(approve=True)
        assert [state for state, _ in screen.closed] == ["done"]
        assert not [text for kind, text in screen.messages if kind in ("error", "notice")]
        kafka_broker.resume()
        store = await desk.app.trail.store()
        published = [json.loads(line) for line in await _lines(store, desk.conversation_id)]
        await eventually(lambda: _has_all(kafka_broker, topic, published))
        messages = await asyncio.to_thread(read_topic, kafka_broker.bootstrap, topic)
        lines = await _lines(store, None)
        assert in_order(messages, lines)
        assert len(published) == len(await desk.record())


async def _lines(store: Any, stream: str | None) -> list[bytes]:
    """What the store publishes, in its order."""
    rows: list[Any] = await store.read(lambda reader: list(reader.after_position(0, 10_000)))
    return [
        row.published() for row in rows if stream is None or json.loads(row.published())["stream_id"] == stream
    ]


async def _has_all(broker: KafkaBroker, topic: str, wanted: list[dict[str, Any]]) -> bool:
    found = values(await asyncio.to_thread(read_topic, broker.bootstrap, topic))
    return {event["event_id"] for event in wanted} <= {json.loads(value)["event_id"] for value in found}


# The audit store


def record_file(desk: Desk) -> Path:
    return desk.app.settings.data_path / "audit.db"


async def test_own_reads_go_on_without_the_record_with_a_notice_and_are_counted_later(desk: Desk) -> None:
    desk.model.expect(BALANCE, say("You have AUD 2,500.00."))
    async with locked(record_file(desk)):
        screen = await desk.say(ASK)
        assert screen.answers == ["You have AUD 2,500.00."]
        assert screen.ended("get_account_balance") == ["done"]
        assert [text for kind, text in screen.messages if kind == "notice" and "interrupted" in text]
        assert await desk.types() == []
    await asyncio.sleep(2.1)  # longer than a failed store is left in peace
    desk.model.expect(say("Welcome back."))
    screen = await desk.say("What is the balance of my account?")
    assert not [text for kind, text in screen.messages if "interrupted" in text]
    gaps = [event for event in await events_of(desk, "guardrail_triggered") if reason_of(event) == "audit.gap"]
    assert [(event.metadata or {})["detail"] for event in gaps] == ["9 events could not be written"]


async def test_money_is_refused_without_the_record_and_leaves_no_proposal_behind(desk: Desk) -> None:
    desk.model.expect(call("execute_transaction", TRANSFER), say("That is not possible right now."))
    async with locked(record_file(desk)):
        screen = await desk.say(PAY)
        assert screen.cards == []
        assert screen.ended("execute_transaction") == ["failed"]
        assert desk.model.requests[-1].tool_results[-1]["error"]["code"] == "audit.unavailable"
    assert await desk.app.bank.proposals.open_for(desk.conversation_id) is None
    assert (await desk.balance(), await available(desk)) == ("2500.00", "2500.00")
    await asyncio.sleep(2.1)
    await card(desk)
    assert (await desk.press(approve=True)).closed[-1][0] == "done"


async def test_a_press_without_the_record_is_refused_and_leaves_no_hold(desk: Desk) -> None:
    await card(desk)
    async with locked(record_file(desk)):
        screen = await desk.press(approve=True)
        assert [state for state, _ in screen.closed] == ["not_done"]
        assert "was not made" in screen.closed[0][1]
    assert (await desk.balance(), await available(desk)) == ("2500.00", "2500.00")
    assert await desk.app.bank.proposals.claimed() == []
    assert await events_of(desk, "tool_executed") == []
    await asyncio.sleep(2.1)
    await card(desk)
    assert (await desk.press(approve=True)).closed[-1][0] == "done"
    counted = [event for event in await events_of(desk, "guardrail_triggered") if reason_of(event) == "audit.gap"]
    assert len(counted) == 1


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process can be written beyond its first byte."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_on_a_full_disk_own_reads_go_on_and_money_moves_when_there_is_room_again(desk: Desk) -> None:
    await card(desk)
    desk.model.expect(BALANCE, say("You have AUD 2,500.00."))
    with full_disk():
        screen = Screen()
        await desk.app.desk.message(inbound(desk, ASK), screen)
        assert screen.answers == ["You have AUD 2,500.00."]
        assert "interrupted" in screen.shown
        kind, _ = (await desk.press(approve=True)).messages[-1]
        assert kind == "error"
    assert (await desk.balance(), await available(desk)) == ("2500.00", "2500.00")
    await asyncio.sleep(2.1)
    assert (await desk.press(approve=True)).closed[-1][0] == "done"
    assert await desk.balance() == "2450.00"


# The model


async def test_without_its_model_the_desk_still_signs_in_and_replays(desk: Desk) -> None:
    desk.model.stop()
    screen = await desk.say(ASK)
    kind, text = screen.messages[-1]
    failed = (await events_of(desk, "turn_failed"))[0]
    assert (kind, reason_of(failed)) == ("error", "model.unreachable")
    assert failed.request_id is not None and f"Ref {failed.request_id}" in text
    other = await Desk.sign_in(desk.app, desk.model, principal("customer2", "cust_2"))
    assert other.greeting.startswith("Hello")
    shown = [one.text for one in replay(await desk.record())]
    assert ASK in shown and text in shown


# The ledger


def ledger_file(desk: Desk) -> Path:
    return desk.app.settings.data_path / "ledger.db"


async def test_without_its_ledger_tools_say_so_with_a_reference_and_the_chat_goes_on(desk: Desk) -> None:
    desk.model.expect(BALANCE, say("I cannot see your accounts right now."))
    await script(ledger_file(desk), "ALTER TABLE balances RENAME TO elsewhere")
    screen = await desk.say(ASK)
    assert screen.answers == ["I cannot see your accounts right now."]
    step = screen.steps[-1]
    reference = (await desk.record())[-1].request_id
    assert (step.status, f"Ref {reference}" in step.summary) == ("failed", True)
    assert "balances" not in step.summary + str(desk.model.requests[-1].tool_results)
    assert await desk.denials() == ["ledger.unavailable"]
    await script(ledger_file(desk), "ALTER TABLE elsewhere RENAME TO balances")
    desk.model.expect(BALANCE, say("You have AUD 2,500.00."))
    assert (await desk.say(ASK)).ended("get_account_balance") == ["done"]


async def test_a_locked_ledger_proposes_and_approves_nothing_and_both_work_afterwards(desk: Desk) -> None:
    desk.model.expect(call("execute_transaction", TRANSFER), say("Not now."))
    async with locked(ledger_file(desk)):
        assert (await desk.say(PAY)).ended("execute_transaction") == ["failed"]
    await card(desk)
    async with locked(ledger_file(desk)):
        kind, text = (await desk.press(approve=True)).messages[-1]
        assert kind == "error" and "Ref " in text
    assert (await desk.press(approve=True)).closed[-1][0] == "done"
    assert await desk.balance() == "2450.00"


async def test_an_unknown_outcome_holds_the_funds_and_the_same_payment(desk: Desk) -> None:
    await card(desk)
    await script(ledger_file(desk), FAILING_COMMIT)
    screen = await desk.press(approve=True)
    assert [state for state, _ in screen.closed] == ["unknown"]
    assert "do not repeat" in screen.closed[0][1]
    assert [event.result for event in await events_of(desk, "tool_executed")] == ["unknown"]
    assert (await desk.balance(), await available(desk)) == ("2500.00", "2450.00")
    other = await Desk.sign_in(desk.app, desk.model, principal())
    desk.model.expect(call("execute_transaction", TRANSFER), say("That one is being checked."))
    assert (await other.say(PAY)).cards == []
    assert await other.denials() == ["transfer.outcome_unknown"]


async def test_an_unknown_outcome_that_did_not_happen_is_told_here_and_in_the_next_session(eager: Desk) -> None:
    await card(eager)
    await script(ledger_file(eager), FAILING_COMMIT)
    screen = await eager.press(approve=True)
    assert screen.closed[0][0] == "unknown"
    await eventually(lambda: _closed_as(eager, "not_done"))
    await script(ledger_file(eager), "DROP TRIGGER bomb")
    await _assert_told_once(eager, "failure", "was not made", balance="2500.00")


async def test_a_commit_whose_answer_was_lost_is_resolved_once_and_told(
    eager: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await card(eager)
    with answer_lost(monkeypatch):
        screen = await eager.press(approve=True)
    assert screen.closed[0][0] == "unknown"
    await eventually(lambda: _closed_as(eager, "done"))
    await asyncio.sleep(0.3)  # a dozen more rounds
    await _assert_told_once(eager, "success", "Receipt", balance="2450.00")


async def test_a_card_whose_outcome_is_not_on_the_record_yet_waits_for_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = (await card(desk)).cards[-1]
    with answer_lost(monkeypatch):
        await desk.press(approve=True)
    there, again = CardShown(shown.proposal_id, pressable=True), Screen()
    assert await desk.app.desk.resume(desk.who.login_id, desk.conversation_id, again, card=there) is True
    assert (again.closed, await desk.balance()) == ([], "2450.00")


@contextmanager
def answer_lost(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The commit that posts an entry succeeds, and its answer does not come back."""
    commit = AsyncConnection.commit

    async def commits_and_fails(connection: AsyncConnection) -> None:
        posted = await connection.exec_driver_sql("SELECT count(*) FROM proposals WHERE status = 'done'")
        done = posted.scalar_one()
        await commit(connection)
        if done:
            raise OperationalError("COMMIT", {}, sqlite3.OperationalError("disk I/O error"))

    with monkeypatch.context() as patch:
        patch.setattr(AsyncConnection, "commit", commits_and_fails)
        yield


async def _closed_as(desk: Desk, state: str) -> bool:
    return desk.screen.closed[-1][0] == state


async def _assert_told_once(desk: Desk, result: str, told: str, *, balance: str) -> None:
    assert [event.result for event in await events_of(desk, "outcome_resolved")] == [result]
    assert told in desk.screen.closed[-1][1]
    assert (await desk.balance(), await available(desk)) == (balance, balance)
    following = await Desk.sign_in(desk.app, desk.model, principal())
    assert [told in notice for notice in following.notices] == [True]
    assert (await Desk.sign_in(desk.app, desk.model, principal())).notices == ()


async def test_presses_are_safe_from_a_reconciler_that_never_rests(eager: Desk) -> None:
    for _ in range(5):
        await card(eager)
        screen = await eager.press(approve=True)
        assert [state for state, _ in screen.closed] == ["done"]
    assert await eager.balance() == "2250.00"
    assert await events_of(eager, "outcome_resolved") == []


# Faults of our own


async def test_a_fault_in_a_tool_is_an_apology_a_failed_turn_and_an_intent_that_is_closed_later(
    eager: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: object, **__: object) -> None:
        raise KeyError("secret 4111111111111111")

    eager.model.expect(call("get_customer_360", {}))
    with monkeypatch.context() as patch:
        patch.setattr(AccountsService, "transactions", breaks)
        patch.setattr(AccountsService, "of_customer", breaks)
        screen = await eager.say("Show my recent transactions")
    kind, text = screen.messages[-1]
    failed = (await events_of(eager, "turn_failed"))[0]
    assert (kind, reason_of(failed)) == ("error", "internal.error")
    assert f"Ref {failed.request_id}" in text
    assert "KeyError" not in screen.shown and "secret" not in screen.shown
    store = await eager.app.trail.store()
    await eventually(lambda: _nothing_open(store))
    assert [event.result for event in await events_of(eager, "outcome_resolved")] == ["failure"]


async def _nothing_open(store: Any) -> bool:
    return not await store.open_intents()


async def test_a_fault_while_settling_is_told_as_unknown_and_resolved(
    eager: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = ProposalsService.settle

    async def settles_and_breaks(service: ProposalsService, proposal_id: str, intent: str) -> None:
        await settle(service, proposal_id, intent)
        raise ValueError("a bug after the commit")

    await card(eager)
    with monkeypatch.context() as patch:
        patch.setattr(ProposalsService, "settle", settles_and_breaks)
        screen = await eager.press(approve=True)
    assert screen.closed[0][0] == "unknown"
    await eventually(lambda: _closed_as(eager, "done"))
    await _assert_told_once(eager, "success", "Receipt", balance="2450.00")


async def test_a_stop_does_not_say_that_no_payment_waits_while_the_ledger_cannot_say_so(desk: Desk) -> None:
    shown = (await card(desk)).cards[0]
    desk.model.expect(say("", delay=30.0, pieces=["one two\n\n", "three"]))
    turn = asyncio.create_task(desk.say("tell me a story"))
    await eventually(lambda: asyncio.sleep(0, "one" in desk.screen.shown))
    async with locked(desk.app.settings.data_path / "ledger.db"):
        with suppress(LedgerUnavailable):
            await desk.app.desk.stop(desk.who.login_id, desk.conversation_id)
        screen = await turn
    assert "no payment is waiting" not in screen.shown
    assert "decline it with its button" in screen.shown
    await desk.press(approve=False, approval_id=shown.approval_id)
    assert "approval_declined" in await desk.types()
