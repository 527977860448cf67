"""Rules of `architecture.md` that no other test would miss, one section a rule."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from tests.ai.conversation.test_outages import record_file
from tests.ai.screen import Desk, principal
from tests.ai.sqlite_files import locked
from tests.audit.people import eventually
from tests.support.scripted_model import call, say
from ultracore.ai.model import ModelToolCall
from ultracore.ai.recording import TurnLog
from ultracore.ai.tools import CallContext, CallReader
from ultracore.audit import ConversationRecord
from ultracore.banking import EntryReceipt, FraudDecision
from ultracore.banking.fraud import RiskService
from ultracore.banking.ledger import AccountsService
from ultracore.banking.proposals import ProposalsService
from ultracore.container import Core
from ultracore.principal import Connection, Principal, Role

TRANSFER = {
    "transaction_type": "transfer",
    "amount": "50.00",
    "from_account_id": "acc_1",
    "to_account_id": "City Power",
}
PAY = "transfer 50 dollars to City Power"
ASK = "What's my balance?"


async def card(desk: Desk) -> None:
    desk.model.expect(call("execute_transaction", TRANSFER))
    assert len((await desk.say(PAY)).cards) == 1


# Audit before effect


async def test_the_decision_is_on_the_record_when_a_read_begins(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str | None] = []
    read = AccountsService.of_customer

    async def looks(service: AccountsService, *arguments: Any) -> Any:
        store = await desk.app.trail.store()
        found.extend(intent.tool for intent in await store.open_intents())
        return await read(service, *arguments)

    monkeypatch.setattr(AccountsService, "of_customer", looks)
    desk.model.expect(call("get_customer_360", {}), say("Here they are."))
    await desk.say("Show my recent transactions")
    assert set(found) == {"get_customer_360"}


async def test_the_intent_is_on_the_record_when_money_moves_and_the_entry_names_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[tuple[str, list[str]]] = []
    settle = ProposalsService.settle

    async def looks(service: ProposalsService, proposal_id: str, intent: str) -> Any:
        store = await desk.app.trail.store()
        found.append((intent, [one.event_id for one in await store.open_intents()]))
        return await settle(service, proposal_id, intent)

    monkeypatch.setattr(ProposalsService, "settle", looks)
    await card(desk)
    await desk.press(approve=True)
    ((intent, open_intents),) = found
    assert open_intents == [intent]
    receipt = await desk.app.bank.proposals.outcome_of(intent)
    assert isinstance(receipt, EntryReceipt)
    assert receipt.receipt_number in desk.screen.closed[0][1]


async def test_an_intent_that_cannot_be_written_moves_no_money_and_leaves_no_hold(desk: Desk) -> None:
    await card(desk)
    other = sqlite3.connect(desk.app.settings.data_path / "audit.db", timeout=5)
    other.execute(
        "CREATE TRIGGER no_decisions BEFORE INSERT ON events WHEN NEW.event_type = 'tool_decided' "
        "BEGIN SELECT RAISE(ABORT, 'not this one'); END"
    )
    screen = await desk.press(approve=True)
    other.execute("DROP TRIGGER no_decisions")
    other.close()
    assert [state for state, _ in screen.closed] == ["not_done"]
    assert "approval_given" in await desk.types()
    balance = await desk.app.bank.accounts.get("tenant_1", "cust_1", "acc_1")
    assert (str(balance.balance), str(balance.available)) == ("2500.00", "2500.00")


async def test_staff_read_nothing_while_the_record_cannot_be_written(opened: Core) -> None:
    blocker = sqlite3.connect(opened.settings.data_path / "audit.db", isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    try:
        outcome = await opened.registry.call(
            CallReader().read(ModelToolCall("call_1", "get_account_balance", '{"account_id": "acc_1"}')),
            teller(opened),
        )
    finally:
        blocker.close()
    assert outcome.status == "failed"
    assert outcome.content["error"]["code"] == "audit.unavailable"


def teller(core: Core) -> CallContext:
    """A call by staff about a customer."""
    who = Principal(tenant_id="tenant_1", user_id="teller1", login_id=uuid4().hex, roles=frozenset({Role.TELLER}))

    async def same() -> Principal:
        return who

    record = ConversationRecord(core.trail, who, str(uuid4()))
    log = TurnLog(record.turn("turn-1", "7F3A-0001"), tolerant=not who.is_staff)
    return CallContext(
        principal=same, agent="Accounts", conversation_id=record.conversation_id, log=log, connection=Connection()
    )


# Approval is sealed


async def test_a_press_of_somebody_elses_button_learns_nothing_and_leaves_no_trace_with_them(desk: Desk) -> None:
    await card(desk)
    before = await desk.types()
    theirs = desk.screen.cards[0].approval_id
    other = await Desk.sign_in(desk.app, desk.model, principal("customer2", "cust_2"))
    real = (await other.press(approve=True, approval_id=theirs)).messages[-1]
    guessed = (await other.press(approve=True, approval_id="apr_guessed")).messages[-1]
    assert real == guessed
    assert await desk.types() == before
    assert (await desk.press(approve=True)).closed[0][0] == "done"


# Asked again before every effect; the answer can only refuse


async def test_the_fraud_check_is_asked_again_when_the_button_is_pressed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def blocks(*_: object, **__: object) -> FraudDecision:
        return FraudDecision(score=Decimal("0.99"), decision="block", factors=())

    await card(desk)
    monkeypatch.setattr(RiskService, "score_transfer", blocks)
    screen = await desk.press(approve=True)
    assert [state for state, _ in screen.closed] == ["not_done"]
    assert await desk.denials() == ["fraud.blocked"]
    balance = await desk.app.bank.accounts.get("tenant_1", "cust_1", "acc_1")
    assert (str(balance.balance), str(balance.available)) == ("2500.00", "2500.00")


# Money is never a float


@pytest.mark.parametrize(
    ("tool", "arguments"), [("get_account_balance", {"account_id": "acc_1"}), ("get_customer_360", {})]
)
async def test_no_figure_that_a_model_is_given_is_a_float(
    desk: Desk, tool: str, arguments: dict[str, Any]
) -> None:
    desk.model.expect(call(tool, arguments), say("Here it is."))
    await desk.say(ASK)
    (result,) = desk.model.requests[-1].tool_results
    assert floats_in(result) == []


def floats_in(value: Any, place: str = "") -> list[str]:
    """Where in a JSON value a number with a fraction stands."""
    if isinstance(value, float):
        return [place]
    if isinstance(value, Mapping):
        return [found for key, item in value.items() for found in floats_in(item, f"{place}.{key}")]
    if isinstance(value, list):
        return [found for number, item in enumerate(value) for found in floats_in(item, f"{place}[{number}]")]
    return []


# Stop ends the talking, never a payment; cancellation is raised again


async def test_neither_stop_nor_a_closed_page_ends_a_payment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    began, go_on = asyncio.Event(), asyncio.Event()
    settle = ProposalsService.settle

    async def waits(service: ProposalsService, *arguments: Any) -> Any:
        began.set()
        await go_on.wait()
        return await settle(service, *arguments)

    await card(desk)
    monkeypatch.setattr(ProposalsService, "settle", waits)
    press = asyncio.create_task(desk.press(approve=True))
    await began.wait()
    await desk.app.desk.stop(desk.who.login_id, desk.conversation_id)
    press.cancel()
    with pytest.raises(asyncio.CancelledError):
        await press
    go_on.set()
    await eventually(lambda: _closed(desk))
    assert desk.screen.closed[0][0] == "done"
    assert await desk.balance() == "2450.00"
    assert (await desk.types()).count("tool_executed") == 1


async def test_a_proposal_that_opens_after_the_stop_is_withdrawn(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The screen says that no payment is waiting: then none is, and the next one can be asked for at once."""
    began, go_on = asyncio.Event(), asyncio.Event()
    opening = ProposalsService.open

    async def waits(service: ProposalsService, *arguments: Any, **named: Any) -> Any:
        began.set()
        await go_on.wait()
        return await opening(service, *arguments, **named)

    monkeypatch.setattr(ProposalsService, "open", waits)
    desk.model.expect(call("execute_transaction", TRANSFER))
    turn = asyncio.create_task(desk.say("transfer 50 dollars to City Power"))
    await began.wait()
    await desk.app.desk.stop(desk.who.login_id, desk.conversation_id)
    go_on.set()
    assert "Stopped" in (await turn).shown
    assert await desk.app.bank.proposals.open_for(desk.conversation_id) is None
    assert (await desk.types())[-5:] == [
        "approval_requested",
        "approval_declined",
        "assistant_message",
        "turn_stopped",
        "assistant_message",
    ]
    assert desk.screen.closed == [("void", "This request was withdrawn. Nothing was changed.")]
    await card(desk)


