"""`/replay` and `/requests`: who sees what of their tenant's conversations, and what is on the record of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.ai.screen import Desk, principal
from tests.ai.staff.test_staff import guards, staff
from tests.support.scripted_model import ScriptedModel, call, say
from ultracore.ai.staff import supervision
from ultracore.ai.staff.shown_again import LINES_A_MESSAGE, gathered, line_of
from ultracore.audit import AuditEvent, AuditEventType, EventFilter
from ultracore.audit.replay import Shown
from ultracore.container import App, open_app
from ultracore.errors import AuditUnavailable
from ultracore.principal import Role
from ultracore.settings import Settings

REASON = "Complaint 4711 of the customer"


@pytest.fixture
async def app(settings: Settings, scripted_model: ScriptedModel) -> AsyncIterator[App]:
    scripted = settings.model_copy(update={"openai_base_url": scripted_model.base_url})
    async with open_app(scripted) as found:
        yield found


@pytest.fixture
async def customer(app: App, scripted_model: ScriptedModel) -> Desk:
    """A customer with a conversation of one answer and one refusal."""
    desk = await Desk.sign_in(app, scripted_model, principal())
    scripted_model.expect(
        call("get_account_balance", {"account_id": "acc_1"}),
        call("get_account_balance", {"account_id": "acc_3"}),
        say("You have **AUD 2,500.00**."),
    )
    await desk.say("What's my balance? ![x](http://evil.example/x.png)")
    return desk


async def supervisor(desk: Desk, *, tenant: str = "tenant_1", user: str = "supervisor1") -> Desk:
    return await Desk.sign_in(desk.app, desk.model, staff(Role.SUPERVISOR, tenant=tenant, user=user))


async def viewings(desk: Desk) -> list[AuditEvent]:
    store = await desk.app.trail.store()
    return await store.select(EventFilter(types=frozenset({AuditEventType.CONVERSATION_VIEWED})))


async def test_a_supervisor_lists_opens_with_a_reason_and_sees_what_was_shown(customer: Desk) -> None:
    desk = await supervisor(customer)
    screen = await desk.say("/replay")
    assert screen.choices == [f"/replay {customer.conversation_id}"]
    assert "customer1" in screen.shown and "cust_1" in screen.shown
    screen = await desk.choose(screen.choices[0])
    assert "reason" in screen.shown and await viewings(desk) == []
    screen = await desk.say(REASON)
    assert "**customer1**: What's my balance?" in screen.shown
    assert "**Accounts**: You have **AUD 2,500.00**." in screen.shown
    assert "> *tool_decided*: denied tool=get_account_balance reason=account.not_found" in screen.shown
    assert "!\\[x\\](http" in screen.shown and "![x]" not in screen.shown
    (viewed,) = await viewings(desk)
    assert (viewed.user_id, viewed.resource_id) == ("supervisor1", customer.conversation_id)
    assert (viewed.metadata or {})["stated_reason"] == REASON
    assert (viewed.stream_id or "").startswith("system:tenant_1:")


async def test_the_words_of_a_conversation_are_not_recorded_again(customer: Desk) -> None:
    desk = await supervisor(customer)
    await desk.say(f"/replay {customer.conversation_id}")
    await desk.say(REASON)
    kept = str([event.metadata for event in await desk.record()])
    assert "2,500.00" not in kept and customer.conversation_id in kept
    assert "conversation_viewed" not in await customer.types()


async def test_an_auditor_sees_the_detail_and_a_supervisor_does_not(customer: Desk) -> None:
    desk = await Desk.sign_in(customer.app, customer.model, staff(Role.AUDITOR))
    await desk.say(f"/replay {customer.conversation_id}")
    assert "> *result*:" in (await desk.say(REASON)).shown
    desk = await supervisor(customer)
    await desk.say(f"/replay {customer.conversation_id}")
    assert "> *result*:" not in (await desk.say(REASON)).shown


async def test_nothing_is_shown_where_the_viewing_cannot_be_recorded(
    customer: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await supervisor(customer)
    await desk.say(f"/replay {customer.conversation_id}")
    monkeypatch.setattr(desk.app.trail, "append", _unless_viewed(desk))
    screen = await desk.say(REASON)
    assert "Ref" in screen.shown
    # "balances" alone is in the sentence about what can be asked on the phone.
    assert "my balance" not in screen.shown and "2,500.00" not in screen.shown


def _unless_viewed(desk: Desk) -> object:
    append = desk.app.trail.append

    async def guarded(event_type: AuditEventType, *args: object, **kwargs: object) -> object:
        if event_type is AuditEventType.CONVERSATION_VIEWED:
            raise AuditUnavailable("the disk is full")
        return await append(event_type, *args, **kwargs)  # type: ignore[arg-type]

    return guarded


async def test_a_reason_is_five_to_two_hundred_characters_and_can_be_cancelled(customer: Desk) -> None:
    desk = await supervisor(customer)
    await desk.say(f"/replay {customer.conversation_id}")
    for reason in ("why", "x" * 201):
        assert "5 to 200" in (await desk.say(reason)).shown
    assert await guards(desk) == ["replay.reason_invalid"] * 2
    assert "nothing was opened" in (await desk.say("cancel")).shown
    assert "/replay" in (await desk.say(REASON)).shown
    assert await viewings(desk) == []


async def test_the_list_is_filtered_by_customer_and_ends_at_the_tenants_border(customer: Desk) -> None:
    desk = await supervisor(customer)
    assert (await desk.say("/replay cust_1")).choices == [f"/replay {customer.conversation_id}"]
    assert (await desk.say("/replay cust_2")).choices == []
    other = await supervisor(customer, tenant="tenant_2", user="supervisor2")
    assert (await other.say("/replay")).choices == []
    assert (await other.say("/replay cust_1")).choices == []
    foreign = await other.say(f"/replay {customer.conversation_id}")
    unknown = await other.say("/replay 00000000-0000-4000-8000-000000000000")
    assert foreign.messages == unknown.messages
    assert await guards(other) == ["replay.not_found"] * 2
    await other.say("system:tenant_1:2026-01-01")
    assert await viewings(other) == []


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SUPERVISOR, Role.AUDITOR, Role.VISITOR}))
async def test_nobody_else_is_shown_anything(customer: Desk, role: Role) -> None:
    desk = customer
    if role is not Role.CUSTOMER:
        desk = await Desk.sign_in(customer.app, customer.model, staff(role))
    for command in ("/replay", "/replay cust_1", f"/replay {customer.conversation_id}", "/requests"):
        screen = await desk.say(command)
        assert [kind for kind, _ in screen.messages] == ["notice"]
        assert screen.choices == [] and "supervisors" in screen.shown
    assert await guards(desk) == ["access.record_not_allowed"] * 3 + ["access.requests_not_allowed"]
    assert await viewings(desk) == []


async def test_an_auditor_decides_on_nothing(customer: Desk) -> None:
    desk = await Desk.sign_in(customer.app, customer.model, staff(Role.AUDITOR))
    assert "Only supervisors" in (await desk.say("/requests")).shown
    assert await guards(desk) == ["access.requests_not_allowed"]


async def test_a_long_conversation_comes_page_by_page(customer: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "EVENTS_A_PAGE", 5)
    desk = await supervisor(customer)
    assert "No conversation is open" in (await desk.say("/replay more")).shown
    await desk.say(f"/replay {customer.conversation_id}")
    screen, pages = await desk.say(REASON), 1
    while screen.choices:
        assert screen.choices == ["/replay more"]
        screen, pages = await desk.choose("/replay more"), pages + 1
    assert pages == -(-len(await customer.types()) // 5)
    assert len(await viewings(desk)) == 1


def test_a_page_is_drawn_in_messages_of_a_bounded_size() -> None:
    assert len(list(gathered(f"line {number}" for number in range(LINES_A_MESSAGE * 3)))) == 3
    assert len(list(gathered(["x" * 5_000] * 3))) == 3


@pytest.mark.parametrize("text", ["![a](b)", "[a](b)", "<b>", "`a`", "|a|", "# a", "**a**"])
def test_what_a_person_wrote_opens_no_markdown(text: str) -> None:
    shown = line_of(Shown("customer1", "message", text)).removeprefix("**customer1**: ")
    assert shown.replace("\\", "") == text
    assert shown.startswith("\\") or "\\]" in shown


async def test_a_supervisor_decides_on_what_a_teller_has_proposed(customer: Desk) -> None:
    teller = await Desk.sign_in(customer.app, customer.model, staff(Role.TELLER))
    transfer = {"transaction_type": "transfer", "amount": "20", "from_account_id": "acc_1"}
    for payee in ("City Power", "Flatmate"):
        customer.model.expect(call("execute_transaction", {**transfer, "to_account_id": payee}))
        await teller.say(f"Transfer 20 dollars to {payee} for cust_1")
        await teller.press(approve=True)
    desk = await supervisor(customer)
    screen = await desk.say("/requests")
    assert len(screen.choices) == 2
    # Two requests of one teller are told apart: amount, payee and time.
    assert "AUD 20.00 to City Power" in screen.shown and "AUD 20.00 to Flatmate" in screen.shown
    screen = await desk.choose(screen.choices[0])
    assert ("Customer", "Alex Morgan (cust_1)") in screen.cards[0].lines
    await desk.press(approve=True)
    assert [state for state, _ in desk.screen.closed] == ["done"]
    assert await customer.balance() == "2480.00"
    await desk.say("/requests")
    await desk.press(approve=False)
    assert [state for state, _ in desk.screen.closed] == ["declined"]
    assert "Nothing waits" in (await desk.say("/requests")).shown
    assert "does not wait any more" in (await desk.say("/requests prp_0")).shown
