"""Staff in the chat: whom they work for, what their desk has, what is on the record of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from tests.ai.screen import Desk
from tests.support.scripted_model import ScriptedModel, call, say
from ultracore.audit import AuditEvent
from ultracore.container import App, open_app
from ultracore.errors import AuditUnavailable
from ultracore.principal import Principal, Role
from ultracore.settings import Settings


def staff(role: Role, *, tenant: str = "tenant_1", user: str | None = None) -> Principal:
    """A signed-in member of staff of the demo world."""
    name = user or f"{'admin' if role is Role.ADMINISTRATOR else role.value}1"
    return Principal(
        tenant_id=tenant,
        user_id=name,
        login_id=uuid4().hex,
        roles=frozenset({role}),
        display_name=f"{name} (staff)",
    )


@pytest.fixture
async def app(settings: Settings, scripted_model: ScriptedModel) -> AsyncIterator[App]:
    scripted = settings.model_copy(update={"openai_base_url": scripted_model.base_url})
    async with open_app(scripted) as found:
        yield found


@pytest.fixture
async def teller(app: App, scripted_model: ScriptedModel) -> Desk:
    return await Desk.sign_in(app, scripted_model, staff(Role.TELLER))


async def accesses(desk: Desk) -> list[tuple[str | None, str | None, str | None]]:
    """Who read whom with what."""
    events = [event for event in await desk.record() if event.event_type.value == "data_accessed"]
    return [(event.user_id, event.resource_id, event.action) for event in events]


async def guards(desk: Desk) -> list[str]:
    """The stable reasons of what was refused before any agent."""
    events: list[AuditEvent] = await desk.record()
    return [(e.metadata or {})["reason"] for e in events if e.event_type.value == "guardrail_triggered"]


async def working_for(desk: Desk) -> str | None:
    state = await desk.app.conversations.owner(desk.conversation_id)
    return None if state is None else state.working_for


@pytest.mark.parametrize(
    "words", ["What's the balance of cust_1?", "alex morgan's balance please", "what's the balance of Alex Morgan"]
)
async def test_a_teller_names_a_customer_and_reads_on_the_record(teller: Desk, words: str) -> None:
    teller.model.expect(call("get_account_balance", {"account_id": "acc_1"}), say("There you are."))
    screen = await teller.say(words)
    assert ("notice", "You are working for Alex Morgan (cust_1).") in screen.messages
    assert screen.ended("get_account_balance") == ["done"]
    assert await accesses(teller) == [
        ("teller1", "cust_1", "name_customer"),
        ("teller1", "cust_1", "get_account_balance"),
    ]
    types = await teller.types()
    assert types.index("data_accessed", types.index("tool_requested")) < types.index("tool_decided:allowed")
    offered = teller.model.requests[0]
    assert "They work for customer cust_1" in offered.messages[0]["content"]
    assert "get_trial_balance" not in offered.tool_names and "open_account" not in offered.tool_names


async def test_the_model_cannot_name_a_customer_for_the_staff(teller: Desk) -> None:
    teller.model.expect(call("get_customer_360", {"customer_id": "cust_1"}), say("Whom do you work for?"))
    await teller.say("What's the balance?")
    assert await teller.denials() == ["customer.missing"]
    assert await working_for(teller) is None
    assert await accesses(teller) == []


async def test_the_model_cannot_read_another_customer_than_the_one_named(teller: Desk) -> None:
    teller.model.expect(
        call("get_customer_360", {"customer_id": "cust_2"}), call("get_account_balance", {"account_id": "acc_3"})
    )
    teller.model.expect(say("I only know cust_1."))
    await teller.say("What's the balance of cust_1?")
    assert await teller.denials() == ["customer.mismatch", "account.not_found"]
    assert await accesses(teller) == [("teller1", "cust_1", "name_customer")]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("balance of cust_99", "customer.not_found"),
        ("balance of cust_9", "customer.not_found"),
        ("balances of cust_1 and cust_2", "customer.ambiguous"),
        ("compare Alex Morgan with Sam Taylor", "customer.ambiguous"),
    ],
)
async def test_who_cannot_be_found_is_a_sentence_and_changes_nothing(
    teller: Desk, words: str, reason: str
) -> None:
    await teller.say("cust_2")
    screen = await teller.say(words)
    assert [kind for kind, _ in screen.messages] == ["notice"]
    assert await guards(teller) == [reason]
    assert await working_for(teller) == "cust_2"
    assert teller.model.requests == []


async def test_another_tenants_customer_looks_like_none(teller: Desk) -> None:
    unknown, foreign = await teller.say("balance of cust_99"), await teller.say("balance of cust_9")
    assert unknown.messages == foreign.messages
    teller.model.expect(say("Whom do you work for?"))
    await teller.say("what's the balance of Jordan Lee")
    assert await working_for(teller) is None


async def test_naming_alone_needs_no_model_and_the_next_message_is_about_them(teller: Desk) -> None:
    screen = await teller.say("Hi, I'm working for Sam Taylor now.")
    assert [text for _, text in screen.messages] == [
        "You are working for Sam Taylor (cust_2).",
        "What would you like to know?",
    ]
    teller.model.expect(call("get_account_balance", {"account_id": "acc_3"}), say("There you are."))
    screen = await teller.say("What's the balance?")
    assert screen.ended("get_account_balance") == ["done"]


async def test_nothing_of_one_customer_reaches_the_next(teller: Desk) -> None:
    teller.model.expect(call("get_account_balance", {"account_id": "acc_1"}), say("There you are."), say("Sam."))
    await teller.say("What's the balance of cust_1?")
    await teller.say("And what are the balances of cust_2?")
    await teller.choose("/customer switch")
    assert "2500" not in str(teller.model.requests[-1].messages)


async def test_staff_read_nothing_where_the_record_cannot_be_written(
    teller: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await teller.say("cust_1")

    async def down(draft: object) -> None:
        raise AuditUnavailable("the disk is full")

    monkeypatch.setattr(await teller.app.trail.store(), "append", down)
    screen = await teller.say("What's the balance?")
    assert screen.steps == [] and "Ref" in screen.shown
    assert teller.model.requests == []


async def test_a_desk_says_what_it_does_where_the_subject_is_anothers(
    app: App, scripted_model: ScriptedModel
) -> None:
    lender = await Desk.sign_in(app, scripted_model, staff(Role.LENDER))
    await lender.say("cust_1")
    screen = await lender.say("transfer 50 dollars to City Power")
    assert "Your desk has the Lending agent" in screen.shown
    assert await guards(lender) == ["access.agent_not_allowed"]
    scripted_model.expect(call("hand_over", {"agent": "Payments"}), say("I stay."))
    screen = await lender.say("Is she eligible for a home loan?")
    assert screen.author == "Lending"
    assert await lender.denials() == ["access.agent_not_allowed"]


async def test_finance_reads_totals_and_no_customer(app: App, scripted_model: ScriptedModel) -> None:
    finance = await Desk.sign_in(app, scripted_model, staff(Role.FINANCE))
    scripted_model.expect(call("get_trial_balance", {}), say("The books balance."))
    screen = await finance.say("Show me the trial balance")
    assert screen.ended("get_trial_balance") == ["done"]
    assert scripted_model.requests[0].tool_names == ["get_trial_balance", "hand_over"]
    screen = await finance.say("And the balance of cust_1?")
    assert "ask a teller" in screen.shown
    assert await guards(finance) == ["access.no_customer"]
    assert await accesses(finance) == []


@pytest.mark.parametrize(
    ("role", "words"),
    [(Role.SUPERVISOR, "/replay"), (Role.AUDITOR, "/replay"), (Role.ADMINISTRATOR, "ultracore doctor")],
)
async def test_who_has_no_agent_is_told_what_they_can_do(
    app: App, scripted_model: ScriptedModel, role: Role, words: str
) -> None:
    desk = await Desk.sign_in(app, scripted_model, staff(role))
    assert words in desk.greeting
    screen = await desk.say("What's the balance of cust_1?")
    assert words in screen.shown
    assert await guards(desk) == ["access.no_agent"]
    assert scripted_model.requests == []
    assert await accesses(desk) == []