async def _closed(desk: Desk) -> bool:
    return bool(desk.screen.closed)


# What a model or a browser sends is never more than refused


STRANGE: list[tuple[Any, str]] = [
    ("get_account_balance", '{"account_id": "\\ud800"}'),
    ("get_account_balance", '{"account_id": ' + "9" * 400 + "}"),
    ("get_account_balance", '{"account_id": ' + "9" * 5_000 + "}"),
    ("get_account_balance", '{"account_id": 1e999999}'),
    ("get_account_balance", '{"\\u0000": "\\u0000"}'),
    ("get_account_balance", "[" * 8_000),
    ("get_account_balance", '{"a": ' * 900 + "1" + "}" * 900),
    ("get_account_balance", "null"),
    ("execute_transaction", '{"transaction_type": "transfer", "amount": 9007199254740993000000001}'),
    ("execute_transaction", '{"transaction_type": "transfer", "amount": {"value": 1}}'),
    ("\ud800", "{}"),
    ("\x00" * 70, "{}"),
    ("t" * 100_000, "{}"),
]


@pytest.mark.parametrize(("tool", "arguments"), STRANGE, ids=range(len(STRANGE)))
async def test_whatever_a_model_writes_ends_as_a_refusal_on_the_record(
    desk: Desk, tool: str, arguments: str
) -> None:
    desk.model.expect(call(tool, arguments), say("That did not work."))
    screen = await desk.say(ASK)
    assert screen.answers == ["That did not work."]
    assert [step.status for step in screen.steps] == ["running", "refused"]
    assert len(await desk.denials()) == 1


@pytest.mark.parametrize("strange", ["\ud800", "\x00", "x" * 100_000, ""])
async def test_whatever_a_browser_sends_gets_a_sentence(desk: Desk, strange: str) -> None:
    screen = await desk.press(approve=True, approval_id=strange)
    assert [kind for kind, _ in screen.messages] == ["notice"]
    ours, desk.conversation_id = desk.conversation_id, strange
    assert [kind for kind, _ in (await desk.say(ASK)).messages] == ["notice"]
    desk.conversation_id = ours
    desk.model.expect(say("Fine."))
    assert (await desk.say(ASK, message_id=strange)).answers == ["Fine."]
    stranger = principal()
    desk.who = stranger
    assert "sign in again" in (await desk.say(ASK)).shown


async def test_a_card_is_not_even_frozen_while_the_record_cannot_be_written(desk: Desk) -> None:
    """A protective tool changes something, so its intent is on disk first, or nothing happens."""
    desk.model.expect(call("freeze_card", {}), say("I could not."))
    async with locked(record_file(desk)):
        screen = await desk.say("please freeze my card")
    assert screen.ended("freeze_card") in (["failed"], ["refused"])
    cards = await desk.app.bank.customers.cards("tenant_1", "cust_1")
    assert {card.status for card in cards} == {"active"}
